"""Counts of a mark are read when they are asked for, and let go where they are large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import write_counts
from resist_epi.schema import Kind
from resist_epi.study.steps import stored_counts
from resist_epi.study.steps.stored_counts import StoredCounts
from tests.support.builders import matrix


@pytest.fixture
def paths(tmp_path: Path) -> dict[Kind, Path]:
    made: dict[Kind, Path] = {}
    kinds: tuple[Kind, ...] = ("bins", "genes", "peaks")
    for rows, kind in enumerate(kinds, start=1):
        made[kind] = tmp_path / f"{kind}.parquet"
        write_counts(made[kind], matrix(np.full((rows, 2), float(rows))))
    return made


def test_each_is_read_once_when_it_is_asked_for(
    paths: dict[Kind, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = stored_counts.read_counts

    def noted(path: Path) -> CountMatrix:
        read.append(path.stem)
        return real(path)

    monkeypatch.setattr(stored_counts, "read_counts", noted)
    own = matrix([[7.0, 7.0]])
    counts = StoredCounts(paths, {"genes": own})
    assert list(counts) == ["bins", "genes", "peaks"]
    assert "peaks" in counts
    assert "promoters" not in counts
    assert not read
    assert counts["genes"] is own
    assert [len(m.regions) for m in counts.values()] == [1, 1, 3]
    assert counts["bins"] is counts["bins"]
    assert read == ["bins", "peaks"]


def test_large_ones_are_let_go_and_read_again(
    paths: dict[Kind, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[Kind, CountMatrix] = {}
    counts = StoredCounts(paths, held)
    before = {kind: m.values.copy() for kind, m in counts.items()}
    counts.let_go()
    assert list(held) == ["bins", "genes", "peaks"]
    monkeypatch.setattr(stored_counts, "_LARGE", 2 * 2 * 8)
    counts.let_go()
    assert list(held) == ["bins"]
    for kind, values in before.items():
        np.testing.assert_array_equal(counts[kind].values, values)
