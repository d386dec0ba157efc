"""How units of a group differ in each region: the true variation, not the scatter of estimates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, log_divisors
from resist_epi.model.differential import choose_method
from resist_epi.model.linear_models import log_level
from resist_epi.model.unit_weights import MIN_DF, MIN_REGIONS
from resist_epi.schema import COUNTS
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.linear.true_variances import TrueVariances
from resist_epi.stats.linear.weights import array_weights, without_shift
from resist_epi.stats.negbin.dispersion import estimate_trend
from resist_epi.stats.negbin.glm import count_data, fit_counts
from resist_epi.stats.negbin.quasi import PRIOR_READS
from resist_epi.stats.negbin.spread import true_dispersions

_LEAST_NOISE = 0.1  # of a unit's own variance over the mean one


class Drawn(Protocol):
    """True dispersions or variances of regions, drawn anew for each study."""

    @property
    def trended(self) -> FloatArray:
        """(n_regions,) their trend."""

    @property
    def spread_df(self) -> float:
        """Degrees of freedom of the chi-square by which they spread about it."""

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """(n_regions,) true ones."""


@dataclass(frozen=True)
class Variation:
    """Level of each region, and how units of a group differ there.

    Attributes
    ----------
    of_counts
        Whether counts are drawn (negative binomial), else signal (normal on the log2 scale).
    level
        (n_regions,) natural log of reads per effective library, or log2(signal + prior).
    abundance
        (n_regions,) log2, along which the trend runs.
    true
        Dispersions of counts, or variances of log2 signal.
    prior
        Added to signal before logs; 0 for counts.
    """

    of_counts: bool
    level: FloatArray
    abundance: FloatArray
    true: Drawn
    prior: float = 0.0

    def along_trend(self, abundance: FloatArray) -> FloatArray:
        """The trend at any abundance, log2; beyond its ends as it is there."""
        order = np.argsort(self.abundance, kind="stable")
        return np.interp(abundance, self.abundance[order], self.true.trended[order])


def variation_of(matrix: CountMatrix, X: FloatArray) -> Variation:
    """Fit levels and variation to normalised units.

    Parameters
    ----------
    X
        (n_units, p) design that leaves residual degrees of freedom.
    """
    return _of_counts(matrix, X) if varies_as_counts(matrix) else _of_signal(matrix, X)


def varies_as_counts(matrix: CountMatrix) -> bool:
    """Whether values vary as counts do, as signal and recovered reads of narrow regions do not."""
    if matrix.quantity not in COUNTS:
        return False
    length = matrix.metadata.get("fragment_length")
    return choose_method(matrix, (), fragment_length=length)[0] != "trend"


def _of_counts(matrix: CountMatrix, X: FloatArray) -> Variation:
    divisors = log_divisors(matrix)
    offsets = divisors if matrix.offsets is not None else divisors[0]
    data = count_data(matrix.values, X, offsets=offsets)
    trend = estimate_trend(data)
    true = true_dispersions(data, trend)
    # The level of all units together: what the pilot's groups differ by is not what is planted.
    centred = divisors - divisors.mean(axis=1, keepdims=True) + divisors.mean()
    alone = replace(data, offsets=centred).with_design(np.ones((len(X), 1)))
    fitted = fit_counts(alone, trend.trended, prior_count=PRIOR_READS, coefficients_only=True)
    return Variation(True, fitted.coefficients[:, 0], trend.average_log_cpm, true)


def _of_signal(matrix: CountMatrix, X: FloatArray) -> Variation:
    level, prior = log_level(matrix, np.ones(len(matrix.regions), dtype=bool))
    linear = fit_linear(level, X)
    squeezed = squeeze_variances(
        linear.sigma2, linear.df_residual, covariate=linear.mean, robust=True
    )
    true = TrueVariances.of(linear.sigma2, linear.df_residual, squeezed)
    return Variation(False, linear.mean, linear.mean, true, prior)


def unit_noise(
    matrix: CountMatrix, X: FloatArray, variation: Variation, sizes: FloatArray
) -> FloatArray:
    """(n_units,) a unit's own variance over the mean unit's; 1 where units are too few to tell.

    What reads vary by sampling alone follows their depth; what differs beyond it is the units'.

    Parameters
    ----------
    matrix
        Normalised, the regions of the variation.
    sizes
        (n_units,) effective library sizes.

    References
    ----------
    Ritchie et al. (2006) BMC Bioinformatics 7:261 (a variance of each unit, by REML).
    """
    n, p = X.shape
    if n - p < MIN_DF or len(matrix.regions) < MIN_REGIONS:
        return np.ones(n)
    level, _ = log_level(matrix, np.ones(len(matrix.regions), dtype=bool))
    variance = 1 / array_weights(without_shift(level, X), X)
    variance = variance / variance.mean()
    if not variation.of_counts:
        return np.asarray(variance)
    reads = np.exp(variation.level)[:, None] * sizes
    sampling = 1 / np.maximum(reads, 0.5)
    # Each region has the same say in the weights, whatever it varies.
    total = sampling.mean(axis=1) + variation.true.trended
    by_depth = (sampling / total[:, None]).mean(axis=0)
    own = 1 - by_depth.mean()
    noise = np.maximum((variance - by_depth) / own, _LEAST_NOISE)
    return np.asarray(noise / noise.mean())
