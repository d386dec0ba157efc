"""What tests call on real counts where labels mean nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

null = pytest.importorskip("null_on_real_data", reason="no scripts beside the tests")


def test_every_even_split_comes_once() -> None:
    assert null.even_splits(["x", "x", "y", "y"]) == [list("abab"), list("abba")]
    three = null.even_splits(["x", "x", "y", "y", "z", "z"])
    assert len(three) == 4
    assert all(sorted(s[i : i + 2]) == ["a", "b"] for s in three for i in (0, 2, 4))


@pytest.mark.real
def test_persons_in_both_groups_make_no_calls(real_data: Path) -> None:
    path = real_data / "h3k27ac_lcl_manorm2" / "h3k27ac_lcl_counts.tsv.gz"
    table = pd.DataFrame(null.null_rates(*null.read_replicates(path)))
    assert len(table) == 2 * 2 * 3
    plain = table[table["design"] == "~ Condition"]
    assert (plain["calls"] == 0).all()
    assert (plain["type1_05"] < 0.055).all()
    # With persons in the design, what is left is replicate against replicate, and all tests agree.
    adjusted = table[table["design"] != "~ Condition"]
    assert adjusted.groupby("split")["type1_05"].agg(lambda p: p.max() - p.min()).max() < 0.01
    crossed = adjusted[adjusted["split"] == 2]
    assert (crossed["calls"] == 0).all()
    assert (crossed["type1_05"] < 0.055).all()
