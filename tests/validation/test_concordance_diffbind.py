"""The measures by which two tests of the same regions are held side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from concordance_diffbind import FORMULAS, OURS, PAGE, THEIRS, compare, page


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


def test_what_the_guide_says_is_what_was_measured() -> None:
    guide = (PAGE.parents[1] / "guide" / "from_diffbind.md").read_text("utf-8")
    told = guide.split("## How far the numbers agree")[1].split("\n## ")[0]
    rows = [
        line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if "`ql`, depth" in line
    ]
    assert [row[1] for row in rows] == ["DESeq2", "edgeR"] * 2
    one, two = rows[:2], rows[2:]
    (deseq, edger) = two
    assert f"`ql` calls {deseq[2]} sites" in told
    assert f"calls it {edger[3]}, of which {edger[4]} are the same" in " ".join(told.split())
    assert f"DESeq2 {deseq[3]}, of which {deseq[4]} are" in " ".join(told.split())
    assert all(row[5] == "0" for row in rows)
    assert [row[2] for row in one] == ["0", "0"]
    assert f"DESeq2 {one[0][3]}" in " ".join(told.split())
    assert one[1][3] == "0"
