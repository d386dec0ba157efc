"""Counting, against a fake track whose values are all known base by base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.coverage import count_regions, fully_covered, summarise_regions
from resist_epi.errors import GenomeMismatchError, QuantityError
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks.engine.runs import Runs
from resist_epi.tracks.engine.track import CoverageTrack


class FakeTrack(CoverageTrack):
    """Values base by base; NaN is uncovered."""

    def __init__(self, bases: Mapping[str, Sequence[float]]) -> None:
        self.path, self.bases = Path("fake.bw"), bases
        self.chrom_lengths = {c: len(v) for c, v in bases.items()}

    def runs(self, chrom: str) -> Iterator[Runs]:
        values = np.array(self.bases[chrom], dtype=float)
        covered = np.flatnonzero(~np.isnan(values)).astype(np.uint32)
        yield Runs(covered, covered + np.uint32(1), values[covered])


NAN = float("nan")
TRACK = FakeTrack({"chr1": [1, 1, 2, 2, NAN, NAN, 0, 3, -1, 4], "chrX": [5, 5]})
REGIONS = bed_regions([("chr1", 0, 4), ("chr1", 3, 8), ("chr1", 4, 6), ("chr1", 8, 14)])


@pytest.mark.parametrize(
    ("statistic", "as_zero", "expected"),
    [
        ("mean", True, [1.5, 1.0, 0.0, 1.5]),
        ("mean", False, [1.5, 5 / 3, NAN, 1.5]),
        ("sum", True, [6, 5, 0, 3]),
        ("covered", True, [4, 3, 0, 2]),
        ("max", True, [2, 3, 0, 4]),
        ("max", False, [2, 3, NAN, 4]),
        ("min", True, [1, 0, 0, -1]),
        ("min", False, [1, 0, NAN, -1]),
    ],
)
def test_statistics(statistic: str, as_zero: bool, expected: list[float]) -> None:
    values = summarise_regions(TRACK, REGIONS, statistic=statistic, uncovered_as_zero=as_zero)
    np.testing.assert_allclose(values, expected)


def test_unknown_statistic() -> None:
    with pytest.raises(QuantityError, match="unknown statistic 'median'; expected one of mean"):
        summarise_regions(TRACK, REGIONS, statistic="median")


@pytest.mark.parametrize("statistic", ["mean", "sum", "covered", "max", "min"])
def test_excluded_bases_count_nowhere(statistic: str) -> None:
    exclude = {"chr1": (np.array([1, 7]), np.array([3, 8]))}
    values = summarise_regions(TRACK, REGIONS, statistic=statistic, exclude=exclude)
    expected = {
        "mean": [1.5, 2 / 4, 0, 1.5],
        "sum": [3, 2, 0, 3],
        "covered": [2, 2, 0, 2],
        "max": [2, 2, 0, 4],
        "min": [1, 0, 0, -1],
    }[statistic]
    np.testing.assert_allclose(values, expected)


def test_the_matrix_and_its_library_sizes(caplog: pytest.LogCaptureFixture) -> None:
    double = FakeTrack({c: [2 * x for x in v] for c, v in TRACK.bases.items()})
    tracks = {"a": FakeTrack({"chr1": [1, 1, 2, 2], "chrX": [5, 5]}), "b": double}
    tracks["b"] = FakeTrack({"chr1": [2, 2, 4, 4], "chrX": [5, 5]})
    regions = bed_regions([("chr1", 0, 2), ("chrX", 0, 2), ("chr9", 0, 5)])
    with caplog.at_level("INFO", logger="resist_epi"):
        counts = count_regions(tracks, regions)
    np.testing.assert_allclose(counts.values, [[1, 2], [5, 5]])
    # Sex chromosomes say nothing about depth.
    np.testing.assert_allclose(counts.library_sizes, [6, 12])
    assert counts.metadata["library_size_from"] == ["total_coverage", "total_coverage"]
    assert "1 of 3 regions are on chromosomes without any track" in caplog.text


def test_the_sheets_library_size_wins() -> None:
    counts = count_regions(
        {"a": TRACK, "b": TRACK},
        REGIONS[:3],
        library_sizes=np.array([100.0, np.nan]),
    )
    np.testing.assert_allclose(counts.library_sizes, [100, 12])
    assert counts.metadata["library_size_from"] == ["sheet", "total_coverage"]


def test_a_chromosome_absent_from_some_tracks_is_an_error() -> None:
    tracks = {"a": TRACK, "b": FakeTrack({"chrX": [1, 1]})}
    with pytest.raises(GenomeMismatchError, match="chr1"):
        count_regions(tracks, bed_regions([("chr1", 0, 2), ("chrX", 0, 1)]))


def test_counts_cannot_be_had_from_coverage() -> None:
    with pytest.raises(QuantityError, match="reads cannot be had from coverage"):
        count_regions({"a": TRACK}, REGIONS, quantity="reads")


def test_regions_that_are_wholly_excluded() -> None:
    exclude = {"chr1": (np.array([0, 4]), np.array([3, 10]))}
    np.testing.assert_array_equal(fully_covered(REGIONS, exclude), [False, False, True, False])


def test_autosomes() -> None:
    assert autosomes(["chr1", "chrX", "chr10", "chrM", "chrUn_x", "Y", "2"]) == [
        "chr1",
        "chr10",
        "2",
    ]
    assert autosomes(["chrX"]) == ["chrX"]


def test_no_regions() -> None:
    empty: pd.DataFrame = bed_regions([])
    assert count_regions({"a": TRACK}, empty).values.shape == (0, 1)


def test_the_best_quantity_is_chosen_where_there_is_a_sheet() -> None:
    with pytest.raises(QuantityError, match="count_study"):
        count_regions({}, bed_regions([("chr1", 0, 100)]), quantity="auto")
