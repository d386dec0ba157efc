"""One fitted model of every region, which every later step reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import DesignError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A linear model of every region, with the empirical-Bayes prior of its variance.

    Contrasts, treat, F tests and the gene-set tests all read one Fit; nothing is refitted.
    Rows of regions that were not tested hold NaN.

    Attributes
    ----------
    design
        (n_units, p) float64 table: index the units, columns the named coefficients.
    coefficients
        (n_regions, p), log2.
    covariance
        (p, p), or (n_regions, p, p) where weights differ by region: unscaled covariance of the
        coefficients.
    variance
        (n_regions,) residual variance, log2 squared.
    df_residual
        (n_regions,) residual degrees of freedom.
    prior_variance
        (n_regions,) value towards which the variance is drawn.
    df_prior
        (n_regions,) its degrees of freedom, may be infinite.
    residuals
        (n_regions, n_units) of the fit, log2.
    weights
        (n_units,) weights of the units, or None for equal ones.
    base_mean
        (n_regions,) mean over units of the normalised quantity, natural scale, its own unit.
    regions
        Region table with n_regions rows.
    tested
        (n_regions,) bool: False where a filter left the region out.
    method, normalization, quantity
        What was done to what.
    notes
        Sentences for the header of every table made from this fit.
    settings
        Plain JSON values: the settings that the fit depends on.
    """

    design: pd.DataFrame
    coefficients: FloatArray
    covariance: FloatArray
    variance: FloatArray
    df_residual: FloatArray
    prior_variance: FloatArray
    df_prior: FloatArray
    residuals: FloatArray
    weights: FloatArray | None
    base_mean: FloatArray
    regions: pd.DataFrame
    tested: NDArray[np.bool_]
    method: str
    normalization: str
    quantity: str
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, (units, p) = len(self.regions), self.design.shape
        expected = {
            "coefficients": (n, p),
            "variance": (n,),
            "df_residual": (n,),
            "prior_variance": (n,),
            "df_prior": (n,),
            "residuals": (n, units),
            "base_mean": (n,),
            "tested": (n,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise DesignError(f"{name} of a fit has shape {array.shape}; expected {shape}")
            array.flags.writeable = False

    @property
    def posterior_variance(self) -> FloatArray:
        """(n_regions,) variance after empirical Bayes (Smyth 2004), log2 squared."""
        finite = np.isfinite(self.df_prior)
        d0 = np.where(finite, self.df_prior, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mixed = (d0 * self.prior_variance + self.df_residual * self.variance) / (
                d0 + self.df_residual
            )
        return np.where(finite, mixed, self.prior_variance)

    @property
    def df_total(self) -> FloatArray:
        """(n_regions,) degrees of freedom of the moderated t.

        Never more than the residual df of all tested regions pooled.
        """
        pooled = float(np.nansum(self.df_residual[self.tested]))
        return np.minimum(self.df_residual + self.df_prior, pooled)
