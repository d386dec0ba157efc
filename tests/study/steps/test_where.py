"""The balance of a mark in a sentence: of two groups, of one unit a side, and of a slope."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pandas as pd

from resist_epi.model.analysis import Analysis
from resist_epi.study.steps.where import balance_words

NAN = float("nan")


def said(levels: tuple[str, ...], **values: float) -> str:
    row = {
        "first": 0.312,
        "first_error": 0.021,
        "second": 0.25,
        "second_error": 0.013,
        "difference": 0.062,
        "error": 0.025,
        "pvalue": 0.034,
    }
    main = cast(Analysis, SimpleNamespace(contrast=SimpleNamespace(levels=levels)))
    return balance_words(pd.DataFrame([row | values]), main, "H3K27me3")


def test_two_groups_are_named_with_their_shares() -> None:
    assert said(("poor", "good")) == (
        "H3K27me3 lies above background in 31.20% ± 2.10% of the genome in poor, 25.00% ± 1.30% in"
        " good (mean ± standard error): a difference of +6.20 points ± 2.50, P 0.034"
    )


def test_a_small_difference_is_that_of_the_shares_shown() -> None:
    text = said(("poor", "good"), first=0.2006, second=0.2004, difference=0.0002)
    assert "in 20.06% ±" in text
    assert ", 20.04% ±" in text
    assert "a difference of +0.02 points" in text


def test_a_group_of_one_unit_has_no_error() -> None:
    assert "in 31.20% of the genome in poor" in said(("poor", "good"), first_error=NAN)


def test_of_a_slope_no_group_is_spoken_of() -> None:
    text = said((), first=NAN, second=NAN, first_error=NAN, second_error=NAN)
    assert "nan" not in text
    assert text.endswith("changes by +6.20 points ± 2.50, P 0.034")
