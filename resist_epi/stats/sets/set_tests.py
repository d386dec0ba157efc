"""Do the genes of a set change together? Competitive (camera) and self-contained (fry) tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.tails import t_pvalue

Index = npt.NDArray[np.integer]

# Share of the residual df that a variance without its largest square is worth in fry.
_ROBUST_EFFICIENCY = 0.92


@dataclass(frozen=True)
class SetTests:
    """Results of one test per set, each array of shape (n_sets,).

    Attributes
    ----------
    n_genes
        Genes of the set that have a statistic.
    effect
        Mean statistic inside less outside (camera), mean standardised effect (fry).
    statistic
        t.
    df
        Its degrees of freedom.
    pvalue
        Two-sided; NaN for an empty set, or one that leaves no gene outside (camera).
    correlation
        Correlation between genes that the test allowed for; NaN for fry.
    """

    n_genes: npt.NDArray[np.int64]
    effect: FloatArray
    statistic: FloatArray
    df: FloatArray
    pvalue: FloatArray
    correlation: FloatArray

    @property
    def direction(self) -> npt.NDArray[np.int64]:
        """+1 up, -1 down, 0 undefined, shape (n_sets,)."""
        return np.sign(np.nan_to_num(self.statistic)).astype(np.int64)


def camera(
    z_scores: npt.ArrayLike,
    sets: Sequence[npt.ArrayLike],
    *,
    residuals: npt.ArrayLike | None = None,
    correlation: float | None = None,
    floor: float = 0.01,
) -> SetTests:
    """Test each set against the genes outside it, allowing for correlation between genes.

    t has df_residual degrees of freedom where the correlation is estimated, else n_genes - 2.

    Parameters
    ----------
    z_scores
        One statistic a gene, near normal under the null (`t_to_z` of moderated t), shape
        (n_genes,); NaN genes are left out of sets and background alike.
    sets
        For each set the positions of its genes, integers; repeated ones count once.
    residuals
        Residual effects over the residual standard deviation, shape (n_genes, df_residual): from
        them each set's mean correlation is estimated.
    correlation
        Preset correlation instead of an estimated one.
    floor
        Smallest estimated correlation allowed.

    Raises
    ------
    DesignError
        Neither or both of residuals and correlation given, or fewer than 3 genes.

    References
    ----------
    Wu & Smyth (2012) Nucleic Acids Res. 40:e133.
    """
    if (residuals is None) == (correlation is None):
        raise DesignError("camera needs either residuals (to estimate correlation) or a preset one")
    z = np.asarray(z_scores, dtype=np.float64)
    valid = np.isfinite(z)
    n = int(valid.sum())
    if n < 3:
        raise DesignError(f"a competitive test needs at least 3 genes with a statistic; found {n}")
    unit = None if residuals is None else np.asarray(residuals, dtype=np.float64)
    df = float(n - 2) if unit is None else float(min(unit.shape[1], n - 2))
    overall, variance = float(z[valid].mean()), float(z[valid].var(ddof=1))
    members = [valid_members(index, valid) for index in sets]
    size = np.array([len(m) for m in members], dtype=np.int64)
    rho, inflation = np.full(len(sets), np.nan), np.full(len(sets), np.nan)
    inside = np.full(len(sets), np.nan)
    for i, genes in enumerate(members):
        m = len(genes)
        if not 0 < m < n:
            continue
        inside[i] = z[genes].mean()
        if unit is None:
            rho[i] = correlation
            inflation[i] = 1 + (m - 1) * rho[i]
        else:
            rho[i], inflation[i] = _mean_correlation(unit[genes], floor)
    outside = n - size
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = n / outside * (inside - overall)
        pooled = ((n - 1) * variance - effect**2 * size * outside / n) / (n - 2)
        statistic = effect / np.sqrt(pooled * (inflation / size + 1 / outside))
    dof = np.full(len(sets), df)
    return SetTests(size, effect, statistic, dof, t_pvalue(statistic, dof), rho)


def fry(
    effects: npt.ArrayLike, sets: Sequence[npt.ArrayLike], *, standardize: str = "posterior"
) -> SetTests:
    """Test whether the genes of a set change on average, without reference to other genes.

    The mean effect of the set is set against its mean residual effects: rotation tests in the
    limit of infinitely many rotations. t is on df_residual degrees of freedom.

    Parameters
    ----------
    effects
        The contrast's effect (column 0) and the residual effects of each gene, shape
        (n_genes, 1 + df_residual), as from `linear.whitened_effects`. Genes with NaN are left out.
    sets
        For each set the positions of its genes, integers; repeated ones count once.
    standardize
        "posterior": each gene over a standard deviation of its effects that leaves out the
        largest, so that no gene rules the set, moderated over all genes; "residual": the same
        without moderation; "none": as given.

    Raises
    ------
    DesignError
        No residual degree of freedom, or an unknown way to standardise.

    References
    ----------
    Wu et al. (2010) Bioinformatics 26:2176 (rotation tests of sets); the limit is described in
    the manual of Bioconductor's limma (fry).
    """
    u = np.asarray(effects, dtype=np.float64)
    if u.ndim != 2 or u.shape[1] < 2:
        raise DesignError("fry needs residual effects; the design leaves none")
    if standardize not in {"posterior", "residual", "none"}:
        raise DesignError(
            f"fry standardises by 'posterior', 'residual' or 'none'; found {standardize!r}"
        )
    if standardize != "none":
        u = u / _robust_scale(u, moderated=standardize == "posterior")[:, None]
    valid = np.asarray(np.isfinite(u).all(axis=1))
    members = [valid_members(index, valid) for index in sets]
    size = np.array([len(m) for m in members], dtype=np.int64)
    means = np.array(
        [u[m].mean(axis=0) if len(m) else np.full(u.shape[1], np.nan) for m in members]
    ).reshape(len(sets), u.shape[1])
    error = np.sqrt((means[:, 1:] ** 2).mean(axis=1))
    statistic = np.divide(
        means[:, 0], error, out=np.full(len(sets), np.nan), where=np.isfinite(error) & (error > 0)
    )
    dof = np.full(len(sets), float(u.shape[1] - 1))
    nothing = np.full(len(sets), np.nan)
    return SetTests(size, means[:, 0], statistic, dof, t_pvalue(statistic, dof), nothing)


def t_to_z(statistic: npt.ArrayLike, df: npt.ArrayLike) -> FloatArray:
    """Normal scores of t, shape (n,), by an asymptotic formula that never overflows.

    Parameters
    ----------
    statistic
        t, shape (n,).
    df
        Degrees of freedom, possibly infinite, a number or shape (n,).

    References
    ----------
    Hill (1970) Communications of the ACM 13:617 (algorithm 395).
    """
    t = np.asarray(statistic, dtype=np.float64)
    dof = np.broadcast_to(np.asarray(df, dtype=np.float64), t.shape)
    finite = np.where(np.isposinf(dof), 1.0, dof)
    a = finite - 0.5
    b = 48 * a * a
    u = a * np.log1p(t * t / finite)
    series = (((-0.4 * u - 3.3) * u - 24) * u - 85.5) / (0.8 * u * u + 100 + b) + u + 3
    z = (series / b + 1) * np.sqrt(u) * np.sign(t)
    return np.asarray(np.where(np.isposinf(dof), t, z))


def _robust_scale(effects: FloatArray, *, moderated: bool) -> FloatArray:
    """Standard deviation of each gene's effects without the largest, shape (n_genes,)."""
    n = effects.shape[1]
    square = effects**2
    rest = (square.sum(axis=1) - square.max(axis=1)) / (n - _mean_largest_square(n))
    if moderated:
        prior = squeeze_variances(square[:, 1:].mean(axis=1), n - 1)
        weight = _ROBUST_EFFICIENCY * (n - 1)
        finite = np.isfinite(prior.df_prior)
        df = np.where(finite, prior.df_prior, 0.0)
        mixed = (df * prior.prior + weight * rest) / (df + weight)
        rest = np.where(finite | np.isnan(prior.df_prior), mixed, prior.prior)
    return np.sqrt(np.where(rest > 0, rest, np.nan))


@cache
def _mean_largest_square(n: int) -> float:
    """Mean of the largest of n squared standard normal deviates."""
    nodes, weights = np.polynomial.legendre.leggauss(128)
    u = (nodes + 1) / 2
    return float((n * u ** (n - 1) * special.chdtri(1, 1 - u)) @ weights / 2)


def valid_members(index: npt.ArrayLike, valid: npt.NDArray[np.bool_]) -> Index:
    """Positions of a set's genes that have a statistic, each once, ascending."""
    genes = np.unique(np.asarray(index, dtype=np.intp))
    return genes[valid[genes]]


def _mean_correlation(unit: FloatArray, floor: float) -> tuple[float, float]:
    """Mean correlation between the genes of a set, and the variance inflation of their mean."""
    m = len(unit)
    if m == 1:
        return 0.0, 1.0
    inflation = m * float((unit.mean(axis=0) ** 2).mean())
    rho = max((inflation - 1) / (m - 1), floor)
    return rho, 1 + (m - 1) * rho
