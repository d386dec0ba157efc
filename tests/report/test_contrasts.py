"""The first page on several contrasts counts at the level that was asked for, and says it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.io.tables import write_table
from resist_epi.report.contrasts import contrast_row, joint_rows, render_index
from tests.support.report_tables import mark_of, results, run_tables, sheet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    padj = [0.01, 0.07, 0.3, float("nan")]
    table = pd.DataFrame({"F": 1.0, "df1": 2, "padj": padj})
    place = tmp_path / "contrasts" / "joint" / "differential"
    place.mkdir(parents=True)
    write_table(place / "H3K27me3.promoters.tsv.gz", table, header={"joint": "F test of all"})
    return tmp_path


@pytest.mark.parametrize(("level", "called"), [(0.05, 1), (0.1, 2)])
def test_the_joint_test_is_counted_at_the_level_of_the_study(
    folder: Path, level: float, called: int
) -> None:
    (row,) = joint_rows(folder, level)
    assert (row["called"], row["tested"]) == (called, 3)


def test_the_level_stands_on_the_page(folder: Path) -> None:
    run = run_tables([mark_of("H3K27me3", {"promoters": sheet(results(40))})])
    row = contrast_row(run, "contrasts/poor-good/report.html")
    assert row["level"] == run.marks[0].main.question.fdr
    page = render_index([row | {"level": 0.1}], joint_rows(folder, 0.1))
    assert "with one of at most 0.1." in page
    assert "Adjusted P ≤ 0.1<" in page
    assert "Domains have no such test" in page
