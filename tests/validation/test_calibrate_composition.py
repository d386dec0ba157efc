"""Rounds of TMM hold the rate where plain TMM does not; the page has every cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from calibrate_composition import as_markdown, calibrate, cells, measure, warnings_as_markdown


def test_one_sided_changes() -> None:
    rounds, plain = (
        [measure(12, 0.4, 0.95, name, seed) for seed in range(3)] for name in ("tmm_rounds", "tmm")
    )
    assert np.mean([m["fdr"] for m in rounds]) < 0.07
    assert np.mean([m["fdr"] for m in plain]) > 0.15
    assert abs(np.mean([m["shift"] for m in rounds])) < 0.1


def test_the_page_has_a_row_a_cell() -> None:
    table = calibrate(cells({6: 1}, ("tmm",)), {6: 1})
    said, blank, *lines = as_markdown(table).splitlines()
    assert (said, blank) == ("Sets a cell: 1 at 6 libraries.", "")
    assert len(lines) == 2 + 1 + 3 * 4 + 2 * 2
    assert len({line.count("|") for line in lines}) == 1


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    store, wanted = tmp_path / "sets.tsv", cells({6: 2}, ("tmm",))[:2]
    calibrate(wanted, {6: 1}, store)
    before = store.read_text()
    stored = calibrate(wanted, {6: 2}, store)
    assert store.read_text().startswith(before)
    assert (stored["sets"] == 2).all()
    pd.testing.assert_frame_equal(stored, calibrate(wanted, {6: 2}), check_dtype=False)


def test_a_warning_comes_where_rounds_break_and_not_where_they_hold() -> None:
    broken, holds = measure(12, 0.7, 1.0, "tmm_rounds", 0), measure(12, 0.2, 1.0, "tmm_rounds", 0)
    assert broken["fdr"] > 0.5
    assert broken["warned"]
    assert holds["fdr"] < 0.1
    assert not holds["warned"]


def test_the_table_of_warnings_has_a_row_a_cell() -> None:
    cell = {
        "sets": 9,
        "up": 1.0,
        "size": 0.5,
        "calls": 3.0,
        "fdr": 0.1,
        "fdr_se": 0.01,
        "warned": 0.5,
    }
    rows = [
        {"libraries": n, "changed": c, "shift": -0.1 if c < 1 else np.nan} | cell
        for n in (6, 12)
        for c in (0.2, 1.0)
    ]
    said, _, *lines = warnings_as_markdown(pd.DataFrame(rows)).splitlines()
    assert said == "Sets a cell: 9 at 6, 9 at 12 libraries."
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1
    assert "| 20% | 100% | 0.5 | -0.10, 3, 0.100 (0.010) | 0.50 |" in lines[2]
    assert "nan" not in "".join(lines)
