"""The measures by which two tests of the same regions are held side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from concordance_diffbind import FORMULAS, OURS, THEIRS, compare, page


def results(n: int = 400, *, seed: int = 1, turned: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    change, p = rng.normal(size=n), rng.uniform(size=n) ** 3
    table = pd.DataFrame({"log2FoldChange": -change if turned else change, "pvalue": p})
    return table.assign(padj=np.minimum(p * 20, 1))


def test_a_test_agrees_with_itself() -> None:
    found = compare(results(), results())
    assert found["ours"] == found["theirs"] == found["both"] > 10
    assert found["opposite"] == 0
    assert (found["change"], found["signed"], found["top"]) == pytest.approx((1, 1, 1))


def test_opposite_directions_are_counted_apart() -> None:
    found = compare(results(), results(turned=True))
    assert found["opposite"] == found["both"] == found["ours"]
    assert (found["change"], found["signed"]) == pytest.approx((-1, -1))


def test_what_was_not_tested_is_no_call_and_in_no_rank() -> None:
    ours = results()
    ours.loc[:99, ["pvalue", "padj"]] = np.nan
    found = compare(ours, results())
    assert found["ours"] == found["both"] < found["theirs"]
    assert found["change"] == pytest.approx(1)


def test_the_page_has_a_row_a_pair() -> None:
    ours = {f"{name}.{key}": results(seed=i) for i, name in enumerate(OURS) for key in FORMULAS}
    for table in ours.values():
        table.attrs = {"method": "ql", "by": "tmm"}
    theirs = {f"{name}.{key}": results(seed=9) for name in THEIRS for key in FORMULAS}
    text = page(ours, theirs, "R version 1")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "ours" not in line]
    assert len(rows) == len(FORMULAS) * (len(OURS) * len(THEIRS) + 1)
    assert "by default: `ql`, `tmm`" in text
