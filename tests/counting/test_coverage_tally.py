"""Tracks added up in the regions of a plan, against values that are known base by base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest

from resist_epi.counting.coverage_tally import CoverageTally, checked_tally, tally_coverage
from resist_epi.counting.plan import Adjacent, RegionPlan
from resist_epi.errors import InputFormatError
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks.engine.runs import Runs
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.recovery import Recovery

NAN = float("nan")


class Bases(CoverageTrack):
    """Values base by base, a run each; NaN is uncovered."""

    path = "bases.bw"

    def __init__(self, bases: Mapping[str, Sequence[float]]) -> None:
        self.bases = bases
        self.chrom_lengths = {c: len(v) for c, v in bases.items()}

    def runs(self, chrom: str) -> Iterator[Runs]:
        values = np.array(self.bases[chrom], dtype=float)
        covered = np.flatnonzero(~np.isnan(values)).astype(np.uint32)
        yield Runs(covered, covered + np.uint32(1), values[covered])


TRACK = Bases({"chr1": [1, 1, 2, 2, NAN, NAN, 0, 3, 1, 4], "chrX": [5, 5], "spike": [7, 7, 7]})
PLAN = RegionPlan(
    {"r": bed_regions([("chr1", 0, 4), ("chr1", 3, 8), ("chrX", 0, 2)])},
    {"peaks": bed_regions([("chr1", 0, 2), ("chr1", 1, 3), ("chr7", 0, 5)])},
    {"chr1": (np.array([2]), np.array([3]))},
    Adjacent(4, {"chr1": 10, "chrX": 2, "chr9": 8}),
)


def test_sums_shares_and_bins_leave_out_what_is_excluded() -> None:
    found = tally_coverage(TRACK, PLAN, exogenous={"spike": "yeast"})
    assert found.values["r"].tolist() == [4, 5, 10]
    assert {c: v.tolist() for c, v in found.bins.items()} == {"chr1": [4, 3, 5], "chrX": [10]}
    assert found.shares["peaks"] == pytest.approx(2 / 22)
    assert found.library_size == 12
    assert found.exogenous == {"yeast": 21}
    assert list(found.chrom_lengths) == ["chr1", "chrX"]


def test_means_are_over_the_bases_that_count() -> None:
    found = tally_coverage(TRACK, PLAN, mean=True, exogenous={"spike": "yeast"})
    assert found.values["r"].tolist() == [4 / 3, 1, 5]


def test_share_counts_each_base_once() -> None:
    plan = RegionPlan({}, within=PLAN.within)
    bare = Bases({"chr1": TRACK.bases["chr1"], "chrX": [5, 5]})
    assert tally_coverage(bare, plan).shares["peaks"] == pytest.approx(4 / 24)
    assert np.isnan(tally_coverage(Bases({"chr1": [0.0]}), plan).shares["peaks"])


def test_the_order_in_which_chromosomes_are_heard_changes_no_digit() -> None:
    expected = tally_coverage(TRACK, PLAN, exogenous={"spike": "yeast"})
    sums = CoverageTally(TRACK, PLAN, exogenous={"spike": "yeast"})
    sums.begin("chr1")  # begun, and left
    sums.add(next(TRACK.runs("chr1")))
    for chrom in ("spike", "chrX", "chr1"):
        sums.begin(chrom)
        for runs in TRACK.runs(chrom):
            sums.add(runs)
        sums.end(chrom)
    found = sums.tally()
    assert found.values["r"].tolist() == expected.values["r"].tolist()
    assert found.bins["chr1"].tolist() == expected.bins["chr1"].tolist()
    assert (found.shares, found.library_size) == (expected.shares, expected.library_size)


def test_fragments_are_sums_over_their_width() -> None:
    found = tally_coverage(TRACK, PLAN, exogenous={"spike": "yeast"})
    recovery = Recovery(
        None, 1.0, 1, 2.0, 40.0, "CPM", evidence={"library_size_from": "the scale, as CPM"}
    )
    counts = checked_tally(found, "bases.bw", recovery)
    assert counts.values["r"].tolist() == [2, 2.5, 5]
    assert counts.bins["chr1"].tolist() == [2, 1.5, 2.5]
    assert counts.exogenous == {"yeast": 10.5}
    assert counts.library_size == 40 - 10.5


def test_values_below_zero_are_refused() -> None:
    found = tally_coverage(Bases({"chr1": [1, -2, 1]}), RegionPlan({}))
    assert found.lowest == -2
    with pytest.raises(InputFormatError, match=r"bases\.bw: it holds values below zero.*-2"):
        checked_tally(found, "bases.bw", None)
