"""The test that knows the variance of every unit: estimated weights can hardly find more."""

from __future__ import annotations

import numpy as np
import pandas as pd
from calibration_cohorts import Cohort, Ingredients

from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.linear_models import log_level
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.multiple import benjamini_hochberg


def weights_of(own: Ingredients) -> np.ndarray:
    """(s,) inverse variances of the units, from what the cohort was drawn from.

    The squared coefficient of variation of a value is the dispersion and one over its expected
    reads; a unit's variance is the mean over the regions of its share of theirs.
    """
    expected = own.level[:, None] * own.depth * 2.0 ** (own.effect + own.nuisance)
    variance = own.dispersion + 1 / np.maximum(expected, 0.1)
    weights = 1 / (variance / variance.mean(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(weights / np.exp(np.log(weights).mean()))


def fit_with(weights: np.ndarray, cohort: Cohort) -> pd.DataFrame:
    """P, adjusted P and log2 fold change of `trend` with these weights of the units.

    Returns
    -------
    pandas.DataFrame
        A row a region, with `pvalue`, `padj` and `log2FoldChange`; NaN where it is not tested.
    """
    matrix = normalize(cohort.matrix, "tmm")
    smaller = int(cohort.sheet.table["Condition"].value_counts().min())
    tested, _ = regions_with_signal(matrix, min_units=smaller)
    level, _ = log_level(matrix, tested)
    design = make_design(cohort.sheet)
    linear = fit_linear(level, design.matrix.to_numpy(), weights=weights)
    squeezed = squeeze_variances(
        np.where(tested, linear.sigma2, np.nan),
        linear.df_residual,
        covariate=linear.mean,
        robust=True,
    )
    estimate, spread = contrast(linear, make_contrast(design, "poor-good").vector)
    p = moderated_t(estimate, spread, squeezed).pvalue
    return pd.DataFrame(
        {"pvalue": p, "padj": benjamini_hochberg(p), "log2FoldChange": estimate},
    )
