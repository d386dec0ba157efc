"""Where the mark and its calls lie, on the page: the tables' numbers and the headers' words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.report.gather import Sheet, gather
from resist_epi.report.page import render
from resist_epi.report.where import balance_table, site_table, where_section, where_table

NAN = float("nan")


def balance(kind: str = "difference", **values: float) -> Sheet:
    row = {"n_bins": 2500.0, "first": 0.3, "first_error": 0.02, "second": 0.25}
    row |= {"second_error": 0.01, "difference": 0.05, "error": 0.025, "pvalue": 0.07} | values
    rows = [
        {"partition": "genome", "class": "genome"} | row,
        {"partition": "timing", "class": "late"} | row,
    ]
    contrast = {"kind": kind, "units": [6, 6]}
    if kind == "difference":
        contrast |= {"first": "poor", "second": "good"}
    return Sheet(pd.DataFrame(rows), {"facts": {"contrast": contrast}, "balance": "said"})


def test_the_groups_of_the_balance_have_their_names() -> None:
    table = balance_table(balance())
    assert table.columns[2:4] == ["poor", "good"]
    assert table.rows[0][0] == "whole genome"
    assert table.rows[1][0] == "timing: late"
    assert table.rows[0][2:5] == ["30.00% ± 2.00", "25.00% ± 1.00", "5.00 ± 2.50"]
    assert {len(row) for row in table.rows} == {len(table.columns)} == {len(table.numeric)}


def test_a_slope_has_no_groups() -> None:
    none = {"first": NAN, "second": NAN, "first_error": NAN, "second_error": NAN}
    table = balance_table(balance("coefficient", **none))
    assert table.columns == ["Part of the genome", "Bins", "Slope, percentage points", "P"]
    assert "nan" not in " ".join(table.rows[0])


def where(n_called: int) -> Sheet:
    row = {"n_tested": 500, "n_expected": 4.0, "fold": 2.0, "pvalue": 0.01, "padj": 0.04}
    rows = [
        {"partition": "CpG", "class": "CpG island", "direction": d, **row}
        | {"n_called": float(n), "n_called_all": n + 1 if n else 0}
        for d, n in (("gain", n_called), ("loss", 0))
    ]
    return Sheet(pd.DataFrame(rows), {"where": "counted once"})


def test_calls_by_class_are_shown_and_silence_is_left_out() -> None:
    table = where_table(where(8))
    assert table.rows == [["CpG island", "gain", "8 of 9", "4", "2", "0.01", "0.04"]]
    assert where_table(where(0)).rows == []


def test_the_page_says_what_the_headers_say(study: Path) -> None:
    run = gather(study)
    first = replace(run.marks[0], balance=balance(), where={"promoters": where(3)})
    silent = replace(run.marks[1], balance=None, where={})
    assert where_section(silent) is None
    page = render(replace(run, marks=(first, silent)))
    assert page.index('<section id="where"') > page.index('<section id="mark1"')
    section = page[page.index('<section id="where"') :].split("</section>")[0]
    assert "<p>said.</p>" in section
    assert "counted once" in section
    assert "Where the calls lie, H3K27me3, promoters" in section
    assert "H3K36me3" not in section
    assert '<section id="where"' not in render(replace(run, marks=(silent,)))


def test_kinds_without_calls_are_named(study: Path) -> None:
    mark = replace(gather(study).marks[0], where={"promoters": where(3), "genes": where(0)})
    section = where_section(mark)
    assert section is not None
    assert [kind["title"] for kind in section["kinds"]] == ["Promoters"]
    assert section["silent"] == ["gene bodies"]
    assert section["where_words"] == "counted once"


def test_shares_of_no_sites_are_a_dash() -> None:
    row: dict[str, object] = {"feature": "up to 1 kb"}
    for name, n in (("gain", 2), ("loss", 0), ("other", 10)):
        row |= {f"n_{name}": n // 2, f"of_{name}": n, f"share_{name}": 0.5 if n else np.nan}
        row |= {f"odds_ratio_{name}": 1.0, f"padj_{name}": 0.5}
    cells = site_table(Sheet(pd.DataFrame([row]), {})).rows[0]
    assert cells[:4] == ["up to 1 kb", "1 of 2 (50%)", "–", "5 of 10 (50%)"]
