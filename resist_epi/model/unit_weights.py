"""Whether units get weights, and which test reads get: what the residuals say of each unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.filtering import evenly_spaced
from resist_epi.model.header import beside_cut
from resist_epi.model.linear_models import log_level
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.linear.factor_gate import gate, genome_halves
from resist_epi.stats.linear.hidden_factors import orthogonal_effects
from resist_epi.stats.linear.weights import array_weights, without_shift

# Units in the smaller group from which on units may have weights, and from which on they have them
# whatever else the residuals say: there hidden factors are looked for.
MIN_UNITS, ENOUGH_UNITS = 3, 5

MIN_DF = 4  # residual degrees of freedom

MIN_REGIONS = 200

MAX_SHARED = 1.1  # breadth of what the weighted residuals share, which noise has at .8 to 1.1

UNLIKE = 2.0  # fold from the lightest to the heaviest unit, where units are called unlike

SIDES_UNLIKE = 1.5  # fold between the two sides' median weights

LARGER = 1.5  # fold in units, from which on a side is the larger one

_MOST_ROWS = 20_000


@dataclass(frozen=True)
class UnitWeights:
    """How far units depart from one another in variance, and what follows.

    Attributes
    ----------
    weights
        (n_units,) estimated from log2 signal, geometric mean 1.
    shared
        Breadth of the strongest pattern that the weighted residuals share (`factor_gate.Gate`).
    smaller
        Units in the smaller side.
    sides
        (n_units,) code of each unit's side of the contrasts, for a variance a side; None where the
        sides have as many units or overlap, or there are none.
    sides_fold
        Fold between the sides' median weights; 1 without sides.
    larger_varies
        Whether the side that varies more has more units by half or more.
    """

    weights: FloatArray
    shared: float
    smaller: int
    sides: tuple[int, ...] | None
    sides_fold: float
    larger_varies: bool = False

    @property
    def fold(self) -> float:
        """From the lightest to the heaviest unit."""
        return float(self.weights.max() / self.weights.min())

    @property
    def trusted(self) -> bool:
        """Whether a weight a unit does no harm, as it does where units share a hidden factor."""
        return self.smaller >= ENOUGH_UNITS or self.shared < MAX_SHARED

    @property
    def reads_method(self) -> tuple[str, str]:
        """The test of reads, and the figure that decided, in words.

        Quasi-likelihood has the most power where units are alike. Where they are unlike, weights
        gain more; where a whole side is, the log of a small count has another mean there, which
        voom's precision weights mind. A side of many units has a mean that is near to normal, and
        there they cost power alone.
        """
        fold = beside_cut(self.fold, UNLIKE, 1)
        unlike = f"units are unequally noisy: weights differ {fold}-fold"
        if not self.trusted:
            if self.sides is not None and self.sides_fold > SIDES_UNLIKE:
                return "voom", f"the groups' variances differ {self.sides_fold:.1f}-fold"
            return "ql", f"units share a pattern in most regions ({self.shared:.2f} times noise)"
        if self.fold <= UNLIKE:
            alike = "units are about equally noisy: weights would differ"
            return "ql", f"{alike} {fold}-fold, at most {UNLIKE:g}"
        if self.sides_fold > SIDES_UNLIKE:
            groups = f"{unlike}, and the groups' {self.sides_fold:.1f}-fold"
            if self.larger_varies:
                return "trend", f"{groups}, most in the larger"
            return "voom", groups
        return "trend", f"{unlike}, more than {UNLIKE:g}"


def weigh_units(
    matrix: CountMatrix,
    design: Design,
    contrast: Contrast,
    tested: NDArray[np.bool_],
) -> UnitWeights | None:
    """Estimate the units' weights and look whether they can be trusted; None where there are none.

    They need 3 units a side, 4 residual degrees of freedom and 200 regions.

    Parameters
    ----------
    matrix
        Normalised, a column a unit, in the order of the design's rows.
    tested
        (n_regions,) bool.
    """
    X = design.matrix.to_numpy(np.float64)
    rows = np.flatnonzero(tested)
    smaller = min(contrast.group_sizes, default=len(X) // 2)
    if smaller < MIN_UNITS or len(X) - X.shape[1] < MIN_DF or len(rows) < MIN_REGIONS:
        return None
    rows = evenly_spaced(rows, _MOST_ROWS)
    part = matrix.select(regions=rows)
    level = log_level(part, np.ones(len(rows), dtype=bool))[0]
    level = without_shift(level, X)
    weights = array_weights(level, X)
    effects = orthogonal_effects(level, X, contrast.vector, weights=weights)
    shared = gate(effects, genome_halves(part.regions["chrom"].to_numpy())).breadth
    codes, sides_fold, larger_varies = None, 1.0, False
    sides = contrast.sides
    if len(sides) > 1 and (np.sum(sides, axis=0) <= 1).all():  # of contrasts of two columns: no
        sizes = [int(side.sum()) for side in sides]
        if len(set(sizes)) > 1:
            group = np.sum([(i + 1) * side for i, side in enumerate(sides)], axis=0)
            codes = tuple(int(code) for code in group)
        medians = [float(np.median(weights[side])) for side in sides]
        sides_fold = max(medians) / min(medians)
        noisiest = int(np.argmin(medians))
        larger_varies = sides_fold > 1 and sizes[noisiest] >= LARGER * min(sizes)
    return UnitWeights(weights, shared, smaller, codes, sides_fold, larger_varies)
