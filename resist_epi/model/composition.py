"""Normalisation from the regions themselves: the test that its rounds make, and where it fails."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.model import differential, normalization
from resist_epi.model.filtering import goes_with_depth
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.question import Question

MANY_CHANGED, ONE_WAY = 1 / 3, 0.9  # of the tested regions; of the calls

FEWEST_CHANGED = 10  # calls: fewer are no global change


def one_sided_calls(results: pd.DataFrame, matrix: CountMatrix, question: Question) -> str | None:
    """What speaks against factors from the regions themselves: most changes, and all one way."""
    name = question.normalize or ""
    of_regions = normalization.METHODS[name].in_regions
    if not of_regions and not (name == "library_size" and normalization.sizes_are_sums(matrix)):
        return None
    tested = int(results["pvalue"].notna().sum())
    calls = results["direction"].value_counts()
    gain, loss = int(calls.get("gain", 0)), int(calls.get("loss", 0))
    if gain + loss < max(MANY_CHANGED * tested, FEWEST_CHANGED):
        return None
    if max(gain, loss) < ONE_WAY * (gain + loss):
        return None
    return (
        f"{gain:,} gains and {loss:,} losses among {tested:,} regions tested: where so many change"
        f" and nearly all one way, no normalisation from the regions themselves ({name}) can be"
        " trusted."
        " Spike-in (SpikeInReads) would tell, or background bins (--background), which assume equal"
        " efficiency"
    )


def test_for_rounds(
    design: Design, contrast: Contrast, question: Question
) -> Callable[[CountMatrix], FloatArray]:
    """The contrast's P in a normalised matrix: by linear models, which are quick, where they do.

    Of several contrasts (`joined_contrasts`) that of all of them together.
    """
    own = differential.own_contrast(question.method) is not None
    options = FitOptions(block=None if own else question.block, strata=question.strata)

    def pvalues(matrix: CountMatrix) -> FloatArray:
        quick = "ql" if goes_with_depth(matrix, contrast.sides) and not question.block else "trend"
        method = question.method if own and question.method is not None else quick
        fitted = differential.fit(matrix, design, method=method, options=options)
        if contrast.vector.ndim == 2:
            return differential.f_statistics(fitted, contrast.vector)[1]
        return differential.contrast_statistics(fitted, contrast)["pvalue"]

    return pvalues
