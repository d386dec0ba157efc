"""Bp of bins that one fragment covers, by whatever evidence a track has for it."""

from __future__ import annotations

import numpy as np

from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.recovery.fragment_steps import (
    MOST_ALIKE,
    StepLength,
    length_from_steps,
)
from resist_epi.tracks.recovery.isolated_fragments import Isolated
from resist_epi.tracks.recovery.lattice import Lattice
from resist_epi.tracks.recovery.local_look import LocalLook
from resist_epi.tracks.recovery.track_survey import Survey

# Isolated fragments needed, and their share among stretches between zeros. Smoothed tracks have
# next to none: smoothing turns a constant island into steps.
_FEWEST_ISLANDS = 30

_LOWEST_ISLAND_SHARE = 0.05

# Of stretches one bin wide with a step of the same direction at both ends, less those without; over
# both. Near 0 in tracks of counts, up to a half where peaks are sharp; near 1 where sparse counts
# were smoothed.
_MOST_SAME_WAY = 0.7

_MOST_ONCE = -0.12  # where each read counts in one bin: -1/3 for independent bins

_FEWEST_STEPS = 200

# Fragment lengths, bp, and their ratio to what the squared steps say roughly, that let a deep track
# be taken for CPM or RPKM.
_SHORTEST, _LONGEST = 30, 800

# Bp: no read is as short, though its ends or its middle are laid down as one to three.
_MOST_CUT_SITE, _SHORTEST_READ = 3.5, 20

_LEAST_ROUGH, _MOST_ROUGH = 0.8, 2.5


def fragment_width(
    track: CoverageTrack,
    seen: Survey,
    lattice: Lattice,
    alone: Isolated,
    look: LocalLook,
    *,
    given: float | None,
    covered: float,
    mates: int,
) -> tuple[float, str]:
    """Bp of bins that a fragment covers on average and where that comes from; NaN and why not.

    Parameters
    ----------
    track
        Read again only where isolated fragments do not tell.
    seen, lattice, alone, look
        What is known of it.
    given
        Fragment length that the user gave, bp; it wins, but makes no counts of a smoothed track.
    covered
        Fragments x bp in the track.
    mates
        Alignments that one fragment counts.
    """
    steps = seen.same_way + seen.other_way
    same_way = (seen.same_way - seen.other_way) / steps if steps >= _FEWEST_STEPS else np.nan
    enough = (
        alone.number >= _FEWEST_ISLANDS and alone.number >= _LOWEST_ISLAND_SHARE * seen.stretches
    )
    if enough and not same_way > _MOST_SAME_WAY:
        width, source = alone.mean_width(), f"{alone.number} isolated fragments"
        problem = _no_read(width, seen.bin_size, same_way)
    else:
        found = length_from_steps(track, bin_size=seen.bin_size, scale=lattice.scale)
        problem = look.problem_of_deep()
        if same_way > _MOST_SAME_WAY or found.alike > MOST_ALIKE:
            problem = (
                "neighbouring steps go the same way, as where every fragment became a flight of"
                " steps: the track is smoothed"
            )
        width, source = _by_steps(seen, lattice, found, look, covered=covered, mates=mates)
    if problem is not None:
        return np.nan, problem
    if given:
        return given + seen.bin_size - 1, "given"
    if np.isnan(width):
        source = (
            f"only {alone.number} of {seen.stretches} stretches between zeros are isolated"
            " fragments of one constant value, and steps up and down lie at no one distance; the"
            " track is smoothed, an average, or too deep with fragments of many lengths (then give"
            " FragmentLength in the sheet)"
        )
    return width, source


def _no_read(width: float, bin_size: int, same_way: float) -> str | None:
    """Why isolated stretches of this mean width are no reads, if they are not."""
    length = width + 1 - bin_size
    if _MOST_CUT_SITE < length < _SHORTEST_READ:
        return (
            f"stretches of one fragment are {length:.0f} bp long, which no read is: something was"
            " subtracted"
        )
    if width == bin_size > 1 and same_way > _MOST_ONCE:
        return (
            "most isolated stretches are one bin wide, yet neighbouring bins depend on one another"
            " as longer fragments make them: something was subtracted"
        )
    return None


def _by_steps(
    seen: Survey,
    lattice: Lattice,
    found: StepLength,
    look: LocalLook,
    *,
    covered: float,
    mates: int,
) -> tuple[float, str]:
    """Width of a fragment where hardly any stands alone, and where that comes from; or NaN."""
    if not np.isnan(found.width):
        return found.width, f"the distance of steps, {2 * found.explained:.0%} of them"
    by_library = _by_library(seen, lattice, found, covered=covered, mates=mates)
    return by_library or (look.width, "the mean distance of steps")


def _by_library(
    seen: Survey, lattice: Lattice, found: StepLength, *, covered: float, mates: int
) -> tuple[float, str] | None:
    """Coverage over a library size that the scale gives, if the steps roughly agree."""
    for kind, size in exact_sizes(lattice, seen.bin_size).items():
        width = covered / (size / mates)
        plausible = _SHORTEST <= width + 1 - seen.bin_size <= _LONGEST
        if plausible and _LEAST_ROUGH <= width / found.rough_width <= _MOST_ROUGH:
            return width, f"total coverage over the library size, as {kind}, and the size of steps"
    return None


def is_plain(lattice: Lattice) -> bool:
    """Whether these are plain counts (a scale of 1; that of a million reads as CPM is the same)."""
    return lattice.low <= 1 <= lattice.high


def exact_sizes(lattice: Lattice, bin_size: int) -> dict[str, float]:
    """Alignments in the library if the track were normalised in each way that tells them."""
    if is_plain(lattice):
        return {}
    return {"CPM": 1e6 / lattice.scale, "RPKM": 1e9 / (lattice.scale * bin_size)}
