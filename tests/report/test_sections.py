"""Tables become rows and sentences of the page, each true of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.report.gather import Sheet
from resist_epi.report.sections import (
    calls,
    core_in_words,
    gene_rows,
    set_rows,
    sets_in_words,
    strongest_rows,
    sure_in_words,
    switch_caption,
    switch_table,
)


@pytest.mark.parametrize(
    ("called", "said"),
    [
        (0, "none is called"),
        (3, "the 3 called first"),
        (20, "the 20 called first"),
        (24, "20 of the 24 called"),
    ],
)
def test_the_table_of_switches_says_how_many_of_the_called_it_shows(called: int, said: str) -> None:
    n = 30
    table = pd.DataFrame(
        {
            "symbol": [f"G{i}" for i in range(n)],
            "gene_id": [f"g{i}" for i in range(n)],
            "H3K27me3_log2FoldChange": -1.0,
            "H3K27me3_pvalue": 0.01,
            "H3K36me3_log2FoldChange": 1.0,
            "H3K36me3_pvalue": 0.01,
            "padj": 0.02,
            "class": ["activating_switch"] * called + ["none"] * (n - called),
            "shrunkenLog2FoldChange": 0.5,
            "svalue": np.linspace(0.1, 0.4, n),
        }
    )
    sheet = Sheet(table, {})
    assert switch_caption(sheet).startswith(f"Switches: {said}, each ")
    shown = [row[-1] for row in switch_table(sheet).rows]
    assert shown.count("activating switch") == min(called, 20)


def _pre_specified(p: float) -> Sheet:
    row = {
        "variant": "all genes",
        "n_tested": 4,
        "effect": 1.25,
        "fry_pvalue": p,
        "random_pvalue": p,
        "n_random": 2000,
        "direction": "gain",
        "claim": "yes" if p <= 0.05 else "no",
    }
    return Sheet(pd.DataFrame([row]), {})


def test_the_set_named_in_advance_is_put_in_words() -> None:
    first, verdict = core_in_words(_pre_specified(0.001))
    assert "P 0.001 against no change (fry)" in first
    assert "against the change of 2,000 random sets of genes like them" in first
    assert verdict.endswith("a claim of gain holds")
    assert core_in_words(_pre_specified(0.5))[-1].endswith("no claim")


def test_nothing_is_said_of_level_and_direction_where_no_gene_was_tested() -> None:
    assert core_in_words(_pre_specified(np.nan)) == ["None of its genes was tested: no claim"]


def test_a_region_without_a_test_is_no_region_without_a_call() -> None:
    rows = pd.DataFrame(
        {
            "symbol": ["A", "B", "C"],
            "region_id": ["a", "b", "c"],
            "chrom": ["chr1"] * 3,
            "start": [1, 2, 3],
            "end": [5, 6, 7],
            "baseMean": 3.0,
            "log2FoldChange": 1.0,
            "ci_low": 0.5,
            "ci_high": 1.5,
            "pvalue": [0.001, 0.5, np.nan],
            "padj": [0.003, 0.5, np.nan],
            "direction": ["gain", "none", "none"],
        }
    )
    for made in (gene_rows, strongest_rows):
        calls = {row["symbol"]: row["direction"] for row in made(Sheet(rows, {}))}
        assert calls == {"A": "gain", "B": "none", "C": "not tested"}


def test_a_large_unsure_change_does_not_stand_first() -> None:
    rows = pd.DataFrame(
        {
            "symbol": ["unsure", "small", "large"],
            "region_id": ["a", "b", "c"],
            "chrom": ["chr1"] * 3,
            "start": [1, 2, 3],
            "end": [5, 6, 7],
            "baseMean": 3.0,
            "log2FoldChange": [6.0, 0.4, 2.0],
            "ci_low": [-1.0, 0.3, 1.5],
            "ci_high": [13.0, 0.5, 2.5],
            "pvalue": [0.09, 1e-12, 1e-6],
            "padj": [0.09, 3e-12, 2e-6],
            "direction": ["none", "gain", "gain"],
            "shrunkenLog2FoldChange": [0.8, 0.39, 1.9],
            "svalue": [0.2, 1e-10, 1e-5],
        }
    )
    best = strongest_rows(Sheet(rows, {}))
    assert [row["symbol"] for row in best] == ["large", "small", "unsure"]
    assert (best[0]["shrunken"], best[2]["svalue"]) == ("1.90", "0.2")
    earlier = rows.drop(columns=["shrunkenLog2FoldChange", "svalue"])
    assert strongest_rows(Sheet(earlier, {}))[0]["symbol"] == "small"
    assert strongest_rows(Sheet(earlier, {}))[0]["svalue"] == "–"


def test_called_loci_are_counted_beside_regions_where_they_are_known() -> None:
    table = pd.DataFrame({"direction": ["gain", "none", "gain"], "pvalue": [0.1, np.nan, 0.2]})
    told = calls(Sheet(table, {"facts": {"loci": {"called": 1}}}))
    assert told == {
        **{"at": None, "loci": 1, "sure": None},
        **{"gain": 2, "loss": 0, "tested": 2, "all": 3},
    }
    assert calls(Sheet(table.assign(locus_id=["a", "b", "a"]), {"facts": {}}))["at"] == 1
    assert calls(Sheet(table, {"facts": {}}))["loci"] is None


def test_confidence_is_counted_of_called_regions_and_told_row_by_row() -> None:
    table = pd.DataFrame({"direction": ["gain", "none", "loss"], "pvalue": 0.1})
    told = table.assign(high_confidence=["True", "True", "False"])
    assert calls(Sheet(told, {"facts": {}}))["sure"] == 1
    assert [sure_in_words(row) for row in told.to_dict("records")] == ["yes", "–", "no"]
    unknown = table.assign(high_confidence=np.nan)
    assert calls(Sheet(unknown, {"facts": {}}))["sure"] is None


def test_sets_that_are_told_elsewhere_are_left_out() -> None:
    table = pd.DataFrame({"set": ["A", "B"], "n_tested": [3, 0], "effect": 0.1, "pvalue": 0.5})
    table = table.assign(padj=0.5, direction="none", genes="", source="", n_genes=3)
    sheet = Sheet(table.assign(n_gain=0, n_loss=0), {})
    tested, untested = set_rows(sheet)
    assert sets_in_words(tested, untested) == "none of 1 set called; 1 without a gene tested"
    assert set_rows(sheet, ["A", "B"]) == set_rows(None) == ([], [])
