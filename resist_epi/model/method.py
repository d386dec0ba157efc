"""What a test of differential enrichment is: one record says all that differs between tests.

To add a test, write its kernel in `stats/`, its fit and its statistics beside `linear_models.py`,
and one record in `METHODS`. The records name their functions, which are imported when first called:
who asks for names and summaries alone, as the help of the command line does, loads no library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from resist_epi.schema import COUNTS, QUANTITIES
from resist_epi.stats.literature import (
    BOOTH_1990,
    COX_1972,
    LAW_2014,
    LUND_2012,
    PHIPSON_2016,
    ROBINSON_1982,
    SMYTH_2004,
    WELCH_1947,
    WILCOXON_1945,
    Reference,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resist_epi.arrays import FloatArray
    from resist_epi.counting.matrix import CountMatrix
    from resist_epi.model.fit import Fit
    from resist_epi.model.left_out import Left
    from resist_epi.model.linear_models import FitOptions
    from resist_epi.samples.design import Contrast, Design

    FitFunction = Callable[[CountMatrix, Design, NDArray[np.bool_], FitOptions], Fit]
    Statistics = dict[str, FloatArray]


@dataclass(frozen=True)
class Later:
    """A function of this package by name, `MODULE:FUNCTION`, imported when it is called."""

    name: str

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call the function."""
        return self.function(*args, **options)

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        module, name = self.name.split(":")
        found: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), name)
        return found


@dataclass(frozen=True)
class Method:
    """A test: what it can be used on, what it answers, and what it rests on.

    Attributes
    ----------
    fit
        (matrix, design, tested, options) -> Fit, whose `method` is the key of the record.
    statistics
        (fit, contrast) -> `log2FoldChange lfcSE ci_low ci_high stat df pvalue`, each (n_regions,),
        NaN where not tested.
    quantities
        Quantities that it accepts.
    summary
        What it does, for headers and methods paragraphs.
    references
        What a methods paragraph cites.
    f_statistics
        (fit, (p, k) contrasts) -> F and P of all of them together; None without an F test.
    threshold_statistics
        As `statistics`, against a null of |log2 fold change| at most a threshold; None without.
    models_counts
        Whether it models counts as such, so that few of them bias nothing; the others take logs.
    takes_weights, takes_block, takes_strata, takes_factors
        Whether units may get weights, blocks a random effect, strata baseline hazards, hidden
        factors columns of the design.
    leaves_out
        Whether it can leave single values out.
    relabelled_by
        The method that stands in for it when labels are exchanged: itself where `relabelling` can
        read its fit, a linear model with moderated variances; None where nothing can.
    own_contrast
        design -> contrast, of a test with a question of its own, which takes no contrast and by
        default adjusts for nothing.
    reach
        (contrast, tested regions, level) -> in words, what this test cannot find whatever the data.
    without
        (fit, what is left without some units) -> the fit without them, everything else held, and
        the rows of its regions in the whole fit; None where calls cannot be held against that.
    effect, gain
        What `log2FoldChange` is the logarithm of, and what a gain means, where there are no groups.
    """

    fit: FitFunction
    statistics: Callable[[Fit, Contrast], Statistics]
    quantities: tuple[str, ...]
    summary: str
    references: tuple[Reference, ...] = ()
    f_statistics: Callable[[Fit, FloatArray], tuple[FloatArray, FloatArray]] | None = None
    threshold_statistics: Callable[[Fit, Contrast, float], Statistics] | None = None
    models_counts: bool = False
    takes_weights: bool = False
    leaves_out: bool = False
    takes_block: bool = False
    takes_strata: bool = False
    takes_factors: bool = False
    relabelled_by: str | None = None
    own_contrast: Callable[[Design], Contrast] | None = None
    reach: Callable[[Contrast, int, float], str | None] | None = None
    without: Callable[[Fit, Left], tuple[Fit, NDArray[np.intp]]] | None = None
    effect: str = "slope"
    gain: str = "rising with the covariate"


METHODS: dict[str, Method] = {
    "trend": Method(
        Later("linear_models:fit_trend"),
        Later("linear_models:linear_statistics"),
        QUANTITIES,
        "linear model of log2 signal with variances moderated towards a trend (limma-trend)",
        (SMYTH_2004, LAW_2014, PHIPSON_2016),
        f_statistics=Later("linear_models:linear_f"),
        threshold_statistics=Later("linear_models:linear_threshold"),
        takes_weights=True,
        leaves_out=True,
        takes_block=True,
        takes_factors=True,
        relabelled_by="trend",
        without=Later("left_out:linear_without"),
    ),
    "voom": Method(
        Later("linear_models:fit_voom"),
        Later("linear_models:linear_statistics"),
        COUNTS,
        "linear model of log2 counts per million with precision weights (voom)",
        (LAW_2014, SMYTH_2004),
        f_statistics=Later("linear_models:linear_f"),
        threshold_statistics=Later("linear_models:linear_threshold"),
        takes_weights=True,
        takes_block=True,
        takes_factors=True,
        relabelled_by="trend",
        without=Later("left_out:linear_without"),
    ),
    "ql": Method(
        Later("count_models:fit_ql"),
        Later("count_models:quasi_statistics"),
        COUNTS,
        "quasi-likelihood F test of negative binomial counts (edgeR QL)",
        (LUND_2012,),
        f_statistics=Later("count_models:quasi_f"),
        threshold_statistics=Later("count_models:quasi_threshold"),
        models_counts=True,
        takes_factors=True,
        relabelled_by="trend",
        without=Later("left_out:quasi_without"),
    ),
    "wilcoxon": Method(
        Later("cross_checks:fit_wilcoxon"),
        Later("cross_checks:wilcoxon_statistics"),
        QUANTITIES,
        "Wilcoxon's rank-sum test of two groups, a cross-check",
        (WILCOXON_1945,),
        reach=Later("cross_checks:wilcoxon_reach"),
        without=Later("left_out:ranks_without"),
    ),
    "welch": Method(
        Later("cross_checks:fit_welch"),
        Later("cross_checks:welch_statistics"),
        QUANTITIES,
        "Welch's t test of two groups on log2 signal, a cross-check",
        (WELCH_1947,),
        without=Later("left_out:ranks_without"),
    ),
    "cox": Method(
        Later("hazards:fit_cox"),
        Later("hazards:hazard_statistics"),
        QUANTITIES,
        "Cox score test of log2 signal against censored time to progression, its P that of signal"
        " exchanged among the units",
        (COX_1972, ROBINSON_1982, BOOTH_1990),
        takes_strata=True,
        own_contrast=Later("hazards:hazard_contrast"),
        effect="hazard ratio",
        gain="higher hazard with more mark",
        without=Later("left_out:hazards_without"),
    ),
}


def methods_that(can: Callable[[Method], object]) -> str:
    """Names of the methods of which this holds, as a remedy: `trend or voom`."""
    return " or ".join(name for name, method in METHODS.items() if can(method))
