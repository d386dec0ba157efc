"""One value of several regions: the mean of their values, taken from the fit that they have.

A gene of a mark that lies at distal sites has many of them. To take the best would be to choose by
P; here every site of a gene counts alike, and all genes are rows of one fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis
from resist_epi.model.differential import METHODS, contrast_results, fold_changes
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import no_variances
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.moderation import Squeezed, squeeze_variances

_NO_WEIGHT = 1e-9  # of the values that `trend` leaves out


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows are meant together.

    Attributes
    ----------
    regions
        Region table with a row a group.
    group, row
        (n_pairs,) a group's number and a row of the fit; a row may stand in several groups, each
        group has one at least.
    """

    regions: pd.DataFrame
    group: IntArray
    row: IntArray

    @property
    def sizes(self) -> IntArray:
        """(n_groups,) rows of each."""
        return np.bincount(self.group, minlength=len(self.regions)).astype(np.int64)

    def tested_only(self, fit: Fit) -> Groups:
        """Without the rows that have no test, and without the groups that have no other row."""
        kept = fit.tested[self.row]
        there, number = np.unique(self.group[kept], return_inverse=True)
        regions = self.regions.iloc[there].reset_index(drop=True)
        return Groups(regions, number.astype(np.int64), self.row[kept])

    def mean(self, values: FloatArray) -> FloatArray:
        """Mean of the rows of each group: (n_rows, ...) to (n_groups, ...)."""
        flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
        total = np.zeros((len(self.regions), flat.shape[1]))
        np.add.at(total, self.group, flat[self.row])
        mean = total / self.sizes[:, None]
        return mean.reshape(len(self.regions), *np.shape(values)[1:])


def mean_of_rows(analysis: Analysis, groups: Groups) -> Analysis:
    """The analysis of groups of regions, each by the mean of its tested regions.

    By a linear model a group's log2 fold change is the mean of its regions' own; its error comes
    from the mean of their log2 values in each unit, with variances moderated along what their
    level and number lead to expect. By another test the mean of their normalised signal is tested.

    Parameters
    ----------
    analysis
        Of the regions.
    groups
        Which are meant together.

    Returns
    -------
    Analysis
        A row a group that has a tested region (any, where there is no test).

    Raises
    ------
    DesignError
        If no group is left.
    """
    fit = analysis.fit
    if fit.tested.any():
        groups = groups.tested_only(fit)
    if groups.regions.empty:
        raise DesignError("none of these groups has a region that was tested")
    matrix = _mean_matrix(analysis.matrix, groups)
    if METHODS[fit.method].relabelled_by == "trend":
        fitted = mean_fit(fit, groups)
    else:
        tested = groups.mean(fit.tested.astype(np.float64)) > 0
        fitted = METHODS[fit.method].fit(matrix, analysis.design, tested, analysis.options)
    question = analysis.question
    results = (
        contrast_results(
            fitted, analysis.contrast, fdr=question.fdr, lfc_threshold=question.lfc_threshold
        )
        if analysis.tested
        else fold_changes(fitted, analysis.contrast)
    )
    return replace(analysis, results=results, fit=fitted, matrix=matrix)


def mean_fit(fit: Fit, groups: Groups) -> Fit:
    """The fit of the mean of several rows of a linear model; see `mean_of_rows`.

    Parameters
    ----------
    fit
        By a method whose coefficients are those of a linear model of log2 values.
    groups
        Which rows are meant together.
    """
    linear = fit.linear
    response = linear.response
    if linear.weights is not None and linear.weights.ndim == 2:
        # What was left out of a row has no part in a mean of rows either.
        response = np.where(linear.weights < _NO_WEIGHT, linear.fitted(), response)
    own = fit_linear(
        groups.mean(response), linear.design, weights=fit.weights, correlation=linear.correlation
    )
    df = np.minimum(groups.mean(linear.df_residual), own.df_residual)
    own = replace(
        own,
        coefficients=groups.mean(fit.coefficients),
        sigma2=own.sigma2 * own.df_residual / np.maximum(df, 1.0),
        df_residual=df,
    )
    tested = groups.mean(fit.tested.astype(np.float64)) > 0
    unweighted = None if fit.unweighted is None else mean_fit(fit.unweighted, groups)
    return replace(
        fit,
        linear=own,
        squeezed=_squeezed(fit, groups, np.where(tested, own.sigma2, np.nan), df),
        base_mean=groups.mean(fit.base_mean),
        regions=groups.regions,
        tested=tested,
        method="trend",
        model=None,
        estimates=None,
        unweighted=unweighted,
        notes=(*fit.notes, "a gene has the mean of its sites"),
    )


def _squeezed(fit: Fit, groups: Groups, variance: FloatArray, df: FloatArray) -> Squeezed:
    if not (np.isfinite(variance) & (df > 0)).any():
        return no_variances(len(variance))
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.log2(groups.mean(fit.squeezed.prior) / groups.sizes)
    along = expected if np.isfinite(expected[np.isfinite(variance)]).all() else None
    return squeeze_variances(variance, df, covariate=along, robust=True)


def _mean_matrix(matrix: CountMatrix, groups: Groups) -> CountMatrix:
    """Mean normalised signal of each group, in the units' own depths."""
    depth = np.log(matrix.effective_library_sizes)
    values = groups.mean(scaled(matrix)) * np.exp(depth - depth.mean())
    return replace(matrix, values=values, regions=groups.regions, offsets=None, expected=None)
