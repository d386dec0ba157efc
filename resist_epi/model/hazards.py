"""Time to progression against the mark, region by region: `cox`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, fit_trend
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.groups.survival import cox_score_tests
from resist_epi.stats.linear.least_squares import row_blocks
from resist_epi.stats.linear.moderation import t_quantile

TIME, EVENT = "TimeToProgression", "Progressed"


@dataclass(frozen=True)
class Outcome:
    """Of each unit the time, whether it progressed then, and its stratum; None without strata."""

    time: FloatArray
    event: FloatArray
    strata: NDArray[np.object_] | None


def fit_cox(
    matrix: CountMatrix, design: Design, tested: NDArray[np.bool_], options: FitOptions
) -> Fit:
    """Log2 signal for Cox's score test; the design's columns are covariates. Source: Cox 1972.

    Raises
    ------
    DesignError
        If the sheet does not say when or whether each tumour progressed.
    """
    strata = None if options.strata is None else design.units[options.strata].to_numpy(object)
    outcome = Outcome(*_times(design), strata)
    fitted = fit_trend(matrix, design, tested, FitOptions())
    settings = {**fitted.settings, "strata": options.strata}
    return replace(fitted, method="cox", settings=settings, model=outcome)


def hazard_contrast(design: Design) -> Contrast:
    """What the score test asks, in words: the hazard ratio for twice the mark.

    Raises
    ------
    DesignError
        If the sheet does not say when or whether each tumour progressed.
    """
    _, events = _times(design)
    words = (
        "log2 of the hazard ratio for twice the mark; positive = more mark, earlier progression;"
        f" {int(events.sum())} events among {len(events)} units"
    )
    others = [c for c in design.matrix.columns if c != "Intercept"]
    if others:
        words += f"; adjusted for {', '.join(others)}"
    return Contrast(TIME, np.zeros(design.matrix.shape[1]), words, np.ones(len(events), dtype=bool))


def hazard_statistics(fitted: Fit, contrast: Contrast) -> dict[str, FloatArray]:
    """log2 hazard ratio per doubling, its interval, signed root of the score statistic, and P.

    Standard error and interval are Wald's; P is that of the score test were the signal exchanged
    among the units, since with few events the normal tail of `stat` is too small by far.
    """
    outcome: Outcome = fitted.model
    adjust = fitted.design.drop(columns="Intercept", errors="ignore").to_numpy()
    response = fitted.linear.response
    n = len(response)
    # A block at a time: of windows the response is made by rows.
    parts = [
        cox_score_tests(
            response[rows],
            outcome.time,
            outcome.event,
            covariates=adjust if adjust.size else None,
            strata=outcome.strata,
            tail="exchange",
        )
        for rows in (row_blocks(n) if n else [slice(0, 0)])
    ]
    ratio, wald, statistic, pvalue = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("log_hazard_ratio", "standard_error", "statistic", "pvalue")
    )
    change, error = ratio / np.log(2), wald / np.log(2)
    normal = np.full(len(change), np.inf)
    half = t_quantile(0.95, normal) * error
    columns = {
        "log2FoldChange": change,
        "lfcSE": error,
        "ci_low": change - half,
        "ci_high": change + half,
        "stat": statistic,
        "df": normal,
        "pvalue": pvalue,
    }
    defined = fitted.tested & np.isfinite(pvalue)
    return {name: np.where(defined, values, np.nan) for name, values in columns.items()}


def _times(design: Design) -> tuple[FloatArray, FloatArray]:
    for name in (TIME, EVENT):
        if name not in design.units:
            raise DesignError(f"cox needs the column {name}, which the sample sheet lacks")
        empty = design.units[name].isna().to_numpy()
        if empty.any():
            raise DesignError(
                f"column {name}, which cox needs, is empty for"
                f" {', '.join(map(str, design.matrix.index[empty]))}"
            )
    time, event = (design.units[name].to_numpy(np.float64) for name in (TIME, EVENT))
    if event.sum() < 1:
        raise DesignError("cox needs events, but no unit has Progressed = 1")
    return time, event
