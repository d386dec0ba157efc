"""A track that is looked at and counted in one pass gives what two passes give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resist_epi.counting.files import tally_file
from resist_epi.counting.look_and_tally import Foreseen, look_and_tally
from resist_epi.counting.plan import Adjacent, RegionPlan
from resist_epi.counting.tally import Tally
from resist_epi.errors import InputFormatError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.regions import bed_regions
from resist_epi.tracks.bigwig.track import BigWigTrack, write_bigwig
from resist_epi.tracks.looks import TrackFile, look_at_track
from resist_epi.tracks.opened import open_file

LENGTHS = {"chr1": 1_200_000, "chr2": 900_000, "chr3": 400_000}
PLAN = RegionPlan(
    {
        "genes": bed_regions([("chr1", 100, 9_037), ("chr1", 4_000, 60_000), ("chr3", 13, 5_511)]),
        "bins": genome_bins(LENGTHS, 10_000),
    },
    {"peaks": bed_regions([("chr1", 0, 900), ("chr2", 7, 9_013)])},
    {"chr2": (np.array([5_000]), np.array([7_777]))},
    Adjacent(500, LENGTHS),
)


def fragments(chrom: str, seed: int, size: int = 50, length: int = 200) -> np.ndarray:
    """Fragments over each bin of a chromosome."""
    rng = np.random.default_rng([seed, len(chrom), LENGTHS[chrom]])
    n = LENGTHS[chrom] // 150
    starts = rng.integers(0, LENGTHS[chrom] - 1_000, n)
    change = np.zeros(LENGTHS[chrom] // size + 1)
    np.add.at(change, starts // size, 1)
    np.add.at(change, (starts + length - 1) // size + 1, -1)
    return np.cumsum(change)[:-1]


def write(
    path: Path,
    by_chrom: dict[str, np.ndarray],
    size: int = 50,
    lengths: dict[str, int] = LENGTHS,
) -> TrackFile:
    def runs(chrom: str):
        values = by_chrom[chrom]
        first = np.flatnonzero(np.diff(values, prepend=-1.0))
        ends = np.append(first[1:], values.size) * size
        return first * size, ends, values[first]

    write_bigwig(path, lengths, runs)
    return TrackFile(str(path))


def of_scale(scale: float, seed: int = 0) -> dict[str, np.ndarray]:
    return {c: fragments(c, seed) * scale for c in LENGTHS}


def read(file: TrackFile, quantity: str = "auto"):
    asked = Foreseen(PLAN, PLAN.digest(), quantity)
    return look_and_tally(file, open_file(file.path), asked)


def assert_same(one: Tally, two: Tally) -> None:
    for mine, other in ((one.values, two.values), (one.bins, two.bins)):
        assert mine.keys() == other.keys()
        for name in mine:
            assert np.array_equal(mine[name], other[name])
    plain = [replace(t, values={}, bins={}) for t in (one, two)]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("scale", [1.0, 0.0417])
def test_counts_are_those_of_a_pass_of_their_own(tmp_path: Path, scale: float) -> None:
    file = write(tmp_path / "t.bw", of_scale(scale))
    found = read(file)
    look = look_at_track(file)
    assert found.look == look
    assert found.counted == look.counted_as("recovered_reads")
    assert_same(found.tally, tally_file(look.counted_as("recovered_reads"), PLAN))
    assert sum(v.sum() for v in found.tally.bins.values()) > 0


@pytest.mark.parametrize("quantity", ["auto", "mean_signal", "coverage_sum"])
def test_signal_that_is_no_counts(tmp_path: Path, quantity: str) -> None:
    rng = np.random.default_rng(1)
    file = write(tmp_path / "t.bw", {c: rng.gamma(2, 1, n // 50) for c, n in LENGTHS.items()})
    found = read(file, quantity)
    kind = "mean_signal" if quantity == "auto" else quantity
    assert found.look == look_at_track(file)
    assert_same(found.tally, tally_file(found.look.counted_as(kind), PLAN))


def test_a_chromosome_that_says_other_than_the_rest_is_not_believed(tmp_path: Path) -> None:
    # The shortest one holds counts, the others an average of two libraries.
    values = of_scale(0.04)
    for chrom in ("chr1", "chr2"):
        values[chrom] = values[chrom] + 0.0173 * fragments(chrom, 5)
    found = read(write(tmp_path / "t.bw", values))
    assert found.look.recovery.refused is not None
    assert found.tally is None
    assert found.counted is None


def test_scales_that_make_other_fragments_are_not_taken(tmp_path: Path) -> None:
    # Two fragments are the least that the shortest chromosome has anywhere: it seems half as deep.
    values = of_scale(0.04)
    values["chr3"] = 2 * values["chr3"]
    found = read(write(tmp_path / "t.bw", values))
    assert found.tally is None or found.look.recovery.refused is None
    if found.tally is not None:  # then it is what a pass of its own gives
        assert_same(found.tally, tally_file(found.counted, PLAN))


def test_reads_that_touch_few_bins_wait_for_their_mean_width(tmp_path: Path) -> None:
    file = write(tmp_path / "t.bw", {c: 0.04 * fragments(c, 0, length=75) for c in LENGTHS})
    found = read(file)
    assert found.look.recovery.bin_shares is not None
    assert found.tally is None
    assert found.look == look_at_track(file)


def test_an_assembly_in_many_short_pieces(tmp_path: Path) -> None:
    # None of them is the hundredth part of the genome.
    lengths = {f"scaffold{i}": 50_000 + i for i in range(150)}
    counts = fragments("chr1", 3) * 0.04
    per_piece = counts.size // len(lengths)
    values = {c: counts[per_piece * i :][:per_piece] for i, c in enumerate(lengths)}
    file = write(tmp_path / "t.bw", values, lengths=lengths)
    found, look = read(file), look_at_track(file)
    assert found.look == look
    assert found.tally is None or look.recovery.refused is None
    signal = read(file, "mean_signal")
    assert_same(signal.tally, tally_file(look.counted_as("mean_signal"), PLAN))


def test_values_below_zero_are_left_to_who_says_so(tmp_path: Path) -> None:
    values = of_scale(0.04)
    values["chr1"][7] = -1.0
    found = read(write(tmp_path / "t.bw", values))
    assert found.look.lowest == -1.0
    assert found.tally is None
    with pytest.raises(InputFormatError, match="below zero"):
        tally_file(found.look.counted_as("mean_signal"), PLAN)


def test_a_track_is_read_once_but_for_a_short_chromosome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "t.bw", of_scale(0.04))
    whole: list[str] = []
    plain = BigWigTrack.runs

    def watched(self: BigWigTrack, chrom: str):
        yield from plain(self, chrom)
        whole.append(chrom)

    monkeypatch.setattr(BigWigTrack, "runs", watched)
    assert read(file).tally is not None
    # The short one beforehand, and what is looked at closely: the first million bins of each.
    monkeypatch.setattr(BigWigTrack, "runs", plain)
    assert whole.count("chr1") <= 2
    assert whole.count("chr3") <= 4
