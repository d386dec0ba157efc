"""The methods section counts and cites domains, subsets, switches and mechanisms."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.mechanism.switches import METHODS
from resist_epi.report.gather import RunTables, Sheet, gather
from resist_epi.report.methods_findings import JOINT_TESTS, between_marks, within_regions
from resist_epi.report.references import Citations
from resist_epi.report.words import main_regions
from resist_epi.stats.literature import (
    BENJAMINI_1995,
    BENJAMINI_2008,
    JANSEN_2013,
    LIAN_2008,
    LUN_2014,
    SIMES_1986,
    WANG_2022,
    WU_2010,
    WU_2012,
)


def _run(*, switches: Sheet | None = None, mechanisms: Sheet | None = None) -> RunTables:
    nothing = pd.DataFrame()
    return RunTables((), nothing, nothing, {}, switches=switches, mechanisms=mechanisms)


def _mechanisms(layers: dict[str, list[float]]) -> Sheet:
    rows = [
        {"mechanism": f"M{i}", "layer": layer, "kind": "mechanism", "pvalue": p}
        for layer, pvalues in layers.items()
        for i, p in enumerate(pvalues)
    ]
    control = {"mechanism": "Ribosome", "layer": "H3K27me3", "kind": "control", "pvalue": 0.5}
    header = {
        "tests": "marks and assays by camera, one value a gene; small sets by fry, again by camera",
        "direction": "padj <= 0.05 over the mechanisms of a layer",
    }
    return Sheet(pd.DataFrame([*rows, control]), header)


def test_mechanisms_are_counted_from_the_table_and_their_tests_cited() -> None:
    citations = Citations()
    sheet = _mechanisms({"H3K27me3": [0.1, np.nan, 0.2], "switches": [np.nan, np.nan, 0.2]})
    (said,) = between_marks(_run(mechanisms=sheet), citations)
    assert said.startswith("3 mechanisms of resistance to endocrine therapy")
    assert "2 had a P in H3K27me3 and 1 had a P in switches" in said
    assert "by camera [1], one value a gene; small sets by fry [2], again by camera." in said
    assert citations.references == [WU_2012, WU_2010, BENJAMINI_1995, JANSEN_2013]


def test_the_study_that_saw_outcome_in_these_profiles_is_cited_for_its_marks_only() -> None:
    citations = Citations()
    (said,) = between_marks(_run(mechanisms=_mechanisms({"H3K36me3": [0.1]})), citations)
    assert JANSEN_2013 not in citations.references
    assert "72 patients" not in said


@pytest.mark.parametrize(
    ("method", "words", "papers"),
    [
        ("adafilter", "called by AdaFilter [1] among", [WANG_2022]),
        ("max_p", "Benjamini and Hochberg, [1,2] among", [BENJAMINI_2008, BENJAMINI_1995]),
    ],
)
def test_switches_say_by_what_they_were_called(
    method: str, words: str, papers: list[object]
) -> None:
    header = {
        "switches": "A (repressive) against B (active)",
        "facts": {"joint test": {"name": method, "because": "it was asked for"}},
        "genes": "9 genes, 4 with opposite signs: none called",
    }
    citations = Citations()
    (said,) = between_marks(_run(switches=Sheet(pd.DataFrame(), header)), citations)
    assert words in said
    assert said.endswith("there were 9 genes, 4 with opposite signs: none called.")
    assert citations.references == papers


def test_every_test_of_two_marks_has_words_and_papers() -> None:
    assert set(JOINT_TESTS) == set(METHODS)
    assert all(papers for _, papers in JOINT_TESTS.values())


def test_a_run_of_one_mark_has_nothing_between_marks() -> None:
    assert not list(between_marks(_run(), Citations()))


def test_domains_and_scans_over_units_are_cited_where_there_were_any(study: Path) -> None:
    mark = gather(study).marks[0]
    alone = {kind: sheet for kind, sheet in mark.results.items() if kind != "domains"}
    kind = next(iter(alone))
    sheet = alone[kind]
    plain = {k: v for k, v in sheet.facts.items() if k != "carriers"}
    for facts in (plain, {**plain, "carriers": {"called": 8, "in some only": 4}}):
        own = {**alone, kind: Sheet(sheet.table, {**sheet.header, "facts": facts})}
        citations = Citations()
        text = " ".join(within_regions([replace(mark, results=own)], citations))
        said = f"it called 8 {main_regions(mark)} of {mark.mark}, 4 of them in some only."
        assert (said in text) == ("carriers" in facts)
        assert (LIAN_2008 in citations.references) == ("carriers" in facts)
        assert SIMES_1986 not in citations.references
    citations = Citations()
    own = {**alone, "domains": alone[kind]}
    (text,) = within_regions([replace(mark, results=own)], citations)
    assert "the method of Simes [1], as csaw does [2]" in text
    assert citations.references[:2] == [SIMES_1986, LUN_2014]
