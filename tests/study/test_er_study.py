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
from tests.support.few_figures import draw_only


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("er")
    parts = made / "timing.hg19.bed"
    parts.write_text("chr1\t0\t120000000\tlate\nchr17\t0\t40000000\tlate\n")
    asked = {"sheet": write_er_study(made), "genome": "hg19", "partition": parts}
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch, ".pca", ".correlation")
        run_study(StudySettings.model_validate(asked), made / "out")
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
    er = own.loc[[("ESR1_TARGETS", "ERα")]].set_index("mechanism")
    lost, kept = er.loc["ESR1 programme lost"], er.loc["ESR1 programme retained or ESR1 mutant"]
    assert (lost["direction"], lost["expected"], lost["verdict"]) == ("loss", "loss", "as expected")
    assert (kept["direction"], kept["expected"], kept["verdict"]) == ("loss", "gain", "opposite")
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


def test_calls_and_balance_by_class_stand_beside(folder: Path) -> None:
    where = read_table(folder / "differential" / "H3K4me3.promoters.where.tsv")
    assert set(where["partition"]) == {"CpG", "timing"}
    assert set(where.loc[where["partition"] == "timing", "class"]) == {"late", "outside"}
    balance = read_table(folder / "quality" / "H3K4me3.balance.tsv")
    assert balance["class"].tolist() == ["genome", "late", "outside"]
    assert balance["first"].between(0, 1).all()
    assert "of the genome in poor" in balance.attrs["header"]["balance"]
