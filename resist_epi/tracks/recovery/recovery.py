"""Read counts back out of coverage tracks that were scaled, not smoothed.

A track of bamCoverage (none, CPM, RPKM, RPGC, BPM), of MACS' pileup or of bedtools genomecov is a
whole number of fragments in every bin, times one scale. The scale is found from the values alone
(`lattice`); the length of a fragment from isolated fragments, which stand between zeros with
one constant value; the number of fragments from the scale where the normalisation fixes it (CPM,
RPKM), else from total coverage over the width of one fragment.

A fragment of F bp covers F + b - 1 bp of bins of b bp on average, so a region's fragments are its
coverage, divided by scale and that width. They differ from counted reads: a fragment over two
regions counts in both by its share, at edges by parts, and duplicates and mapping qualities are
those that the writer of the track kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.fragment_width import exact_sizes, fragment_width, is_plain
from resist_epi.tracks.recovery.independence import missing_multiple
from resist_epi.tracks.recovery.isolated_fragments import (
    Heights,
    cut_islands,
    island_heights,
    isolated_fragments,
)
from resist_epi.tracks.recovery.lattice import Lattice, decimals, find_lattice
from resist_epi.tracks.recovery.local_look import LocalLook, look_closely
from resist_epi.tracks.recovery.track_survey import Survey, survey

# In a track so deep that no bin holds one fragment, bins of 5, 6, 7, ... still tell the scale.
_FEWEST_CONSECUTIVE = 12

_MOST_OVERLAPPING = 64

_MANY_LARGEST = 5  # fragments' worth of bases at the largest value

_WIDE_FRAGMENT = 300  # bp; more than nearly all libraries have

_DIGITS = 6  # of a writer that does not round to fixed decimals

# How far the number of fragments may lie above what isolated fragments say for a normalisation to
# be recognised. Nothing else is near CPM; RPKM is near RPGC of a genome as large as the human one
# for fragments of a few bins (the same at 2.7 bins): there islands must agree.
_NEAR_RPGC = (1.2, 6.0)

_ABOVE, _ABOVE_WIDE = 0.3, 0.08

# Below: isolated fragments may be shorter than the mean, where lengths differ or as wider islands
# say that there are longer ones.
_BELOW, _BELOW_WIDE = 0.3, 0.1

_LONGER, _LONGER_MIXED = 1.02, 1.1

# Within this the library size is believed for the mean fragment length, too.
_SAME_LIBRARY = 0.03

# Where so few reads touch one bin more, or one less, it may be left out of account.
_FEW_FURTHER = 0.03


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
    mates
        Alignments that one fragment counts in the track: 2 where both mates of a pair were laid
        over their whole fragment (then a mate without its pair is half a fragment), else 1.
    evidence
        The figures behind it, by name; plain numbers and texts.
    """

    refused: str | None
    scale: float = np.nan
    bin_size: int = 0
    fragment_length: float = np.nan
    library_size: float = np.nan
    normalisation: str = ""
    mates: int = 1
    evidence: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def quantum(self) -> float:
        """The scale of which all values are whole multiples."""
        return self.scale / self.mates

    @property
    def width(self) -> float:
        """Bp of bins that one fragment covers on average."""
        return self.fragment_length + self.bin_size - 1

    @property
    def bin_shares(self) -> FloatArray | None:
        """Share of reads that touch one bin, two and three; None where that is of no consequence.

        It is where each read touches the same number of bins, or so many that one more or less
        makes little of a difference.
        """
        from resist_epi.tracks.recovery.bin_shares import MOST_BINS

        most = int(np.floor(self.width / self.bin_size + 1e-9))
        further = self.width / self.bin_size - most
        if most + 1 > MOST_BINS or self.mates > 1 or not _FEW_FURTHER < further < 1 - _FEW_FURTHER:
            return None
        return np.array([0.0] * (most - 1) + [1 - further, further])

    def describe(self) -> str:
        """Say in one sentence what was found."""
        if self.refused is not None:
            return f"no counts can be recovered: {self.refused}"
        return (
            f"fragments x {self.scale:.7g} ({self.normalisation}), bins of {self.bin_size} bp,"
            f" fragments of {self.fragment_length:.0f} bp, {self.library_size:.0f} of them"
            f" ({self.evidence['library_size_from']})"
            + ("; pairs, each mate laid over the whole fragment" if self.mates == 2 else "")
        )


def recover_counts(
    track: CoverageTrack, *, library_size: float | None = None, fragment_length: float | None = None
) -> Recovery:
    """Find scale, bin size, fragment length and library size of a track.

    `refused` says why, where the evidence is not complete.

    Parameters
    ----------
    track
        Any track with runs.
    library_size, fragment_length
        What is known already (the sheet's `LibrarySize`, `FragmentLength` in bp); wins over what
        the track says.

    Raises
    ------
    InputFormatError
        If the file is damaged.
    """
    given = {"library_size": library_size, "fragment_length": fragment_length}
    return recover_from_values(track, **given)[0]


def recover_from_values(
    track: CoverageTrack, *, library_size: float | None = None, fragment_length: float | None = None
) -> tuple[Recovery, FloatArray]:
    """`recover_counts`, and the distinct values above zero that were seen, ascending; (n,)."""
    seen = survey(track)
    given = {"library_size": library_size, "fragment_length": fragment_length}
    return _recover(track, seen, **given), seen.values


def _recover(
    track: CoverageTrack,
    seen: Survey,
    *,
    library_size: float | None,
    fragment_length: float | None,
) -> Recovery:
    refused = _refusal(seen)
    if refused is not None:
        return Recovery(refused)
    lattice = find_lattice(seen.values, seen.bases)
    if lattice is None:
        return Recovery(_no_lattice(seen))
    heights = island_heights(seen, lattice)
    problem = (
        _false_scale(seen, lattice)
        or heights.problem()
        or cut_islands(seen, lattice, heights)
        or _false_counts(seen, lattice, heights)
    )
    if problem is not None:
        return Recovery(problem)
    look = look_closely(track, bin_size=seen.bin_size, quantum=lattice.scale, mates=heights.mates)
    problem = look.problem()
    if problem is not None:
        return Recovery(problem)
    return _recovered(
        track,
        seen,
        lattice,
        heights,
        look,
        library_size=library_size,
        fragment_length=fragment_length,
    )


def _recovered(
    track: CoverageTrack,
    seen: Survey,
    lattice: Lattice,
    heights: Heights,
    look: LocalLook,
    *,
    library_size: float | None,
    fragment_length: float | None,
) -> Recovery:
    """Fragment length and library size of a track whose values are counts times a scale."""
    alone = isolated_fragments(seen, lattice, heights)
    evidence: dict[str, float | str] = {
        "scale_low": lattice.low,
        "scale_high": lattice.high,
        "distinct_values": float(seen.values.size),
        "multiples_determined": float(lattice.determined),
        "isolated_fragments": float(alone.number),
        "stretches": float(seen.stretches),
    }
    covered = float((lattice.multiples(seen.values) * seen.bases).sum()) / heights.mates
    width, source = fragment_width(
        track,
        seen,
        lattice,
        alone,
        look,
        given=fragment_length,
        covered=covered,
        mates=heights.mates,
    )
    if np.isnan(width):
        return Recovery(source, evidence=evidence)
    kind, size, size_source = _library(
        lattice,
        seen.bin_size,
        covered,
        width,
        mates=heights.mates,
        longest=alone.widest_mean * (_LONGER if alone.constant else _LONGER_MIXED),
    )
    by_size = covered / size
    # Several read lengths make the mean longer than the length most have; a library larger than
    # what the track shows (chromosomes left out) makes it seem shorter.
    longer = width < by_size <= _LONGER * alone.widest_mean
    same = not alone.constant or longer or abs(by_size / width - 1) < _SAME_LIBRARY
    # Where each read was counted in one bin, a width of one bin is exact.
    if kind in {"CPM", "RPKM"} and fragment_length is None and same and width > seen.bin_size:
        width, source = by_size, f"total coverage over the library size, as {kind}"
    evidence["fragment_length_from"] = source
    evidence["fragments_by_coverage"] = covered / width
    if library_size is not None:
        size, size_source = float(library_size), "given"
    evidence["library_size_from"] = size_source
    return Recovery(
        None,
        lattice.scale * heights.mates,
        seen.bin_size,
        float(width + 1 - seen.bin_size),
        size,
        kind,
        heights.mates,
        evidence,
    )


def _false_counts(seen: Survey, lattice: Lattice, heights: Heights) -> str | None:
    """Multiples that are too rare beside their neighbours, and many at the largest."""
    width = _WIDE_FRAGMENT + seen.bin_size
    below, largest = seen.bases[-2:] / width
    if largest > max(below, _MANY_LARGEST):
        return (
            f"the largest value, {seen.values[-1]:g}, is more frequent than the one below it:"
            " values were capped"
        )
    overlapping = lattice.multiples(seen.values) / heights.mates
    whole = (overlapping % 1 == 0) & (overlapping < _MOST_OVERLAPPING)
    bases = np.zeros(_MOST_OVERLAPPING)
    np.add.at(bases, overlapping[whole].astype(np.int64), seen.bases[whole])
    bases[0] = seen.zero_bases
    missing = missing_multiple(bases, width=width)
    if missing is None:
        return None
    return (
        f"{missing} times the common scale is too rare beside what is below it: values were rounded"
        " to whole numbers after scaling or averaging, or something was added everywhere"
    )


def _refusal(seen: Survey) -> str | None:
    if seen.negative:
        return "it holds values below zero, as log ratios and differences do"
    if seen.floor:
        return "no base is at zero, chromosome ends included: something was added everywhere"
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
    """Scales that come from rounding or dividing, not from counting."""
    power = np.rint(np.log10(lattice.scale))
    rounded = lattice.low <= 10.0**power <= lattice.high and power < 0
    if rounded:
        return (
            f"all values are multiples of {10.0**power:g}: rounded to {-int(power)} decimals, which"
            " hides the scale"
        )
    if lattice.smallest > 1 and lattice.consecutive < _FEWEST_CONSECUTIVE:
        return (
            f"no bin holds a single fragment (the smallest value is {lattice.smallest} times the"
            " common scale, and many multiples of that are missing), so the scale is not sure"
        )
    return None


def _library(
    lattice: Lattice,
    bin_size: int,
    covered: float,
    width: float,
    *,
    mates: int,
    longest: float,
) -> tuple[str, float, str]:
    """Normalisation, number of fragments and where that comes from.

    `longest` is the mean width in bp that a fragment may have by all islands.
    """
    by_coverage = covered / width
    for kind, size in exact_sizes(lattice, bin_size).items():
        above = np.log(size / mates / by_coverage)
        bins = (width + 1 - bin_size) / bin_size
        strict = kind == "RPKM" and _NEAR_RPGC[0] < bins < _NEAR_RPGC[1]
        below = _BELOW
        if strict:
            below = min(max(_BELOW_WIDE, float(np.log(np.fmax(longest / width, 1.0)))), _BELOW)
        if -below <= above <= (_ABOVE_WIDE if strict else _ABOVE):
            return kind, size / mates, f"the scale, as {kind}"
    if is_plain(lattice):
        kind = "none"
    elif abs(1e6 / lattice.scale / (covered * mates / bin_size) - 1) < 1e-3:
        kind = "BPM"
    else:
        kind = "scaled"
    return kind, by_coverage, "total coverage over the width of a fragment"
