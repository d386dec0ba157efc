"""Sets tested by how many of their genes are called: hypergeometric, and logistic on covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtr

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.sets.hypergeometric import hypergeometric_tail

_ITERATIONS, _CONVERGED = 50, 1e-10


@dataclass(frozen=True)
class SetCounts:
    """Results of one count test a set, each array of shape (n_sets,).

    Attributes
    ----------
    n_genes, n_called
        Members of the set, and those of them that are called.
    statistic
        Log2 of the odds of being called inside against outside (half a gene added to each count);
        for the logistic test the score over its standard error.
    pvalue
        One-sided for `over_representation` (more than chance), two-sided for `logistic_score`.
    """

    n_genes: npt.NDArray[np.int64]
    n_called: npt.NDArray[np.int64]
    statistic: FloatArray
    pvalue: FloatArray


def over_representation(called: npt.ArrayLike, sets: Sequence[npt.ArrayLike]) -> SetCounts:
    """Hypergeometric test of each set for more called genes than chance.

    It takes genes as independent and as equally likely to be called.

    Parameters
    ----------
    called
        Of every gene that was tested, shape (n_genes,): these are the universe.
    sets
        For each set the positions of its genes, integers; repeated ones count once.
    """
    hit = np.asarray(called, dtype=bool)
    n, k = len(hit), int(hit.sum())
    members = [np.unique(np.asarray(index, dtype=np.intp)) for index in sets]
    size = np.array([len(m) for m in members], dtype=np.int64)
    inside = np.array([int(hit[m].sum()) for m in members], dtype=np.int64)
    p = [
        float(hypergeometric_tail(found, n, k, m)) if m else np.nan
        for found, m in zip(inside.tolist(), size.tolist(), strict=True)
    ]
    a, b = inside + 0.5, size - inside + 0.5
    c, e = k - inside + 0.5, n - size - (k - inside) + 0.5
    odds = np.where(size > 0, np.log2(a * e / (b * c)), np.nan)
    return SetCounts(size, inside, odds, np.asarray(p, dtype=np.float64))


def logistic_score(
    called: npt.ArrayLike, sets: Sequence[npt.ArrayLike], covariates: npt.ArrayLike
) -> SetCounts:
    """Test each set for more or fewer called genes than its covariates explain.

    One logistic regression of being called on the covariates, without any set, gives the null; each
    set is then a score test, so that thousands of sets cost one fit. Genes count as independent.

    Parameters
    ----------
    called
        Of every gene that was tested, shape (n_genes,).
    sets
        For each set the positions of its genes, integers; repeated ones count once.
    covariates
        Such as splines of the length of a locus (`spline_basis`), shape (n_genes, k); an intercept
        is added.

    Raises
    ------
    DesignError
        If a covariate is not finite, or there are no more genes than covariates.

    References
    ----------
    Young et al. (2010) Genome Biology 11:R14 (goseq: length bias of called genes); Welch et al.
    (2014) Nucleic Acids Research 42:e105 (ChIP-Enrich: a spline of locus length); Rao (1948) Proc.
    Cambridge Phil. Soc. 44:50 (score test).
    """
    hit = np.asarray(called, dtype=np.float64)
    given = np.asarray(covariates, dtype=np.float64).reshape(len(hit), -1)
    if not np.isfinite(given).all():
        raise DesignError("a covariate of the logistic set test is not finite")
    X = _full_rank(np.column_stack([np.ones(len(hit)), given]))
    if len(hit) <= X.shape[1]:
        raise DesignError(f"{len(hit)} genes cannot carry {X.shape[1]} covariates")
    members = [np.unique(np.asarray(index, dtype=np.intp)) for index in sets]
    size = np.array([len(m) for m in members], dtype=np.int64)
    inside = np.array([int(hit[m].sum()) for m in members], dtype=np.int64)
    nothing = np.full(len(members), np.nan)
    if not 0 < hit.sum() < len(hit):
        return SetCounts(size, inside, nothing, nothing)
    p = _logistic(X, hit)
    w = p * (1 - p)
    inverse = np.linalg.pinv(X.T @ (w[:, None] * X))
    score = np.array([(hit[m] - p[m]).sum() for m in members])
    variance = np.empty(len(members))
    for i, m in enumerate(members):
        b = w[m] @ X[m]
        variance[i] = w[m].sum() - b @ inverse @ b
    usable = (size > 0) & (variance > 1e-12)
    z = np.divide(score, np.sqrt(np.where(usable, variance, np.nan)))
    return SetCounts(size, inside, z, np.asarray(2 * ndtr(-np.abs(z))))


def spline_basis(values: npt.ArrayLike, *, df: int = 5) -> FloatArray:
    """Cubic B-splines of a covariate with knots at its quantiles, for `logistic_score`.

    Shape (n, at most df), without a constant.

    Parameters
    ----------
    values
        Finite, shape (n,).
    df
        Columns, 3 or more; fewer where the covariate has few different values.
    """
    from scipy.interpolate import BSpline

    x = np.asarray(values, dtype=np.float64)
    low, high = x.min(initial=np.inf), x.max(initial=-np.inf)
    if not len(x) or not low < high:
        return np.zeros((len(x), 0))
    inner = np.unique(np.quantile(x, np.linspace(0, 1, df - 1)[1:-1]))
    inner = inner[(inner > low) & (inner < high)]
    knots = np.r_[[low] * 4, inner, [high] * 4]
    basis = BSpline.design_matrix(x, knots, 3).toarray()[:, 1:]
    return np.asarray(basis, dtype=np.float64)


def _full_rank(X: FloatArray) -> FloatArray:
    """The columns that are no combination of those before them."""
    kept: list[int] = []
    for j in range(X.shape[1]):
        if np.linalg.matrix_rank(X[:, [*kept, j]]) > len(kept):
            kept.append(j)
    return X[:, kept]


def _logistic(X: FloatArray, y: FloatArray) -> FloatArray:
    """Fitted probabilities by Newton's method, steps halved until the likelihood rises."""
    beta = np.zeros(X.shape[1])
    beta[0] = np.log(y.mean() / (1 - y.mean()))
    value = _log_likelihood(X @ beta, y)
    for _ in range(_ITERATIONS):
        p = expit(X @ beta)
        gradient = X.T @ (y - p)
        hessian = X.T @ ((p * (1 - p))[:, None] * X)
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        length = 1.0
        while length > 1e-6 and _log_likelihood(X @ (beta + length * step), y) < value:
            length /= 2
        beta = beta + length * step
        new = _log_likelihood(X @ beta, y)
        if new - value < _CONVERGED * (abs(value) + 1):
            break
        value = new
    return np.asarray(expit(X @ beta))


def _log_likelihood(eta: FloatArray, y: FloatArray) -> float:
    return float((y * eta - np.logaddexp(0, eta)).sum())
