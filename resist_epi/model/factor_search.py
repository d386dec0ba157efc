"""The search for hidden factors of one design, on the values of its units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.genome.cytogenetics import (
    arm_names,
    assembly_of_regions,
    load_centromeres,
)
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.linear.blocking import block_correlation, correlation_matrix
from resist_epi.stats.linear.factor_gate import Gate, broad_factors, genome_halves
from resist_epi.stats.linear.hidden_factors import (
    Effects,
    HiddenFactors,
    hidden_factors,
    leading_axes,
    orthogonal_effects,
    without_unit_level,
)
from resist_epi.stats.linear.twins import Twins
from resist_epi.stats.linear.weights import array_weights

_LEAST_FREE = 0.05  # of a unit's variance, beside which its weight can be told

_MOST_WEIGHT = 20.0

_ROWS_FOR_BLOCKS = 2_000


class FactorSearch:
    """Patterns that units share beside a design, and the factors made of them.

    Parameters
    ----------
    level
        (n_regions, n_units), as `unit_patterns.unit_level` makes it of the matrix.
    matrix
        The regions that are looked at, a column a unit.
    twins
        What a pair of them shares is no factor: it is taken out of the residuals.
    block
        Column whose levels have a random effect.
    """

    def __init__(
        self,
        level: FloatArray,
        matrix: CountMatrix,
        design: Design,
        contrast: Contrast,
        twins: Sequence[Twins] = (),
        block: str | None = None,
    ) -> None:
        self.level = without_unit_level(level)
        self.matrix, self.design, self.contrast = matrix, design, contrast
        self.X = design.matrix.to_numpy(np.float64)
        self.beside = _independent(self.X, _families(twins, len(self.X)))
        self.correlation: FloatArray | None = None
        if block is not None:
            blocks = design.units[block].to_numpy()
            some = self.level[:: max(1, len(level) // _ROWS_FOR_BLOCKS)]
            rho = float(block_correlation(some, self.X, blocks).consensus)
            self.correlation = correlation_matrix(blocks, rho)

    @property
    def df(self) -> int:
        """Residual degrees of freedom of the search, but for what twins share."""
        return int(self.beside.shape[0] - self.beside.shape[1])

    @cached_property
    def effects(self) -> Effects:
        """Regions beside design and twins."""
        return self._effects(self.beside, self.beside)

    def _effects(self, beside: FloatArray, known: FloatArray) -> Effects:
        """Effects beside some columns; units weighted by what is left over by those known."""
        vector = np.zeros((beside.shape[1], *self.contrast.vector.shape[1:]))
        vector[: len(self.contrast.vector)] = self.contrast.vector
        return orthogonal_effects(
            self.level,
            beside,
            vector,
            weights=_noise_weights(self.level, known),
            correlation=self.correlation,
        )

    def gates(self, most: int) -> tuple[Gate, ...]:
        """What is to be said of one pattern after another, to the first that is no factor."""
        halves = genome_halves(self.matrix.regions["chrom"].to_numpy())
        return broad_factors(self.effects, halves, self.contrast.sides, most=most)

    def factors(self, k: int) -> HiddenFactors:
        """The k leading factors, with weights that they do not distort."""
        first = self.effects.space @ leading_axes(self.effects, k)
        known = np.column_stack([self.beside, first])
        effects = self._effects(self.beside, known)
        found = hidden_factors(effects, leading_axes(effects, k))
        if self.beside.shape == self.X.shape:
            return found
        # Twins have values of the factor too: those that its loadings give them.
        whole = self._effects(self.X, known)
        return hidden_factors(whole, np.linalg.qr(whole.scaled.T @ found.loadings)[0])

    def two_units(self) -> list[str]:
        """The units with the largest values of the strongest pattern, in the sheet's order."""
        values = (self.effects.space @ leading_axes(self.effects, 1))[:, 0]
        two = np.sort(np.argsort(values**2)[-2:])
        return [str(name) for name in self.design.matrix.index[two]]

    def places(self) -> dict[str, float]:
        """Where the strongest pattern lies: arm, or chromosome where arms are unknown -> its part.

        Of what the pattern explains of the regions' residuals beyond noise; the largest first.
        """
        residual = self.effects.scaled
        square = np.einsum("ij,ij->i", residual, residual)
        along = (residual @ leading_axes(self.effects, 1)[:, 0]) ** 2
        share = np.divide(along, square, out=np.zeros_like(along), where=square > 0)
        more = share - np.where(square > 0, 1 / residual.shape[1], 0.0)
        regions = self.matrix.regions
        arms = arm_names(regions, load_centromeres(assembly_of_regions(regions)))
        names, code = np.unique(arms.astype(str), return_inverse=True)
        by_arm = np.maximum(np.bincount(code, weights=more), 0.0)
        whole = max(float(by_arm.sum()), np.finfo(np.float64).tiny)
        order = np.argsort(-by_arm, kind="stable")
        return {str(names[i]): float(by_arm[i]) / whole for i in order}

    def follows_level(self, factors: HiddenFactors) -> FloatArray:
        """(k,) correlation of the loadings, but for their noise, with the level of signal."""
        level = np.log2(np.maximum(scaled(self.matrix).mean(axis=1), np.finfo(np.float64).tiny))
        each = np.array([_correlation(own, level) for own in factors.loadings.T])
        return np.clip(each / np.sqrt(np.maximum(factors.reliability, 0.1)), -1.0, 1.0)


def _noise_weights(level: FloatArray, known: FloatArray) -> FloatArray | None:
    """(n_units,) inverse variances beside what is known; None where that fits a unit exactly."""
    q = np.linalg.qr(known)[0]
    free = 1 - np.einsum("ij,ij->i", q, q)
    if known.shape[0] - known.shape[1] < 2 or free.min() < _LEAST_FREE:
        return None
    return np.clip(array_weights(level, known), 1 / _MOST_WEIGHT, _MOST_WEIGHT)


def _families(twins: Sequence[Twins], n: int) -> FloatArray:
    """(n, families) 1 for the units of a family of twins."""
    family = np.arange(n)
    for twin in twins:
        family[family == family[twin.second]] = family[twin.first]
    several = [f for f in np.unique(family) if (family == f).sum() > 1]
    return np.asarray(family[:, None] == np.array(several, dtype=np.intp), dtype=np.float64)


def _independent(X: FloatArray, more: FloatArray) -> FloatArray:
    """The design and those further columns that it does not hold already."""
    for column in more.T:
        wider = np.column_stack([X, column])
        if np.linalg.matrix_rank(wider) == wider.shape[1]:
            X = wider
    return X


def _correlation(first: FloatArray, second: FloatArray) -> float:
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0 else 0.0
