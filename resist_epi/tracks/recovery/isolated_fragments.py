"""What fragments that lie alone say: their length, whether pairs were laid down twice.

A fragment with no other near it is a stretch of one constant value between zeros, an island.
Islands tell the length of a fragment; how high they stand tells what one fragment counts; and that
there are any tells a track of counts from a smoothed one, where each island is a flight of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.tracks.recovery.lattice import Lattice
from resist_epi.tracks.recovery.track_survey import Survey

_HIGHEST = 64

_WIDEST = 10_000  # bins

_SHORTEST = 20  # bp of a fragment

_MOST_MET = 0.25  # share of free bins followed by a fragment; more comes from mates and clusters

_FEW_CUT = 0.02  # share of islands

# Both mates of a pair laid over the whole fragment: islands of two outnumber islands of one (mates
# without their pair) at least so many times.
_PAIRS = 2.0

_FEW_ODD = 5  # islands of three that may be without islands of one


@dataclass(frozen=True)
class Heights:
    """How many islands stand how high.

    Attributes
    ----------
    numbers
        (65,) islands by height in multiples of the scale; the last holds all higher ones.
    mates
        Multiples that one fragment counts: 1, or 2 where both mates were laid over their fragment.
    """

    numbers: FloatArray
    mates: int

    @property
    def single(self) -> float:
        """Islands of one fragment."""
        return float(self.numbers[self.mates])

    def problem(self) -> str | None:
        """Why islands of these heights are not those of one library, if they are not."""
        numbers, mates = self.numbers, self.mates
        most = int(numbers.argmax())
        if most != mates and numbers[most] >= 30:
            return (
                f"isolated stretches stand mostly at {most} times the common scale: libraries that"
                " were weighted and added, or a ratio"
            )
        steps = numbers[:_HIGHEST:mates]
        grows = (steps[3:] >= 30) & (steps[3:] > 2 * steps[2:-1])
        # Of fragments at one place by chance or as duplicates, three are as frequent among two as
        # two among one, or nearly (2/3 at least where their number is a mixture of Poisson's).
        one, two, three = steps[1:4]
        expected = 2 / 3 * two**2 / max(one, 1.0)
        rare = two > 0.2 * one and expected >= 20 and three < 0.3 * expected
        if rare or grows.any():
            return (
                f"isolated stretches stand {one:.0f}, {two:.0f}, {three:.0f} and {steps[4]:.0f}"
                " times at once, twice, three and four times the scale, as where libraries of"
                " different weight were added"
            )
        return None


def island_heights(seen: Survey, lattice: Lattice) -> Heights:
    """Count islands by height, and tell whether pairs were laid down twice."""
    height = np.minimum(lattice.multiples(seen.island_values), _HIGHEST).astype(np.int64)
    weights = seen.island_numbers.astype(np.float64)
    numbers: FloatArray = np.bincount(height, weights, _HIGHEST + 1).astype(np.float64)
    odd = numbers[3:_HIGHEST:2].sum()
    even = numbers[4:_HIGHEST:2].sum()
    multiples = lattice.multiples(seen.values)
    share_odd = seen.bases[multiples % 2 == 1].sum() / max(float(seen.bases.sum()), 1.0)
    pairs = (
        numbers[2] >= 30
        and numbers[2] > _PAIRS * numbers[1]
        and odd <= 0.2 * (numbers[2] + even)
        # Three is a pair and a mate alone, and such mates stand alone more often.
        and odd <= numbers[1] + _FEW_ODD
        and share_odd < (0.35 if numbers[1] else 0.01)
    )
    return Heights(numbers, 2 if pairs else 1)


def cut_islands(seen: Survey, lattice: Lattice, heights: Heights) -> str | None:
    """Why islands of one fragment have widths that no library has, if they have."""
    single = lattice.multiples(seen.island_values) == heights.mates
    by_bins = np.bincount(
        np.minimum(seen.island_widths[single] // max(seen.bin_size, 1), _WIDEST),
        weights=seen.island_numbers[single].astype(np.float64),
        minlength=6,
    )[:_WIDEST]
    mode = int(by_bins.argmax())
    # The narrowest are no fragments: those cover at least some 20 bp, and wide bins more.
    narrow = by_bins[: max(_SHORTEST // seen.bin_size, 1) + 1].sum() if mode >= 3 else 0.0
    wide = by_bins[5:].max(initial=0.0) if mode in {1, 2} and seen.bin_size > 1 else 0.0
    if narrow > max(_FEW_CUT * by_bins.sum(), 10) or wide > max(0.25 * by_bins[mode], 10):
        return (
            "stretches of one fragment are cut to pieces narrower than a fragment: something was"
            " subtracted, or values were rounded"
        )
    return None


@dataclass(frozen=True)
class Isolated:
    """Islands of one fragment.

    Attributes
    ----------
    number
        How many there are.
    widths, numbers
        (n,) their distinct widths, bp, ascending, and how many there would be were no fragment
        hidden by a neighbour.
    odds
        Odds that the bin behind a free bin holds the start of another fragment.
    bin_size
        bp.
    mates
        Alignments that one fragment counts.
    """

    number: int
    widths: FloatArray
    numbers: FloatArray
    odds: float
    bin_size: int
    mates: int

    def mean_width(self) -> float:
        """Mean width of one fragment, bp of bins; islands of several that touch left out."""
        widths, numbers, size = self.widths, self.numbers, self.bin_size
        by_bins = {int(w) // size: n for w, n in zip(widths, numbers, strict=True)}
        if size > 1 and by_bins.get(1, 0) >= 0.02 * numbers.sum():
            share = straddling(by_bins.get(1, 0), by_bins.get(2, 0), by_bins.get(3, 0), self.odds)
            return size * (1 + share)
        near = self._near()
        if self.constant:
            # One length: bins of b bp show it as two neighbouring multiples of b, bases as itself.
            if size == 1:
                return float(widths[numbers.argmax()])
            return float(np.average(widths[near], weights=numbers[near]))
        mode = np.abs(widths - widths[numbers.argmax()]) <= size
        if size > 1 and self.mates == 1 and numbers[mode].sum() >= 0.5 * numbers.sum():
            # The rest are reads that touch, such as the mates of pairs.
            return float(np.average(widths[mode], weights=numbers[mode]))
        # Two pairs of exactly the same height that touch are rare: hardly any island is too wide.
        most = 1.75 if self.mates == 1 else 2.5
        median = self._median()
        near = (widths >= 0.4 * median) & (widths <= most * median)
        return float(np.average(widths[near], weights=numbers[near]))

    @property
    def widest_mean(self) -> float:
        """Mean width of all islands of one fragment, those of fragments that touch included."""
        if not self.number:
            return np.nan
        return float(np.average(self.widths, weights=self.numbers))

    @property
    def constant(self) -> bool:
        """Whether nearly all fragments have the same length."""
        if not self.number:
            return False
        return bool(self.numbers[self._near()].sum() >= 0.8 * self.numbers.sum())

    def _near(self) -> NDArray[np.bool_]:
        return np.abs(self.widths - self._median()) <= self.bin_size

    def _median(self) -> float:
        total = np.cumsum(self.numbers)
        return float(self.widths[np.searchsorted(total, total[-1] / 2)])


def isolated_fragments(seen: Survey, lattice: Lattice, heights: Heights) -> Isolated:
    """Islands of one fragment, corrected for those that a neighbour hides.

    A wide fragment is less often left alone than a narrow one, since each further bin must stay
    free of others. How often one free bin is followed by the next fragment tells the odds.
    """
    single = lattice.multiples(seen.island_values) == heights.mates
    widths = seen.island_widths[single].astype(np.float64)
    numbers = seen.island_numbers[single].astype(np.float64)
    after = lattice.multiples(seen.gap_values) == heights.mates
    gaps, times = seen.gap_widths[after], seen.gap_numbers[after]
    met = min(float(times[gaps <= seen.bin_size].sum()) / max(float(times.sum()), 1.0), _MOST_MET)
    odds = -float(np.log1p(-met))
    further = (widths - widths.min(initial=np.inf)) / max(seen.bin_size, 1)
    order = np.argsort(widths)
    corrected = numbers * np.exp(odds * further)
    return Isolated(
        int(numbers.sum()), widths[order], corrected[order], odds, seen.bin_size, heights.mates
    )


def straddling(one: float, two: float, three: float, odds: float) -> float:
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
    from scipy.optimize import brentq

    return float(brentq(excess, 0.0, most)) if excess(most) < 0 else most
