"""The run in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from resist_epi.report.gather import Sheet, gather
from resist_epi.report.words import (
    change_in_words,
    facts,
    header_lines,
    join_words,
    unit_word,
    why_no_test,
)
from tests.support.report_tables import mark_of, results, sheet


def test_a_gain_is_put_in_words() -> None:
    slope = {"contrast": {"kind": "slope", "column": "Age"}, "method": {"name": "trend"}}
    assert change_in_words(slope) == ("slope", "rising with the covariate")
    hazard = {"contrast": {"kind": "hazard"}, "method": {"name": "cox"}}
    assert change_in_words(hazard) == ("hazard ratio", "higher hazard with more mark")


def test_lines_for_reading_leave_out_what_is_for_programs() -> None:
    header = {"contrast": "a minus b", "warnings": ["one", "two"], "facts": {"units": [3, 3]}}
    assert header_lines(header) == [
        ("contrast", "a minus b"),
        ("warnings", "one"),
        ("warnings", "two"),
    ]


def test_words_are_joined() -> None:
    assert join_words(["a", "b", "c"]) == "a, b and c"
    assert join_words([]) == ""


def test_the_rule_of_domains_names_what_a_window_needs(study: Path) -> None:
    run = gather(study)
    shown = dict(facts(run))["Regions tested"]
    of_domains = [fact for fact in shown if "domains" in fact.where]
    assert of_domains
    assert all("and a window of the domain has " in fact.text for fact in of_domains)
    assert not any("domains" in f.where for f in shown if "window of" not in f.text)


def test_a_row_of_patient_is_a_unit_where_no_human_gene_is() -> None:
    mark = mark_of("H3K27me3", {"promoters": sheet(results(20))})
    assert unit_word(mark) == "patient"
    none = Sheet(pd.DataFrame({"n_tested": [0, 0]}), {})
    assert unit_word(replace(mark, gene_sets=none)) == "biological unit"
    some = Sheet(pd.DataFrame({"n_tested": [0, 3]}), {})
    assert unit_word(replace(mark, gene_sets=some)) == "patient"


def test_why_there_is_no_test_leaves_the_contrast_to_the_question() -> None:
    reason = "contrast Condition:x-y: one side rests on 1 biological unit (x minus y; 1 + 1), so no"
    assert why_no_test({"no test": reason}) == "one side rests on 1 biological unit, so no"
    assert why_no_test({}) == ""
