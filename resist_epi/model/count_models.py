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
from resist_epi.stats.negbin.glm import count_data
from resist_epi.stats.negbin.quasi import QuasiFit, fit_quasi, quasi_f_test


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
        (n_regions,) bool; the other regions do not inform the dispersion. Without a residual
        degree of freedom only fold changes are fitted.
    """
    level, prior = log_level(matrix, tested)
    X = design.matrix.to_numpy()
    linear = fit_linear(level, X)
    base = Fit(
        design=design.matrix,
        linear=linear,
        squeezed=no_variances(len(level)),
        base_mean=scaled(matrix).mean(axis=1),
        regions=matrix.regions,
        tested=tested,
        method="ql",
        normalization=str(matrix.metadata.get("normalization", "none")),
        quantity=matrix.quantity,
        settings={"prior": prior},
    )
    if X.shape[0] <= X.shape[1] or not tested.any():
        return base
    divisors = log_divisors(matrix)
    offsets = divisors[tested] if matrix.offsets is not None else divisors[0]
    quasi = fit_quasi(count_data(matrix.values[tested], X, offsets=offsets))
    moderated = [spread(v, tested) for v in _arrays(quasi.quasi)]
    return replace(base, squeezed=Squeezed(*moderated), model=quasi)


def quasi_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """Estimate, standard error, interval, signed root of F and P of a contrast, each (n_regions,).

    The estimate is shrunken by an eighth of a read, so that it is finite. Standard error and
    interval are Wald's, from the information at the fit and the moderated quasi-dispersion; P is
    that of F.
    """
    estimate = fitted.coefficients @ contrast.vector
    nothing = np.full(len(estimate), np.nan)
    quasi: QuasiFit | None = fitted.model
    if quasi is None:
        others = dict.fromkeys(("lfcSE", "ci_low", "ci_high", "stat", "df", "pvalue"), nothing)
        return {"log2FoldChange": estimate, **others}
    tests = quasi_f_test(quasi, contrast.vector)
    estimate[fitted.tested] = tests.log2_fold_change
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
