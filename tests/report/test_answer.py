"""Every sentence of the answer says what a table holds, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.report.answer import MOST_SENTENCES, Answer, answer
from resist_epi.report.gather import RunTables, Sheet
from tests.support.report_tables import CALLED, mark_of, mechanisms, results, run_tables, sheet

GENES = [f"GENE{i}" for i in range(CALLED)]


def promoters(n: int = 200, **facts: object) -> Sheet:
    """Results of which a half is of high confidence; neighbours in pairs are a locus."""
    table = results(n).assign(high_confidence=np.arange(n) < CALLED // 2)
    table["locus_id"] = [f"locus{i // 2}" for i in range(n)]
    return sheet(table, **{"loci": {"called": CALLED // 2}, **facts})


def one_mark(**facts: object) -> RunTables:
    return run_tables([mark_of("H3K27me3", {"promoters": promoters(**facts)})])


def quiet(**facts: object) -> RunTables:
    found = promoters(**facts)
    table = found.table.assign(direction="none", high_confidence=False)
    return run_tables([mark_of("H3K27me3", {"promoters": Sheet(table, found.header)})])


def switches() -> Sheet:
    rows = [(g, "activating switch", f"locus{i // 2}") for i, g in enumerate(GENES[:4])]
    rows += [(GENES[10], "repressive switch", "locus5"), ("QUIET", "none", "locus9")]
    table = pd.DataFrame(rows, columns=["symbol", "class", "locus_id"])
    table["gene_id"] = [f"ID{str(s).removeprefix('GENE')}" for s in table["symbol"]]
    return Sheet(table.assign(H3K27me3_pvalue=0.1, H3K36me3_pvalue=0.1), {})


def told() -> Sheet:
    called = {"direction": "gain", "verdict": "as expected", "layer": "H3K36me3"}
    one = {**called, "mechanism": "Glycolysis", "genes": "HK2,PFKP", "finding": "Glycolysis"}
    same = {**called, "mechanism": "Hypoxia", "genes": "HK2", "finding": "Glycolysis"}
    against = {**called, "mechanism": "Autophagy", "genes": "ATG5", "verdict": "opposite"}
    silent = {"mechanism": "TCA cycle", "layer": "H3K36me3", "verdict": "not tested"}
    few = {"mechanism": "Redox defence", "layer": "H3K36me3", "verdict": "too few to say"}
    control = {"mechanism": "Ribosome", "layer": "H3K36me3", "kind": "control"}
    return mechanisms([one, same, against, silent, few, control])


def two_marks(**more: Any) -> RunTables:
    counted = {"n": 924, "complete": True, "median": 0.0, "q95": 1.0, "observed": 18}
    stays = {"calls": CALLED, "stay": 12, "one": 3, "several": 5, "left_out": 12, "units": {}}
    facts = {"relabelling": counted, "stability": stays}
    marks = [
        mark_of("H3K27me3", {"promoters": promoters(**facts)}),
        mark_of("H3K36me3", {"genes": promoters(**facts)}),
    ]
    return run_tables(marks, **{"mechanisms": told(), "switches": switches(), **more})


def text_of(found: Answer, rule: str) -> str:
    return " | ".join(s.text for s in found.sentences if s.rule == rule)


def numbers(text: str) -> list[int]:
    return [int(n.replace(",", "")) for n in re.findall(r"(?<![\w.])\d[\d,]*(?![\w.%-])", text)]


def test_the_question_and_its_units_are_those_of_the_contrast() -> None:
    found = answer(two_marks())
    assert found.question == "Where do H3K27me3 and H3K36me3 differ between poor and good?"
    assert found.units == "6 poor against 6 good patients, 2 libraries"
    libraries = answer(one_mark(units={"n": 12, "patients": False}))
    assert libraries.question.startswith("Where does H3K27me3 differ")
    assert libraries.units == "6 poor against 6 good units, each library one, 1 library"


def test_three_groups_are_asked_one_contrast_at_a_time() -> None:
    about = {"name": "Condition:late-none", "column": "Condition", "kind": "difference"}
    about |= {"first": "late", "second": "none", "units": [4, 5]}
    run = one_mark(contrast=about)
    found = answer(replace(run, contrast="late-none"))
    assert found.question == "Where does H3K27me3 differ between late and none?"
    assert found.units.startswith("4 late against 5 none patients")
    assert "more in late" in text_of(found, "differs")


@pytest.mark.parametrize(
    ("about", "question"),
    [
        ({"kind": "slope", "column": "Age", "units": [9]}, "change with Age"),
        ({"kind": "hazard", "column": "H3K27me3", "units": [9]}, "go with an earlier or later"),
        ({"kind": "coefficient", "name": "A[T.b]", "column": "A", "units": [9]}, "A[T.b]"),
    ],
)
def test_other_contrasts_are_questions_too(about: dict[str, Any], question: str) -> None:
    found = answer(one_mark(contrast={"name": "x", "first": None, "second": None, **about}))
    assert question in found.question
    assert found.units.startswith("9 patients")
    assert f"({CALLED // 2} gained, {CALLED // 2} lost" in text_of(found, "differs")


def test_what_differs_is_counted_in_the_results() -> None:
    run = one_mark()
    table = run.marks[0].main.table
    gain, loss = (int((table["direction"] == d).sum()) for d in ("gain", "loss"))
    tested, sure = int(table["pvalue"].notna().sum()), CALLED // 2
    (said,) = [s for s in answer(run).sentences if s.rule == "differs"]
    assert numbers(said.text) == [gain + loss, tested, gain, loss, 10, sure, gain + loss]
    assert said.rests_on == ("differential/H3K27me3.promoters.tsv.gz",)


def test_unknown_confidence_is_not_called_none() -> None:
    known = one_mark().marks[0].main
    bare = Sheet(known.table.drop(columns="high_confidence"), known.header)
    found = answer(run_tables([mark_of("H3K27me3", {"promoters": bare})]))
    assert "could not be determined" in text_of(found, "differs")


def test_mechanisms_that_share_their_genes_are_one_finding() -> None:
    found = answer(two_marks())
    (said,) = [s for s in found.sentences if s.rule == "mechanisms"]
    assert numbers(said.text) == [5, 3, 1, 1]
    assert said.items == (
        "Glycolysis: more H3K36me3 (HK2, PFKP); also named Hypoxia",
        "Autophagy: more H3K36me3, against what was stated (ATG5)",
    )


def test_no_mechanism_is_told_from_no_test() -> None:
    table = told().table
    none = Sheet(table[table["mechanism"].isin(["TCA cycle", "Redox defence"])], {})
    said = text_of(answer(two_marks(mechanisms=none)), "mechanisms")
    assert said.startswith("None of 2 mechanisms stands out; 1 could not be tested, 1 rest")
    said = text_of(answer(one_mark()), "mechanisms")
    assert "nothing was stated in advance that H3K27me3 could show" in said


def test_rat_and_mouse_are_told_to_give_their_sets() -> None:
    run = one_mark()
    sets = pd.DataFrame({"set": ["GLYCOLYSIS"], "n_tested": [0], "effect": [np.nan]})
    mark = replace(run.marks[0], gene_sets=Sheet(sets, {}))
    said = text_of(answer(replace(run, marks=(mark,))), "mechanisms")
    assert "rat or mouse" in said
    assert "--gene-sets" in said
    given = {**run.provenance, "parameters": {"gene_sets": "mine.gmt"}}
    said = text_of(answer(replace(run, marks=(mark,), provenance=given)), "mechanisms")
    assert "the sets given with --gene-sets" in said


def test_switches_are_counted_by_locus() -> None:
    (said,) = [s for s in answer(two_marks()).sentences if s.rule == "switches"]
    assert numbers(said.text) == [5, 3]
    assert said.items == (
        "to active in poor: GENE0 and GENE1, GENE2 and GENE3",
        "to repressed in poor: GENE10",
    )
    quiet = Sheet(switches().table.assign(**{"class": "none"}), {})
    none = text_of(answer(two_marks(switches=quiet)), "switches")
    assert none == "No gene switches between H3K27me3 and H3K36me3"
    untested = quiet.table.assign(H3K27me3_pvalue=float("nan"))
    said = text_of(answer(two_marks(switches=Sheet(untested, {}))), "switches")
    assert said.endswith("could not be tested: H3K27me3 has no P")


def test_expression_and_an_outside_cohort_are_told() -> None:
    row = {"assay": "expression", "n_called": 20, "n_agree": 16, "matched_pvalue": 0.012}
    other = {"mark": "H3K36me3", "n_called": 0, "n_agree": 0, "matched_pvalue": np.nan}
    assays = pd.DataFrame([{"mark": "H3K27me3", **row}, {**row, **other}])
    cohort = pd.DataFrame({"mark": ["H3K27me3"], "words": ["confirmed: hazard ratio 1.5; more"]})
    found = answer(two_marks(concordance=Sheet(assays, {}), survival=Sheet(cohort, {})))
    said = text_of(found, "other assays")
    assert said.endswith("in 16 of 20 called genes of H3K27me3 (P 0.012 against genes alike)")
    assert text_of(found, "outcome").endswith("H3K27me3: confirmed: hazard ratio 1.5")
    assert len(found.sentences) == MOST_SENTENCES
    steps = " ".join(found.next_steps)
    assert "--expression" not in steps
    assert "--survival" not in steps


def test_what_chance_gives_and_single_units_do_is_that_of_the_facts() -> None:
    found = answer(two_marks())
    assert numbers(text_of(found, "chance")) == [924, 0, 1, 0, 1, 18, 18]
    assert numbers(text_of(found, "left out")) == [12, CALLED, 3, 12, CALLED, 3]


@pytest.mark.parametrize(("one", "said"), [(3, "(3 hang on"), (1, "(1 hangs on")])
def test_a_call_that_hangs_on_one_unit_is_told_in_the_singular(one: int, said: str) -> None:
    facts = two_marks().marks[0].main.facts["stability"] | {"one": one}
    assert said in text_of(answer(one_mark(stability=facts)), "left out")


def test_calls_that_cannot_be_tried_without_a_unit_are_not_said_to_fall() -> None:
    facts = two_marks().marks[0].main.facts["stability"]
    none = facts | {"stay": 0, "one": 0, "left_out": 0, "not_fitted": ["G1 + G2", "P1 + P2"]}
    said = text_of(answer(one_mark(stability=none)), "left out")
    assert said.startswith("Whether a call of H3K27me3 hangs on one unit is not known")
    some = facts | {"not_fitted": ["G1 + G2", "G3", "G4"], "one": 0}
    said = text_of(answer(one_mark(stability=some)), "left out")
    assert said.endswith("(no test is possible without G1 + G2, G3 and 1 more) stay")


def test_chance_says_whether_the_true_labels_are_among_the_ways() -> None:
    counted = two_marks().marks[0].main.facts["relabelling"] | {"n": 10}
    said = text_of(answer(one_mark(relabelling=counted)), "chance")
    assert "(10 ways, the true one among them)" in said
    said = text_of(answer(one_mark(relabelling=counted | {"complete": False})), "chance")
    assert "(10 ways)" in said


def test_a_null_cohort_says_what_is_ruled_out() -> None:
    found = answer(quiet())
    assert "differs at none of 195 promoters tested" in text_of(found, "differs")
    reach = quiet().marks[0].main.table[["ci_low", "ci_high"]].abs().max(axis=1).median()
    fold = float(re.findall(r"than ([\d.]+)-fold", text_of(found, "ruled out"))[0])
    assert fold == pytest.approx(2**reach, rel=0.1)
    assert len(found.sentences) == 3
    assert found.loci == ()


def test_an_untested_design_makes_no_claim() -> None:
    found = answer(quiet(no_test="one side has 1 unit"))
    assert "could not be tested (one side has 1 unit)" in text_of(found, "differs")
    assert "H3K27me3: nothing, since one side has 1 unit" in found.untested
    assert found.next_steps[0].startswith("Add replicates")


def test_a_full_run_has_three_to_six_sentences() -> None:
    for run in (two_marks(), one_mark(), quiet(), two_marks(switches=None)):
        assert 2 <= len(answer(run).sentences) <= MOST_SENTENCES
    many = run_tables([mark_of(m, {"promoters": promoters()}) for m in ("ER", "A", "B", "C")])
    assert text_of(answer(many), "differs").count(" differs at ") == 4


def test_a_switch_says_in_which_group() -> None:
    (said,) = [s for s in answer(two_marks()).sentences if s.rule == "switches"]
    assert said.items[0].startswith("to active in poor: ")
    assert "neither need be called alone" in said.text


def test_a_locus_of_switches_names_no_gene_that_does_not_switch() -> None:
    found = switches()
    table = found.table.assign(locus_id="locus0")
    run = two_marks(switches=Sheet(table[table["class"] == "activating switch"], {}))
    (said,) = [s for s in answer(run).sentences if s.rule == "switches"]
    assert said.items == ("to active in poor: GENE0 with 3 neighbours",)
