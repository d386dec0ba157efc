"""Bins cover every base of every chromosome once, in genome order."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.regions import check_regions, make_regions


def test_bins_cover_every_base_once() -> None:
    bins = genome_bins({"chr10": 250, "chr2": 100}, 100)
    assert list(bins[["chrom", "start", "end"]].itertuples(index=False, name=None)) == [
        ("chr2", 0, 100),
        ("chr10", 0, 100),
        ("chr10", 100, 200),
        ("chr10", 200, 250),
    ]
    assert bins["region_id"].iloc[0] == "bin:chr2:0-100"
    assert genome_bins({}, 100).empty
    for made in (bins, genome_bins({"chrX": 0}, 10)):  # as they would be after every check
        pd.testing.assert_frame_equal(made, check_regions(made))
    with pytest.raises(InputFormatError, match="one base"):
        genome_bins({"chr1": 10}, 0)
    with pytest.raises(InputFormatError, match="without a name"):
        genome_bins({"chr1": 10, "": 10}, 5)


def test_ids_are_those_of_any_region() -> None:
    bins = genome_bins({"chr1": 25, "chr2": 10}, 10)
    again = make_regions(bins[["chrom", "start", "end"]], kind="bins")
    pd.testing.assert_frame_equal(again, bins)
