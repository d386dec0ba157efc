"""One fitted model of every region, which every later step reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.io.shown import Shown, listed, ranged
from resist_epi.stats.linear.least_squares import LinearFit
from resist_epi.stats.linear.moderation import Squeezed


@dataclass(frozen=True, repr=False)
class Fit(Shown):
    """A linear model of every region, with the empirical-Bayes prior of its variance.

    Contrasts, treat, F tests and the gene-set tests all read one Fit; nothing is refitted.
    Rows of regions that were not tested hold NaN.

    Attributes
    ----------
    design
        (n_units, p) float64 table: index the units, columns the named coefficients.
    linear
        Coefficients, residual variances and unscaled covariance of every region, with the response
        (n_regions, n_units) on the log2 scale and the weights that were used.
    squeezed
        Posterior and prior variances with their degrees of freedom, each (n_regions,), log2
        squared; NaN where a region was not tested.
    base_mean
        (n_regions,) mean over units of the normalised quantity, natural scale, its own unit.
    regions
        Region table with n_regions rows.
    tested
        (n_regions,) bool: False where a filter left the region out.
    method, normalization, quantity
        What was done to what.
    weights
        (n_units,) weights of the units that were estimated, geometric mean 1; None where all count
        the same.
    model
        What the method's own statistics read besides, such as the quasi-likelihood model of `ql`.
    estimates
        (n_regions, p) log2, the method's own coefficients where these are not the linear model's.
    unweighted
        The same fit without the estimated weights, to be shown beside; None where there are none.
    least_pvalue
        (n_regions,) what no P of a contrast may fall below; None where nothing bounds it.
    notes
        Sentences for the header of every table made from this fit.
    settings
        Plain JSON values: the settings that the fit depends on.

    Raises
    ------
    DesignError
        If the shapes disagree.
    """

    design: pd.DataFrame
    linear: LinearFit
    squeezed: Squeezed
    base_mean: FloatArray
    regions: pd.DataFrame
    tested: NDArray[np.bool_]
    method: str
    normalization: str
    quantity: str
    weights: FloatArray | None = None
    model: Any = None
    estimates: FloatArray | None = None
    unweighted: Fit | None = None
    least_pvalue: FloatArray | None = None
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        units, coefficients = self.design.shape
        title = f"Fit: {self.method}, {int(self.tested.sum()):,} of {len(self.regions):,} regions"
        return title, [
            ("units", str(units)),
            ("coefficients", listed(self.design.columns, 12)),
            ("residual df", str(units - coefficients)),
            ("quantity", self.quantity.replace("_", " ")),
            ("normalization", self.normalization),
            ("unit weights", "" if self.weights is None else ranged(self.weights)),
        ]

    def __post_init__(self) -> None:
        n, (units, p) = len(self.regions), self.design.shape
        if self.linear.response.shape != (n, units) or self.linear.coefficients.shape != (n, p):
            raise DesignError(
                f"a fit of {self.linear.response.shape} values and"
                f" {self.linear.coefficients.shape} coefficients does not belong to {n} regions,"
                f" {units} units and {p} columns of the design"
            )
        for name, array in (
            ("posterior variance", self.squeezed.posterior),
            ("base_mean", self.base_mean),
            ("tested", self.tested),
        ):
            if array.shape != (n,):
                raise DesignError(f"{name} of a fit has shape {array.shape}; expected {(n,)}")

    @property
    def coefficients(self) -> FloatArray:
        """(n_regions, p), log2, by the method's own estimator."""
        return self.linear.coefficients if self.estimates is None else self.estimates

    @property
    def variance(self) -> FloatArray:
        """(n_regions,) residual variance, log2 squared."""
        return self.linear.sigma2

    @property
    def df_residual(self) -> FloatArray:
        """(n_regions,) residual degrees of freedom."""
        return self.linear.df_residual

    @property
    def df_design(self) -> int:
        """Residual degrees of freedom that the design leaves: units less coefficients."""
        return self.design.shape[0] - self.design.shape[1]
