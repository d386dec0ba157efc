"""A study without H3K36me3, as Jansen et al. 2013: its mechanisms come from the marks it has."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.io.tables import read_table
from resist_epi.mechanism.verdicts import VERDICTS
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.er_study import MARKS, write_er_study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("er")
    run_study(StudySettings(sheet=write_er_study(made), genome="hg19"), made / "out")
    return made / "out"


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    return read_table(folder / "mechanisms.tsv")


def test_every_mark_has_its_rows_with_signs_of_its_own(table: pd.DataFrame) -> None:
    assert [*dict.fromkeys(table["layer"])] == [*MARKS, "switches"]
    own = table[table["kind"] == "mechanism"]
    assert own.groupby("layer")["mechanism"].nunique().nunique() == 1
    stated = own[own["expected"] != "not stated"].groupby("layer").size()
    assert set(stated.index) == {*MARKS, "switches"}
    assert set(own["verdict"]) <= set(VERDICTS)


def test_what_was_planted_is_seen_at_three_against_three(table: pd.DataFrame) -> None:
    own = table.set_index(["set", "layer"])
    er = own.loc[("ESR1_SIGNALLING", "ERα")]
    assert (er["direction"], er["expected"], er["verdict"]) == ("loss", "loss", "as expected")
    assert own.loc[("GLYCOLYSIS_CORE", "H3K4me3"), "direction"] == "gain"
    quiet = table[(table["layer"] == "H3K27me3") & (table["kind"] == "mechanism")]
    assert (quiet["direction"] == "none").all()


def test_rows_without_a_test_give_the_reason_and_gene_sets_agree(
    folder: Path, table: pd.DataFrame
) -> None:
    untested = table["pvalue"].isna()
    assert table["untested"].ne("").equals(untested)
    sets = read_table(folder / "gene_sets" / "H3K4me3.tsv").set_index("set")
    here = table[table["layer"] == "H3K4me3"].set_index("set")
    same = sets.loc[here.index, "pvalue"]
    pd.testing.assert_series_equal(same, here["pvalue"], check_names=False)


def test_the_page_says_it(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="mechanisms"') :]
    assert "loss of ERα" in section
    assert "say nothing either way" in section
