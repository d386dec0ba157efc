"""Which groups are compared where no design says so."""

from __future__ import annotations

from typing import Any

import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.sheet import sheet_from_columns
from resist_epi.study.compared import Compared, compared_groups


def compared(contrast: str | None = None, **columns: Any) -> Compared:
    n = len(next(iter(columns.values())))
    first = {"SampleID": [f"s{i}" for i in range(n)], "Factor": ["ER"] * n}
    return compared_groups(sheet_from_columns(first | columns), contrast)


def test_defaults() -> None:
    assert compared(Condition=["poor", "good", "other"]).contrast == ("poor", "good")
    assert compared(Condition=["b", "a"]).contrast == ("b", "a")
    assert compared(Condition=["b", "a", "c"]).contrast is None
    assert compared(Condition=["b", "b"]).contrast is None


def test_any_column_by_its_levels_or_its_name() -> None:
    columns = {"Condition": ["x", "y"], "Line": ["T-47D", "MCF7"], "Other": ["x", "y"]}
    assert compared("T-47D-MCF7", **columns).column == "Line"
    assert compared("T-47D-MCF7", **columns).contrast == ("T-47D", "MCF7")
    assert compared("x-y", **columns).column == "Condition", "its levels go first"
    assert compared("other:x-y", **columns).column == "Other"


def test_what_is_no_contrast_is_refused() -> None:
    columns = {"Condition": ["x", "y"], "A": ["u", "v"], "B": ["u", "v"]}
    with pytest.raises(DesignError, match=r"no column .* has these two levels\..*Condition: x, y"):
        compared("x-z", **columns)
    with pytest.raises(DesignError, match="several columns; write one of A:u-v, B:u-v"):
        compared("u-v", **columns)
    with pytest.raises(DesignError, match="compares x with itself"):
        compared("x-x", **columns)


def test_words() -> None:
    found = compared(Condition=["a", "b", "b"])
    sizes = found.sizes({"s0": "a", "s1": "b", "s2": "b"})
    assert found.words(sizes) == "Condition: a (1 unit), b (2 units)"
    assert found.contrast_words(sizes).startswith("b minus a; positive = peak in a larger share")
