"""A partition of the user's: read with its classes, and the class that holds most of a region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.partition import OUTSIDE, class_of, read_partition


def test_the_fourth_column_names_the_class(tmp_path: Path) -> None:
    path = tmp_path / "states.bed"
    path.write_text("chr1\t0\t100\tTssA\nchr1\t100\t300\tReprPC\n")
    assert read_partition(path)["name"].tolist() == ["TssA", "ReprPC"]
    path.write_text("chr1\t0\t100\nchr1\t100\t300\n")
    with pytest.raises(InputFormatError, match="has no class"):
        read_partition(path)
    path.write_text("chr1\t0\t100\tTssA\nchr1\t100\t300\t.\n")
    with pytest.raises(InputFormatError, match="has no class"):
        read_partition(path)
    path.write_text("chr1\t0\t100\toutside\n")
    with pytest.raises(InputFormatError, match="a class is called outside"):
        read_partition(path)
    path.write_text("".join(f"chr1\t{i}\t{i + 1}\tpeak{i}\n" for i in range(101)))
    with pytest.raises(InputFormatError, match="101 classes"):
        read_partition(path)


def test_the_class_is_that_of_most_bases() -> None:
    rng = np.random.default_rng(1)
    starts = np.sort(rng.choice(2000, size=60, replace=False))
    parts = pd.DataFrame({"chrom": "chr1", "start": starts[:-1], "end": starts[1:]})
    parts["name"] = rng.choice(["a", "b", "c"], size=len(parts))
    begin = rng.integers(0, 2300, size=80)
    regions = pd.DataFrame({"chrom": "chr1", "start": begin, "end": begin + 150})
    of_base = np.full(3000, "", dtype=object)
    for row in parts.itertuples():
        of_base[row.start : row.end] = row.name
    expected = []
    for region in regions.itertuples():
        here = pd.Series(of_base[region.start : region.end])
        counts = here[here != ""].value_counts()
        best = sorted(counts.index, key=lambda n: (-counts[n], n))
        expected.append(best[0] if best else OUTSIDE)
    assert class_of(regions, parts).tolist() == expected


def test_a_base_in_two_parts_of_a_class_counts_once() -> None:
    parts = pd.DataFrame({"chrom": "chr1", "start": [0, 10, 0], "end": [60, 50, 90]})
    parts["name"] = ["a", "a", "b"]
    region = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [100]})
    assert class_of(region, parts).tolist() == ["b"]
