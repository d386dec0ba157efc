"""Quasi-likelihood F tests of reads: `ql`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, log_divisors, scaled
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, log_level, no_variances
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.linear.least_squares import fit_linear, inverse_symmetric, row_blocks
from resist_epi.stats.linear.moderation import Squeezed, spread, t_quantile
from resist_epi.stats.negbin.glm import CountData, count_data
from resist_epi.stats.negbin.quasi import (
    ASSUMED_DISPERSION,
    PRIOR_READS,
    QuasiFit,
    dispersion_elsewhere,
    finite_coefficients,
    fit_quasi,
    quasi_f_test,
    quasi_treat,
)


def fit_ql(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Negative binomial model of reads with a moderated quasi-dispersion of each region.

    The dispersion follows a trend in the abundance; what a region departs from it is its
    quasi-dispersion, moderated robustly. P is never below that of a Poisson model where the counts
    vary less than that.

    Sources: Lund et al. 2012; McCarthy, Chen & Smyth 2012; Lun & Smyth 2017.

    Parameters
    ----------
    tested
        (n_regions,) bool; the other regions do not inform the dispersion, and their fold changes
        have that of the trend.

    Notes
    -----
    Without a residual degree of freedom there are fold changes alone, at an assumed dispersion.
    """
    level, _ = log_level(matrix, tested)
    X = design.matrix.to_numpy()
    divisors = log_divisors(matrix)
    offsets = divisors if matrix.offsets is not None else divisors[0]
    data = count_data(matrix.values, X, offsets=offsets)
    quasi = None
    if X.shape[0] > X.shape[1] and tested.any():
        quasi = fit_quasi(data if tested.all() else data.rows(tested))
    base = Fit(
        design=design.matrix,
        linear=fit_linear(level, X),
        squeezed=no_variances(len(level)),
        base_mean=scaled(matrix).mean(axis=1),
        regions=matrix.regions,
        tested=tested,
        method="ql",
        normalization=str(matrix.metadata.get("normalization", "none")),
        quantity=matrix.quantity,
        estimates=_log2_coefficients(data, tested, quasi),
        notes=(
            "from the model of counts, an eighth of a read added in proportion to the libraries"
            + (f"; dispersion {ASSUMED_DISPERSION:g} assumed" if quasi is None else ""),
        ),
        settings={"prior": PRIOR_READS},
    )
    if quasi is None:
        return base
    moderated = [spread(v, tested) for v in _arrays(quasi.quasi)]
    return replace(base, squeezed=Squeezed(*moderated), model=quasi)


def _log2_coefficients(
    data: CountData, tested: NDArray[np.bool_], quasi: QuasiFit | None
) -> FloatArray:
    """(n_regions, p) of every region, those that were not tested among them."""
    if quasi is None:
        return np.asarray(finite_coefficients(data) / np.log(2))
    found = np.empty((len(tested), data.design.shape[1]))
    found[tested] = quasi.coefficients
    if not tested.all():
        others = data.rows(~tested)
        dispersion = dispersion_elsewhere(others, quasi.dispersion)
        found[~tested] = finite_coefficients(others, dispersion)
    return np.asarray(found / np.log(2))


def quasi_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """Estimate, standard error, interval, signed root of F and P of a contrast, each (n_regions,).

    The estimate is shrunken by an eighth of a read, so that it is finite. Standard error and
    interval are Wald's, from the information at the fit and the moderated quasi-dispersion; P is
    that of F.
    """
    return quasi_threshold(fitted, contrast, 0.0)


def quasi_threshold(fitted: Fit, contrast: Contrast, lfc_threshold: float) -> dict[str, FloatArray]:
    """As `quasi_statistics`, P against a null of |log2 fold change| at most a threshold.

    Sources: McCarthy & Smyth 2009; Lund et al. 2012.
    """
    estimate = fitted.coefficients @ contrast.vector
    nothing = np.full(len(estimate), np.nan)
    quasi: QuasiFit | None = fitted.model
    if quasi is None:
        others = dict.fromkeys(("lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue"), nothing)
        return {"log2FoldChange": estimate, **others}
    tests = (
        quasi_treat(quasi, contrast.vector, threshold=lfc_threshold)
        if lfc_threshold > 0
        else quasi_f_test(quasi, contrast.vector)
    )
    error = _wald_error(quasi, contrast.vector)
    half = t_quantile(0.95, tests.df_total) * error
    change = tests.log2_fold_change
    defined = np.isfinite(tests.pvalue) & np.isfinite(error)
    columns = {
        "lfcSE": error,
        "ci_low": change - half,
        "ci_high": change + half,
        "stat": np.sign(change) * np.sqrt(np.maximum(tests.statistic, 0.0)),
        "df": tests.df_total,
        "pvalue": tests.pvalue,
    }
    return {
        "log2FoldChange": estimate,
        **{
            name: spread(np.where(defined, values, np.nan), fitted.tested)
            for name, values in columns.items()
        },
    }


def quasi_f(fitted: Fit, vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F of several contrasts together, and its P, each (n_regions,); NaN where not tested.

    Parameters
    ----------
    vectors
        (p, k) contrasts, linearly independent.
    """
    if fitted.model is None:
        nothing = np.full(len(fitted.regions), np.nan)
        return nothing, nothing
    tests = quasi_f_test(fitted.model, vectors)
    return spread(tests.statistic, fitted.tested), spread(tests.pvalue, fitted.tested)


def _wald_error(quasi: QuasiFit, vector: FloatArray) -> FloatArray:
    """(n_regions,) standard error of a contrast, log2."""
    X, phi = quasi.data.design, quasi.dispersion.trended[:, None]
    q, r = np.linalg.qr(X)
    direction = np.linalg.solve(r.T, vector)
    p = len(direction)
    products = (q[:, :, None] * q[:, None, :]).reshape(len(q), p * p)
    error = np.empty(len(quasi.coefficients))
    for rows in row_blocks(len(error)):
        offsets = quasi.data.offsets[rows] if len(quasi.data.offsets) > 1 else quasi.data.offsets
        mean = np.exp(quasi.coefficients[rows] @ X.T + offsets)
        weight = mean / (1 + phi[rows] * mean)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            inverse = inverse_symmetric((weight @ products).reshape(-1, p, p))
            error[rows] = np.sqrt(inverse @ direction @ direction)
    return np.asarray(error * np.sqrt(quasi.quasi.posterior) / np.log(2))


def _arrays(squeezed: Squeezed) -> tuple[FloatArray, ...]:
    return squeezed.posterior, squeezed.prior, squeezed.df_prior, squeezed.df_total
