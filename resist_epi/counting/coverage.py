"""From tracks and regions to the matrix of signal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import ByChromosome, FloatArray, IntArray
from resist_epi.counting.coverage_tally import tally_coverage
from resist_epi.counting.filling import MatrixFilling
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.past_ends import past_ends, true_lengths
from resist_epi.counting.plan import RegionPlan
from resist_epi.errors import QuantityError
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.intervals import bounds, coverage, on_one_chromosome
from resist_epi.tracks.engine.region_sums import RegionSummary
from resist_epi.tracks.engine.track import CoverageTrack

STATISTICS = ("mean", "sum", "covered", "max", "min")

_EXTREMES = ("max", "min")

FROM_COVERAGE = ("mean_signal", "coverage_sum")


def summarise_regions(
    track: CoverageTrack,
    regions: pd.DataFrame,
    *,
    statistic: str = "mean",
    uncovered_as_zero: bool = True,
    exclude: ByChromosome | None = None,
) -> FloatArray:
    """One statistic of a track over each region.

    Parameters
    ----------
    regions
        Region table in any order; parts outside the chromosome have no bases, and a region wholly
        past its end is NaN, with a warning that counts them.
    statistic
        `mean` (value per bp), `sum` (value x bp), `covered` (bp), `max` or `min` (value).
    uncovered_as_zero
        Whether bases that the track does not cover count as zero; otherwise they are left out,
        and a region without any covered base is NaN in `mean`, `max` and `min`.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases are left out of every region.

    Returns
    -------
    FloatArray
        (n_regions,) float64.

    Raises
    ------
    QuantityError
        If the statistic is unknown.
    GenomeMismatchError
        If a region's chromosome is not in the track.
    InputFormatError
        If the track is damaged.
    """
    if statistic not in STATISTICS:
        raise QuantityError(
            f"unknown statistic {statistic!r}; expected one of {', '.join(STATISTICS)}"
        )
    plan = RegionPlan({"regions": regions}, exclude=exclude or {})
    past = past_ends(regions, true_lengths([track.stated_lengths()]))
    values = np.empty(len(regions))
    for chrom in plan.chroms:
        for _, rows, summary, length in plan.ask(
            track, chrom, extremes=statistic in _EXTREMES
        ).rows:
            values[rows] = _statistic(summary, length, statistic, uncovered_as_zero)
    values[past] = np.nan
    return values


def _statistic(
    summary: RegionSummary, length: IntArray, statistic: str, uncovered_as_zero: bool
) -> FloatArray:
    covered = summary.covered.astype(np.float64)
    if statistic == "sum":
        return summary.sum
    if statistic == "covered":
        return covered
    if statistic == "mean":
        base = length.astype(np.float64) if uncovered_as_zero else covered
        mean = np.full(len(base), 0.0 if uncovered_as_zero else np.nan)
        np.divide(summary.sum, base, out=mean, where=base > 0)
        return mean
    extreme = summary.max if statistic == "max" else summary.min
    if not uncovered_as_zero:
        return np.where(covered > 0, extreme, np.nan)
    extreme = np.where(covered > 0, extreme, 0.0)
    with_zero = np.maximum if statistic == "max" else np.minimum
    return np.where(covered < length, with_zero(extreme, 0.0), extreme)


def count_regions(
    tracks: Mapping[str, CoverageTrack],
    regions: pd.DataFrame,
    *,
    quantity: str = "mean_signal",
    library_sizes: FloatArray | None = None,
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    r"""Signal of every track in every region.

    Regions are neither merged nor filtered; those of a chromosome that no track has are dropped,
    and those past the end of theirs are NaN; the log says how many.

    Parameters
    ----------
    tracks
        SampleID -> track.
    quantity
        `mean_signal` (value per bp, uncovered bases as zero) or `coverage_sum` (value x bp).
    library_sizes
        (n_samples,) positive, NaN where unknown: there, or by default, the track's total coverage
        over its autosomes less `exclude` is taken, which is relative.
    exclude
        Chromosome -> sorted, disjoint starts and ends whose bases count nowhere: neither in a
        region nor in a library size.
    genome
        Assembly of the regions, compared with the tracks'.
    known
        Assemblies by which a mismatch is explained.
    progress
        Called with the SampleID when its track is done.

    Raises
    ------
    QuantityError
        If the quantity cannot be had from coverage.
    GenomeMismatchError
        If chromosomes are absent from some of the tracks, or of other lengths, or none is shared.
    InputFormatError
        If a track is damaged, or holds values below zero.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from resist_epi.tracks.open import open_track
    >>> from resist_epi.genome.regions import bed_regions
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "t.bedGraph"
    >>> _ = path.write_text("chr1 0 100 2\nchr1 100 200 5\n")
    >>> counts = count_regions({"T1": open_track(path)}, bed_regions([("chr1", 50, 150)]))
    >>> counts.values
    array([[3.5]])
    """
    if quantity == "auto":
        raise QuantityError(
            "which quantity a study's files can give is told by its sheet, not by tracks:"
            " count_study(sheet, kind) chooses it; of tracks take mean_signal or coverage_sum"
        )
    if quantity not in FROM_COVERAGE:
        raise QuantityError(
            f"{quantity} cannot be had from coverage tracks; expected {' or '.join(FROM_COVERAGE)}"
        )
    filling = MatrixFilling(
        {"regions": regions}, tuple(tracks), quantity=quantity, library_sizes=library_sizes
    )
    lengths = {name: track.stated_lengths() for name, track in tracks.items()}
    filling.keep_shared(lengths, genome=genome, known=known)
    plan = RegionPlan(filling.tables, exclude=exclude or {})
    for name, track in tracks.items():
        filling.add(name, tally_coverage(track, plan, mean=quantity == "mean_signal"))
        if progress is not None:
            progress(name)
    return filling.matrices()["regions"]


def fully_covered(regions: pd.DataFrame, intervals: ByChromosome) -> NDArray[np.bool_]:
    """(n_regions,) bool: whether these disjoint intervals cover every base of the region."""
    covered = np.zeros(len(regions), dtype=bool)
    for chrom, rows in regions.groupby("chrom", sort=False).indices.items():
        if str(chrom) in intervals:
            mine = bounds(regions, np.asarray(rows, dtype=np.int64))
            theirs = on_one_chromosome(*intervals[str(chrom)])
            covered[rows] = coverage(mine, theirs) == mine.length
    return covered
