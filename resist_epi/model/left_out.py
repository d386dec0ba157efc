"""A fit without some of its units, everything else held: one function for each way to fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.model.fit import Fit
from resist_epi.model.hazards import Outcome
from resist_epi.model.linear_models import NO_WEIGHT, fit_without
from resist_epi.samples.design import Contrast
from resist_epi.stats.linear.least_squares import LinearFit, fit_linear
from resist_epi.stats.linear.left_out import without_units
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.negbin.dispersion import Trend
from resist_epi.stats.negbin.glm import CountData
from resist_epi.stats.negbin.quasi import QuasiFit, fit_quasi

MIN_SIDE = 2  # units

MOST_UNITS = 60  # up to which the prior of the variances is estimated again in `ql`


@dataclass(frozen=True)
class Left:
    """What is left of a question without some units.

    Attributes
    ----------
    kept
        (n_units,) bool.
    design
        (n_kept, q) table as of `Fit.design`.
    contrast
        In its columns.
    near
        (n_near,) rows of the fit that may be called without them; a method whose regions do not
        depend on one another tests no others.
    """

    kept: NDArray[np.bool_]
    design: pd.DataFrame
    contrast: Contrast
    near: NDArray[np.intp]


def leave_out(
    fitted: Fit, contrast: Contrast, gone: NDArray[np.bool_], near: NDArray[np.intp]
) -> Left | None:
    """The question without some units; None where what is left cannot carry a test."""
    kept = ~gone
    sides = tuple(side[kept] for side in contrast.sides)
    if not kept.any() or any(side.sum() < MIN_SIDE for side in sides):
        return None
    reduced = without_units(fitted.design.to_numpy(np.float64), kept, contrast.vector)
    if reduced.vector is None or len(reduced.design) - reduced.design.shape[1] < 1:
        return None
    design = fitted.design.loc[kept].iloc[:, reduced.columns]
    own = replace(contrast, vector=reduced.vector, sides=sides, informing=contrast.informing[kept])
    return Left(kept, design, own, near)


def linear_without(fitted: Fit, left: Left) -> tuple[Fit, NDArray[np.intp]]:
    """`trend` or `voom` without some units, all regions; the prior of the variances is new.

    Weights of units and observations, values left out, the correlation within blocks and the prior
    added before logs are those of the whole fit.
    """
    linear, kept = fitted.linear, left.kept
    X, y = left.design.to_numpy(np.float64), linear.response[:, kept]
    weights = None if linear.weights is None else linear.weights[..., kept]
    correlation = None if linear.correlation is None else linear.correlation[np.ix_(kept, kept)]
    if fitted.method == "trend" and weights is not None and weights.ndim == 2:
        most = weights.max(axis=1, keepdims=True)
        each = None if fitted.weights is None else fitted.weights[kept]
        found = fit_without(weights <= NO_WEIGHT * most, y, X, each, correlation)
    else:
        found = fit_linear(y, X, weights=weights, correlation=correlation)
    squeezed = squeeze_variances(
        np.where(fitted.tested, found.sigma2, np.nan),
        found.df_residual,
        covariate=found.mean if fitted.method == "trend" else None,
        robust=True,
    )
    again = replace(
        fitted,
        design=left.design,
        linear=found,
        squeezed=squeezed,
        weights=None if fitted.weights is None else fitted.weights[kept],
        unweighted=None,
    )
    return again, np.arange(len(fitted.regions))


def quasi_without(fitted: Fit, left: Left) -> tuple[Fit, NDArray[np.intp]]:
    """`ql` without some units: regions near to a call tested, all of them in the prior.

    The trend of the dispersion is that of the whole fit; the quasi-dispersions and their prior are
    new. Of more than 60 units the prior is that of the whole fit as well, on which one unit has
    next to no bearing, and the other regions are not fitted again.
    """
    quasi: QuasiFit = fitted.model
    if quasi.data.counts.shape[1] > MOST_UNITS:
        return _near_without(fitted, left)
    data, X = quasi.data, left.design.to_numpy(np.float64)
    part = CountData(
        np.ascontiguousarray(data.counts[:, left.kept]),
        np.ascontiguousarray(data.offsets[:, left.kept]),
        X,
    )
    place = np.cumsum(fitted.tested) - 1  # of a region among those in the model
    rows = left.near[fitted.tested[left.near]]
    own = _rows_of_model(fit_quasi(part, dispersion=quasi.dispersion), place[rows])
    base = _rows_of_fit(fitted, left, rows)
    estimates = own.coefficients / np.log(2)
    return replace(base, model=own, squeezed=own.quasi, estimates=estimates), rows


def _near_without(fitted: Fit, left: Left) -> tuple[Fit, NDArray[np.intp]]:
    """`ql` without some units in the regions near to a call, under the prior of the whole fit."""
    quasi: QuasiFit = fitted.model
    place = np.cumsum(fitted.tested) - 1
    rows = left.near[fitted.tested[left.near]]
    whole = _rows_of_model(quasi, place[rows])
    offsets = np.ascontiguousarray(whole.data.offsets[:, left.kept])
    counts = np.ascontiguousarray(whole.data.counts[:, left.kept])
    part = CountData(counts, offsets, left.design.to_numpy(np.float64))
    own = fit_quasi(part, dispersion=whole.dispersion, prior=whole.quasi)
    base = _rows_of_fit(fitted, left, rows)
    estimates = own.coefficients / np.log(2)
    return replace(base, model=own, squeezed=own.quasi, estimates=estimates), rows


def ranks_without(fitted: Fit, left: Left) -> tuple[Fit, NDArray[np.intp]]:
    """`wilcoxon` and `welch` without some units: regions near to a call."""
    rows = left.near
    return _rows_of_fit(fitted, left, rows), rows


def hazards_without(fitted: Fit, left: Left) -> tuple[Fit, NDArray[np.intp]]:
    """`cox` without some units: regions near to a call.

    Raises
    ------
    DesignError
        If no unit that is left progressed.
    """
    outcome: Outcome = fitted.model
    kept = left.kept
    if not outcome.event[kept].any():
        raise DesignError("no unit that is left progressed")
    strata = None if outcome.strata is None else outcome.strata[kept]
    own = Outcome(outcome.time[kept], outcome.event[kept], strata)
    return replace(_rows_of_fit(fitted, left, left.near), model=own), left.near


def _rows_of_fit(fitted: Fit, left: Left, rows: NDArray[np.intp]) -> Fit:
    """The fit's data in some regions and the units that are left, with no estimate of its own."""
    shape = (len(rows), left.design.shape[1])
    nothing = np.full(shape, np.nan)
    linear = LinearFit(
        fitted.linear.response[np.ix_(rows, np.flatnonzero(left.kept))],
        left.design.to_numpy(np.float64),
        None,
        None,
        nothing,
        nothing[:, 0],
        np.zeros(len(rows)),
        np.full((shape[1], shape[1]), np.nan),
        np.full(len(rows), np.nan),
    )
    return replace(
        fitted,
        design=left.design,
        linear=linear,
        squeezed=fitted.squeezed.of(rows),
        base_mean=fitted.base_mean[rows],
        regions=fitted.regions.iloc[rows],
        tested=fitted.tested[rows],
        weights=None,
        estimates=None,
        unweighted=None,
    )


def _rows_of_model(quasi: QuasiFit, rows: NDArray[np.intp]) -> QuasiFit:
    data = quasi.data
    offsets = data.offsets[rows] if len(data.offsets) > 1 else data.offsets
    along = quasi.dispersion

    def of(values: FloatArray) -> FloatArray:
        return np.asarray(values[rows])

    return QuasiFit(
        CountData(data.counts[rows], offsets, data.design),
        Trend(along.common, of(along.trended), of(along.average_log_cpm)),
        of(quasi.coefficients),
        of(quasi.deviance),
        of(quasi.df_residual),
        of(quasi.smallest_mean),
        quasi.quasi.of(rows),
    )
