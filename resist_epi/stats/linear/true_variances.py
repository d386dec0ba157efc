"""True variances of regions as their residuals leave them possible, apart from estimates' noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.moderation import Squeezed


@dataclass(frozen=True)
class TrueVariances:
    """What is known of the variances of the regions, each array of shape (n_regions,).

    Attributes
    ----------
    trended
        Prior variance.
    df_prior
        Its degrees of freedom, infinite where true variances do not differ.
    sum_of_squares, df
        Of prior and residuals together, where the prior's degrees of freedom are finite.
    """

    trended: FloatArray
    df_prior: FloatArray
    sum_of_squares: FloatArray
    df: FloatArray

    @classmethod
    def of(cls, variances: FloatArray, df: FloatArray, squeezed: Squeezed) -> TrueVariances:
        """From residual variances, their degrees of freedom and the prior fitted to them."""
        finite = np.isfinite(squeezed.df_prior)
        prior = np.where(finite, squeezed.df_prior, 0.0)
        total = prior * squeezed.prior + df * variances
        return cls(squeezed.prior, squeezed.df_prior, total, prior + df)

    @property
    def spread_df(self) -> float:
        """Prior degrees of freedom of the median region."""
        return float(np.median(self.df_prior))

    def draw(self, rng: np.random.Generator) -> FloatArray:
        """One true variance of each region, shape (n_regions,).

        Given its residuals, a variance is their and the prior's sum of squares over a chi-square.

        References
        ----------
        Smyth (2004) Stat. Appl. Genet. Mol. Biol. 3:3.
        """
        drawn = self.sum_of_squares / rng.chisquare(self.df)
        return np.where(np.isfinite(self.df_prior), drawn, self.trended)
