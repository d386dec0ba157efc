"""What a test of differential enrichment is: one record says all that differs between tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.literature import Reference

FitFunction = Callable[[CountMatrix, Design, NDArray[np.bool_], FitOptions], Fit]

Statistics = dict[str, FloatArray]


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
    takes_weights, takes_block, takes_strata
        Whether units may get weights, blocks a random effect, strata baseline hazards.
    relabelled_by
        The method that stands in for it when labels are exchanged: itself where `relabelling` can
        read its fit, a linear model with moderated variances; None where nothing can.
    own_contrast
        design -> contrast, of a test with a question of its own, which takes no contrast and by
        default adjusts for nothing.
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
    takes_weights: bool = False
    takes_block: bool = False
    takes_strata: bool = False
    relabelled_by: str | None = None
    own_contrast: Callable[[Design], Contrast] | None = None
    effect: str = "slope"
    gain: str = "rising with the covariate"
