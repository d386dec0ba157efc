"""Small files that tell whether they are whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.io.sealed import read_sealed, write_sealed

VALUE = {"state": [1, 2], "looks": {"chr10": 2.5, "chr2": None}, "note": 'a "word"'}


def test_values_come_back_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_sealed(path, {**VALUE, "size": np.float64(0.1), "none": float("nan")})
    found = read_sealed(path)
    assert list(found["looks"]) == ["chr10", "chr2"]
    assert found["size"] == 0.1
    assert np.isnan(found["none"])
    assert {name: found[name] for name in VALUE} == VALUE


def test_whatever_is_changed_or_cut_is_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.json"
    assert read_sealed(path) is None
    assert caplog.messages == []
    write_sealed(path, VALUE)
    whole = path.read_bytes()
    for i in range(len(whole) - 1):
        path.write_bytes(whole[:i])
        assert read_sealed(path) is None
        spoilt = bytearray(whole)
        spoilt[i] ^= 1
        path.write_bytes(bytes(spoilt))
        found = read_sealed(path)
        assert found is None or found == VALUE  # a blank between values may be another
    assert set(caplog.messages) == {f"{path} is damaged: made anew"}
    path.write_bytes(b"[" * 100_000)
    assert read_sealed(path) is None
