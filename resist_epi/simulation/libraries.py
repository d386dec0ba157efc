"""One library: its fragments, the coverage track that they make, and its peaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.samples.presets import preset
from resist_epi.simulation.landscape import BACKGROUND_BLOCK, CopySegment, Landscape
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.tracks.engine.runs import Runs
from resist_epi.tracks.engine.track import CoverageTrack

PEAK_WINDOW, NARROW_WINDOW = 1000, 200  # bp, of broad marks and of others

PEAK_GAP = 2  # windows below the threshold that may lie inside a peak

PEAK_WINDOW_P, PEAK_Q = 0.01, 0.01

PEAK_MARGIN = 1.5  # the background is uneven: only what exceeds this fold of the average counts

PEAK_MIN_WINDOWS = 2

_FEWER = 5  # of so many bins a fragment: their ends are merged, and no bin is looked at


class SimulatedTrack(CoverageTrack):
    """A library's coverage in memory, as a bigWig of it would be: bins of counts per million.

    Its `path` is the name of the sample, for messages; `n_fragments` are those of the library.
    """

    def __init__(
        self, sample: str, chrom_lengths: Mapping[str, int], parts: Mapping[str, Runs], n: int
    ) -> None:
        self.path = Path(sample)
        self.chrom_lengths = dict(chrom_lengths)
        self.n_fragments = n
        self._parts = parts

    def runs(self, chrom: str) -> Iterator[Runs]:
        """Runs of a chromosome, all at once."""
        self._check_chromosome(chrom)
        if len(self._parts[chrom]):
            yield self._parts[chrom]


def background_rate(
    landscape: Landscape, mark: str, level: FloatArray, copies: CopySegment | None, n: float
) -> float:
    """Fragments per bp where the background is 1, for a library of n expected fragments.

    Marked chromatin and background compete for the same sequencing.

    Parameters
    ----------
    level
        (n_units,) factor on each unit, efficiency included.
    copies
        The segment with more copies, where this tumour has it.
    """
    parts = landscape.marks[mark]
    mass = parts.mass * level[parts.unit] * parts.copies(copies)
    chroms = range(len(landscape.chroms))
    background = sum(float(landscape.block_masses(c, copies).sum()) for c in chroms)
    return n / (background + float(mass.sum()))


def draw_fragments(
    landscape: Landscape,
    mark: str,
    level: FloatArray,
    *,
    rate: float,
    fragment_length: int,
    copies: CopySegment | None,
    rng: np.random.Generator,
) -> list[IntArray]:
    """Draw a library.

    The number of fragments of every block of background and of every segment is Poisson; within
    it they lie by its density.

    Parameters
    ----------
    level
        (n_units,) factor on each unit, efficiency included.
    rate
        Fragments per bp where the background is 1.

    Returns
    -------
    By chromosome, the sorted starts of its fragments (bp).
    """
    parts = landscape.marks[mark]
    mass = parts.mass * level[parts.unit] * parts.copies(copies)
    segment = np.repeat(np.arange(len(mass)), rng.poisson(rate * mass))
    marked = _position_in_segment(
        rng.random(len(segment)), parts.first[segment], parts.last[segment]
    )
    place = parts.start[segment] + (marked * (parts.end - parts.start)[segment]).astype(np.int64)
    chrom_of = parts.chrom[segment]
    result = []
    for chrom, length in enumerate(landscape.lengths):
        count = rng.poisson(rate * landscape.block_masses(chrom, copies))
        block = np.repeat(np.arange(len(count)), count)
        width = np.minimum(BACKGROUND_BLOCK, length - block * BACKGROUND_BLOCK)
        ground = block * BACKGROUND_BLOCK + (rng.random(len(block)) * width).astype(np.int64)
        starts = np.concatenate([ground, place[chrom_of == chrom]])
        starts = np.minimum(starts, length - fragment_length)
        starts.sort()
        result.append(starts)
    return result


def _position_in_segment(u: FloatArray, first: FloatArray, last: FloatArray) -> FloatArray:
    """Quantile u, as a share of the length, of the density that runs linearly first to last."""
    # Root of first x + (last - first) x^2 / 2 = u (first + last) / 2, in the form that is stable
    # for equal ends.
    root = np.sqrt(first**2 + u * (last**2 - first**2))
    return np.asarray(u * (first + last) / np.maximum(first + root, np.finfo(float).tiny))


def coverage(
    starts: IntArray, *, fragment_length: int, bin_size: int, length: int, scale: float
) -> Runs:
    """Coverage in bins: how many fragments touch each, times a scale; empty bins are left out.

    As bamCoverage makes it from reads extended to fragments, without the uncovered bins.

    Parameters
    ----------
    starts
        (n,) sorted int64 bp of fragments, all inside the chromosome.
    length
        bp of the chromosome.
    """
    n_bins = -(-length // bin_size)
    first, behind = starts // bin_size, (starts + fragment_length - 1) // bin_size + 1
    many = _FEWER * len(starts) > n_bins
    edges, depth = _in_all_bins(first, behind, n_bins) if many else _at_edges(first, behind)
    kept = depth > 0
    ends = np.append(edges[1:], edges[-1:])
    return Runs(
        (edges[kept] * bin_size).astype(np.uint32),
        np.minimum(ends[kept] * bin_size, length).astype(np.uint32),
        (depth[kept] * scale).astype(np.float32),
    )


def _in_all_bins(first: IntArray, behind: IntArray, n_bins: int) -> tuple[IntArray, IntArray]:
    """Bins at which the depth changes, and the depth from each on; every bin is looked at."""
    step = np.bincount(first, minlength=n_bins + 1)
    step -= np.bincount(behind, minlength=n_bins + 1)
    edges = np.flatnonzero(step)
    return edges, np.cumsum(step[edges])


def _at_edges(first: IntArray, behind: IntArray) -> tuple[IntArray, IntArray]:
    """As `_in_all_bins`, of the ends of fragments alone: faster where most bins are empty."""
    both = np.concatenate([first, behind])
    order = np.argsort(both, kind="stable")  # merges the two, for each is sorted
    both, depth = both[order], np.cumsum(np.where(order < len(first), 1, -1))
    last = np.diff(both, append=-1) != 0
    both, depth = both[last], depth[last]
    changed = np.diff(depth, prepend=0) != 0
    return both[changed], depth[changed]


def peak_window(mark: str) -> int:
    """Width of the windows that peaks of a mark are made of, bp."""
    return PEAK_WINDOW if preset(mark).broad else NARROW_WINDOW


def call_peaks(
    starts: list[IntArray],
    chroms: tuple[str, ...],
    lengths: IntArray,
    *,
    fragment_length: int,
    window: int = PEAK_WINDOW,
) -> pd.DataFrame:
    """Broad peaks of one library against the genome-wide average, as a caller for domains would.

    Windows with more fragments than 1.5 times the average (Poisson P below .01) are joined over
    small gaps; of these islands those stay whose whole count is improbable (Benjamini-Hochberg .01
    over all windows).
    Idea: SICER (Zang et al. 2009).

    Returns
    -------
    DataFrame
        `chrom start end signal pvalue qvalue`: signal is the fold over the average, the others
        are -log10.
    """
    from scipy.special import pdtrc

    average = sum(map(len, starts)) * window / float(lengths.sum())
    expected = PEAK_MARGIN * average
    least = _most_by_chance(PEAK_WINDOW_P, expected) + 1
    tables = []
    for chrom, own, length in zip(chroms, starts, lengths, strict=True):
        count = np.bincount(
            (own + fragment_length // 2) // window, minlength=-(-int(length) // window)
        )
        rich = np.flatnonzero(count >= least)
        if not len(rich):
            continue
        opens = np.concatenate([[True], np.diff(rich) > PEAK_GAP + 1])
        first = rich[opens]
        last = rich[np.append(np.flatnonzero(opens)[1:], len(rich)) - 1]
        running = np.concatenate([[0], np.cumsum(count)])
        table = pd.DataFrame({"start": first, "end": last + 1})
        table["chrom"], table["count"] = chrom, running[last + 1] - running[first]
        tables.append(table)
    columns = ["chrom", "start", "end", "signal", "pvalue", "qvalue"]
    if not tables:
        return pd.DataFrame(columns=columns)
    peaks = pd.concat(tables, ignore_index=True)
    width = peaks["end"] - peaks["start"]
    with np.errstate(divide="ignore"):  # a P below the smallest number is 0
        log_p = np.log(pdtrc(peaks["count"] - 1, expected * width))
    # An island was chosen among all windows, so all of them count as tests.
    others = np.ones(int(lengths.sum()) // window)
    q = benjamini_hochberg(np.append(np.exp(log_p), others))[: len(peaks)]
    peaks["signal"] = peaks["count"] / (average * width)
    peaks["pvalue"] = np.minimum(-log_p / np.log(10), 1000.0)
    peaks["qvalue"] = np.minimum(-np.log10(np.maximum(q, 1e-300)), peaks["pvalue"])
    peaks["start"] *= window
    peaks["end"] = np.minimum(
        peaks["end"] * window, peaks["chrom"].map(dict(zip(chroms, lengths, strict=True)))
    )
    kept = (q <= PEAK_Q) & (width >= PEAK_MIN_WINDOWS)
    return peaks.loc[kept, columns].reset_index(drop=True)


def _most_by_chance(p: float, mean: float) -> float:
    """The smallest Poisson count that is exceeded with probability p at most.

    What `scipy.stats.poisson.isf` gives, without its import, which takes longer than all else here.
    """
    from scipy.special import pdtr, pdtrik

    count = np.ceil(pdtrik(1 - p, mean))
    below = max(count - 1, 0.0)
    return float(below if pdtr(below, mean) >= 1 - p else count)
