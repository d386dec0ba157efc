"""Read counts back out of coverage tracks that were scaled, not smoothed.

A track of bamCoverage (none, CPM, RPKM, RPGC, BPM), of MACS' pileup or of bedtools genomecov is a
whole number of fragments in every bin, times one scale. The scale is found from the values alone
(`stats.lattice`); the length of a fragment from isolated fragments, which stand between zeros with
one constant value; the number of fragments from the scale where the normalisation fixes it (CPM,
RPKM), else from total coverage over the width of one fragment.

A fragment of F bp covers F + b - 1 bp of bins of b bp on average, so a region's fragments are its
coverage, divided by scale and that width. They differ from counted reads: a fragment over two
regions counts in both by its share, at edges by parts, and duplicates and mapping qualities are
those that the writer of the track kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from resist_epi.coverage_runs import Grid, Runs
from resist_epi.stats.lattice import Lattice, decimals, find_lattice
from resist_epi.track_survey import Survey, survey

logger = logging.getLogger(__name__)

FloatArray = NDArray[np.float64]

# Isolated fragments needed, and their share among stretches between zeros. Smoothed tracks have
# next to none: smoothing turns a constant island into steps.
_FEWEST_ISLANDS = 30
_LOWEST_ISLAND_SHARE = 0.05
_DIGITS = 6  # of a writer that does not round to fixed decimals
# How far the number of fragments may lie from what isolated fragments say for a normalisation to be
# recognised; the nearest other reading is off by much more.
_KIND_TOLERANCE = 0.15


class RunsTrack(Protocol):
    """What recovery needs of a track; the readers in `io/` satisfy it."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome, bp."""
        ...

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths."""
        ...

    def runs(self, chrom: str) -> Iterator[Runs | Grid]:
        """Runs of a chromosome, in chunks."""
        ...


@dataclass(frozen=True)
class Recovery:
    """What a track says about the reads behind it, and why it may be believed.

    Attributes
    ----------
    refused
        Why no counts can be had; None where they can.
    scale
        Value of one fragment in one bin; NaN where refused.
    bin_size
        bp.
    fragment_length
        bp a fragment covers (the read where reads were not extended).
    library_size
        Fragments in the track.
    normalisation
        `none`, `CPM`, `RPKM`, `BPM` or `scaled` (RPGC, a scale factor, ...).
    evidence
        The figures behind it, by name; plain numbers and texts.
    """

    refused: str | None
    scale: float = np.nan
    bin_size: int = 0
    fragment_length: float = np.nan
    library_size: float = np.nan
    normalisation: str = ""
    evidence: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def width(self) -> float:
        """Bp of bins that one fragment covers on average."""
        return self.fragment_length + self.bin_size - 1

    def describe(self) -> str:
        """Say in one sentence what was found."""
        if self.refused is not None:
            return f"no counts can be recovered: {self.refused}"
        return (
            f"fragments x {self.scale:.7g} ({self.normalisation}), bins of {self.bin_size} bp,"
            f" fragments of {self.fragment_length:.0f} bp, {self.library_size:.0f} of them"
            f" ({self.evidence['library_size_from']})"
        )


def recover_counts(
    track: RunsTrack, *, library_size: float | None = None, fragment_length: float | None = None
) -> Recovery:
    """Find scale, bin size, fragment length and library size of a track.

    Parameters
    ----------
    track
        Any track with runs.
    library_size, fragment_length
        What is known already (the sheet's `LibrarySize`, `FragmentLength` in bp); wins over what
        the track says.

    Returns
    -------
    Recovery
        With the reason in `refused` where the evidence is not complete.

    Raises
    ------
    InputFormatError
        If the file is damaged.
    """
    seen = survey(track)
    refused = _refusal(seen)
    if refused is not None:
        return Recovery(refused)
    lattice = find_lattice(seen.values, seen.bases)
    if lattice is None:
        return Recovery(_no_lattice(seen))
    counts = lattice.multiples(seen.values)
    problem = _false_scale(seen, lattice)
    if problem is not None:
        return Recovery(problem)
    islands, widths, numbers, odds = _isolated(seen, lattice)
    evidence: dict[str, float | str] = {
        "scale_low": lattice.low,
        "scale_high": lattice.high,
        "distinct_values": float(seen.values.size),
        "multiples_determined": float(lattice.determined),
        "isolated_fragments": float(islands),
        "stretches": float(seen.stretches),
    }
    if fragment_length is None:
        if islands < _FEWEST_ISLANDS or islands < _LOWEST_ISLAND_SHARE * seen.stretches:
            return Recovery(
                f"only {islands} of {seen.stretches} stretches between zeros are isolated"
                " fragments of one constant value; the track is smoothed, an average, or too deep"
                " (then give FragmentLength in the sheet)",
                evidence=evidence,
            )
        fragment_length = _mean_width(widths, numbers, odds, seen.bin_size)
        fragment_length += 1 - seen.bin_size
        evidence["fragment_length_from"] = f"{islands} isolated fragments"
    else:
        evidence["fragment_length_from"] = "given"
    width = fragment_length + seen.bin_size - 1
    covered = float((counts * seen.bases).sum())
    kind, size, source = _library(lattice, seen.bin_size, covered, width)
    evidence["fragments_by_coverage"] = covered / width
    if library_size is not None:
        size, source = float(library_size), "given"
    evidence["library_size_from"] = source
    return Recovery(
        None, lattice.scale, seen.bin_size, float(fragment_length), size, kind, evidence
    )


def _refusal(seen: Survey) -> str | None:
    if seen.negative:
        return "it holds values below zero, as log ratios and differences do"
    if seen.continuous:
        return (
            f"more than {seen.values.size} different values: the track is smoothed, an average or"
            " a fold enrichment"
        )
    if seen.values.size < 3:
        return f"only {seen.values.size} different values above zero, too few to tell a scale"
    return None


def _no_lattice(seen: Survey) -> str:
    places = decimals(seen.values)
    natural = _DIGITS - 1 - int(np.floor(np.log10(seen.values[0])))
    if places is not None and places < natural:
        return f"the values are rounded to {places} decimals, which hides the scale"
    return (
        "the values are not whole multiples of one scale: an average of libraries, a ratio, a fold"
        " enrichment or a subtraction"
    )


def _false_scale(seen: Survey, lattice: Lattice) -> str | None:
    """Scales that come from rounding, not from counting."""
    power = np.rint(np.log10(lattice.scale))
    rounded = lattice.low <= 10.0**power <= lattice.high and power < 0
    if rounded:
        return (
            f"all values are multiples of {10.0**power:g}: rounded to {-int(power)} decimals, which"
            " hides the scale"
        )
    if lattice.smallest > 1:
        return (
            f"no bin holds a single fragment (the smallest value is {lattice.smallest} times the"
            " common scale), so the scale is not sure"
        )
    return None


def _isolated(seen: Survey, lattice: Lattice) -> tuple[int, FloatArray, FloatArray, float]:
    """Islands of one fragment: how many, widths, their true numbers, odds of a neighbour.

    A wide fragment is less often left alone than a narrow one, since each further bin must stay
    free of others. How often one free bin is followed by the next fragment tells the odds.
    """
    single = lattice.multiples(seen.island_values) == 1
    widths = seen.island_widths[single].astype(np.float64)
    numbers = seen.island_numbers[single].astype(np.float64)
    after = lattice.multiples(seen.gap_values) == 1
    gaps, times = seen.gap_widths[after], seen.gap_numbers[after]
    met = min(float(times[gaps <= seen.bin_size].sum()) / max(float(times.sum()), 1.0), 0.9)
    odds = -float(np.log1p(-met))
    further = (widths - widths.min(initial=np.inf)) / max(seen.bin_size, 1)
    return int(numbers.sum()), widths, numbers * np.exp(odds * further), odds


def _mean_width(widths: FloatArray, numbers: FloatArray, odds: float, bin_size: int) -> float:
    """Mean width of isolated fragments, without islands of several that touch."""
    order = np.argsort(widths)
    widths, numbers = widths[order], numbers[order]
    by_bins = {int(w) // bin_size: n for w, n in zip(widths, numbers, strict=True)}
    if bin_size > 1 and by_bins.get(1, 0) >= 0.02 * numbers.sum():
        share = _straddling(by_bins.get(1, 0), by_bins.get(2, 0), by_bins.get(3, 0), odds)
        return bin_size * (1 + share)
    median = float(widths[np.searchsorted(np.cumsum(numbers), numbers.sum() / 2)])
    near = np.abs(widths - median) <= bin_size
    if numbers[near].sum() >= 0.8 * numbers.sum():
        # One length: bins of b bp show it as two neighbouring multiples of b, bases as itself.
        if bin_size == 1:
            return float(widths[numbers.argmax()])
        return float(np.average(widths[near], weights=numbers[near]))
    near = (widths >= 0.4 * median) & (widths <= 1.75 * median)
    return float(np.average(widths[near], weights=numbers[near]))


def _straddling(one: float, two: float, three: float, odds: float) -> float:
    """Share of fragments not longer than a bin that lie over two bins.

    An island of two bins may also be two fragments side by side. With the share s and the odds a
    of a neighbour, islands of one, two and three bins are as
    1 - s : s + a (1 - s)^2 : 2 a s (1 - s) + a^2 (1 - s)^3. Where the odds seen behind islands
    explain the islands of two bins alone, the share is 0: each fragment was counted in one bin.
    """
    ratio_two, ratio_three = two / one, three / one
    error = ratio_two * np.sqrt(1 / one + 1 / max(two, 1.0))
    if ratio_two - odds <= 0.1 * odds + 3 * error:
        return 0.0

    def excess(share: float) -> float:
        by_two = (ratio_two - share / (1 - share)) / (1 - share)
        return 2 * by_two * share + (by_two * (1 - share)) ** 2 - ratio_three

    most = ratio_two / (1 + ratio_two)
    if excess(0.0) <= 0 or most <= 0:
        return 0.0
    return float(brentq(excess, 0.0, most)) if excess(most) < 0 else most


def _library(
    lattice: Lattice, bin_size: int, covered: float, width: float
) -> tuple[str, float, str]:
    """Normalisation, number of fragments and where that comes from."""
    by_coverage = covered / width
    exact = {"CPM": 1e6 / lattice.scale, "RPKM": 1e9 / (lattice.scale * bin_size)}
    for kind, size in exact.items():
        if abs(np.log(size / by_coverage)) < _KIND_TOLERANCE:
            return kind, size, f"the scale, as {kind}"
    if lattice.low <= 1 <= lattice.high:
        kind = "none"
    elif abs(1e6 / lattice.scale / (covered / bin_size) - 1) < 1e-3:
        kind = "BPM"
    else:
        kind = "scaled"
    return kind, by_coverage, "total coverage over the width of a fragment"


def recover_all(
    tracks: Mapping[str, RunsTrack],
    *,
    library_sizes: FloatArray | None = None,
    fragment_lengths: FloatArray | None = None,
) -> dict[str, Recovery]:
    """`recover_counts` of every track.

    Parameters
    ----------
    tracks
        SampleID -> track.
    library_sizes, fragment_lengths
        (n_samples,) what is known already, NaN where unknown.

    Raises
    ------
    InputFormatError
        If a track is damaged.
    """

    def given(values: FloatArray | None, i: int) -> float | None:
        return None if values is None or np.isnan(values[i]) else float(values[i])

    found = {}
    for i, (name, track) in enumerate(tracks.items()):
        found[name] = recover_counts(
            track,
            library_size=given(library_sizes, i),
            fragment_length=given(fragment_lengths, i),
        )
        logger.info("%s: %s", name, found[name].describe())
    return found
