"""Sets of few loci: one test for every table, and a reason where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes import small_sets
from resist_epi.genes.enrichment import SetOptions, enrich_level
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.pre_specified import pre_specified
from resist_epi.genes.small_sets import small_set_test
from resist_epi.model.analysis import analyse
from tests.support.scored_sets import counts, own_sheet

FOUR = GeneSet("FOUR", "test", ("S0", "S1", "S2", "S3"))
QUIET = GeneSet("QUIET", "test", ("S300", "S301", "S302"))


@pytest.fixture(scope="module")
def level() -> GeneLevel:
    found = analyse(counts(), own_sheet(), normalize="library_size", contrast="poor-good")
    return GeneLevel(found.results, found.fit, found.contrast, mark="H3K36me3")


def test_p_is_the_larger_of_both_questions(level: GeneLevel) -> None:
    for own in (FOUR, QUIET):
        p, sign = small_set_test(level, level.members({"X": own})["X"])
        rows = pre_specified(level, own)
        agree = rows["direction"].nunique() == 1 and (rows["direction"] != "none").all()
        larger = rows[["fry_pvalue", "random_pvalue"]].to_numpy().max()
        assert p == (larger if agree else 1.0)
        assert sign == np.sign(rows["effect"].iloc[0])


def test_the_table_of_sets_has_that_p_and_its_direction(level: GeneLevel) -> None:
    table = enrich_level(level, {"FOUR": FOUR, "QUIET": QUIET}, SetOptions()).set_index("set")
    assert table.loc["FOUR", "pvalue"] == small_set_test(level, np.arange(4))[0] < 0.01
    assert table["direction"].tolist() == ["gain", "none"]
    assert table["untested"].tolist() == ["", ""]


def test_sets_too_many_to_be_named_in_advance_have_none(
    level: GeneLevel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_sets, "MOST_SMALL", 1)
    table = enrich_level(level, {"FOUR": FOUR, "QUIET": QUIET}, SetOptions())
    assert table["pvalue"].isna().all()
    assert table["untested"].str.contains("more than 1 sets are as small").all()
    assert "have no P" in table.attrs["header"]["gene sets"]


def reasons(level: GeneLevel) -> dict[str, str]:
    gone = GeneSet("GONE", "test", ("nobody", "noone"))
    table = enrich_level(level, {"FOUR": FOUR, "GONE": gone}, SetOptions())
    return dict(zip(table["set"], table["untested"], strict=True))


def test_every_silence_has_its_reason(level: GeneLevel) -> None:
    assert reasons(level) == {"FOUR": "", "GONE": "none of its 2 genes has a gene body here"}
    bare = GeneLevel(level.results, mark="H3K36me3")
    assert reasons(bare)["FOUR"] == "4 tested loci are too few without the fit behind the results"
    assert "has a value here" in reasons(GeneLevel(level.results, mark="expression"))["GONE"]
    quiet = level.results.copy()
    quiet.loc[:3, ["stat", "pvalue", "padj", "df"]] = np.nan
    said = reasons(GeneLevel(quiet, mark="H3K36me3"))["FOUR"]
    assert said == "these 4 gene bodies carry no H3K36me3, or too little to be tested"
    one = quiet.drop(index=[1, 2, 3]).reset_index(drop=True)
    assert reasons(GeneLevel(one, mark="ER"))["FOUR"].startswith("this ")
    untested = level.results.assign(stat=np.nan, pvalue=np.nan, padj=np.nan)
    said = reasons(GeneLevel(pd.DataFrame(untested), mark="H3K36me3"))["FOUR"]
    assert said == "too few genes have a test of their own"
