"""Reads of BAM files as such and through a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.files import count_tables
from resist_epi.counting.passes import Pass
from resist_epi.errors import GenomeMismatchError
from tests.support.reads_files import write_reads

REGIONS = pd.DataFrame(
    {"chrom": ["chr1", "chr1", "chr9"], "start": [10, 40, 5], "end": [20, 70, 9]}
)


def test_reads_make_a_matrix_of_reads(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {
        "a": write_reads(tmp_path, "a", 500, [0, 12, 13, 65, 90]),
        "b": write_reads(tmp_path, "b", 500, [15, 15, 40, 41, 300, 400]),
    }
    said: list[str] = []
    sizes, how = np.array([np.nan, 77.0]), Pass(progress=said.append)
    with caplog.at_level("INFO", logger="resist_epi"):
        found = count_tables(files, {"r": REGIONS}, library_sizes=sizes, how=how)
    matrix = found.matrices["r"]
    assert matrix.quantity == "reads"
    assert matrix.values.tolist() == [[2, 2], [1, 2]]
    assert matrix.library_sizes.tolist() == [5, 77]
    assert matrix.metadata["library_size_from"] == ["kept_reads", "sheet"]
    assert matrix.metadata["regions_dropped"] == 1
    assert said == ["a: counted", "b: counted"]
    assert "a: 5 of 5 alignments count" in caplog.text


def test_files_of_different_assemblies_are_refused(tmp_path: Path) -> None:
    files = {name: write_reads(tmp_path, name, n, [7]) for name, n in (("a", 500), ("b", 501))}
    with pytest.raises(GenomeMismatchError, match="chr1"):
        count_tables(files, {"r": REGIONS})
