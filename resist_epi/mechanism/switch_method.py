"""By which conjunction a switch is tested: what the marks' errors allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resist_epi.stats.sets.joint import JointCorrelation

# Bounds within which AdaFilter among opposite-sign genes held its level in simulations.
MIN_CORRELATION = -0.2

MIN_UNITS = 6

# Residual degrees of freedom that two marks must share for their correlation to be estimated.
MIN_INFORMATION = 3.0


def choose_method(
    correlation: JointCorrelation | None, group_sizes: Sequence[int]
) -> tuple[str, str]:
    """Key of `METHODS` for a conjunction among genes of opposite signs, and a clause that says why.

    Parameters
    ----------
    correlation
        Of the two marks' errors; None where it is not known which units they share.
    group_sizes
        Units in every group of either mark.
    """
    smallest = min(group_sizes, default=0)
    why_not = _outside_bounds(correlation, smallest)
    if correlation is None or why_not:
        return "max_p", why_not
    if correlation.n_genes == 0:
        return "adafilter", "no tumour has both marks, so that their errors are independent"
    said = _correlation_in_words(correlation)
    return "adafilter", f"{said}, and each group has {smallest} units or more"


def _outside_bounds(correlation: JointCorrelation | None, smallest: int) -> str:
    """Why AdaFilter would not hold its level, or nothing."""
    if correlation is None:
        return "it is not known which units of the two marks are one tumour"
    if smallest < MIN_UNITS:
        return f"a group has {smallest} units only, fewer than {MIN_UNITS}"
    if 0 < correlation.information < MIN_INFORMATION:
        return "the marks share too few units to estimate the correlation of their errors"
    if np.isnan(correlation.estimates):
        return "the correlation of the marks' errors cannot be estimated"
    if np.fmin(correlation.estimates, correlation.candidates) < MIN_CORRELATION:
        return f"{_correlation_in_words(correlation)}, below {MIN_CORRELATION:g}"
    return ""


def _correlation_in_words(correlation: JointCorrelation) -> str:
    said = f"the marks' errors are correlated by {correlation.estimates:z.2f}"
    if not np.isnan(correlation.candidates):
        said += f" ({correlation.candidates:z.2f} among genes with a small P)"
    return said
