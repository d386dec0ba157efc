"""Mechanisms in lines: each finding once, under the name that it has in all layers."""

from __future__ import annotations

from resist_epi.report.mechanism_lines import (
    mechanism_lines,
    mechanism_summary,
    untested_mechanisms,
)
from tests.support.report_tables import mechanisms

ROW = {"direction": "gain", "verdict": "as expected", "layer": "H3K36me3", "genes": "A,B"}


def test_one_that_has_a_finding_of_its_own_elsewhere_keeps_its_line() -> None:
    head = {**ROW, "mechanism": "One", "finding": "One"}
    beside = {**ROW, "mechanism": "Two", "finding": "One"}
    own = {**ROW, "mechanism": "Two", "finding": "Two", "layer": "H3K27me3", "direction": "loss"}
    together = mechanism_lines(mechanisms([head, beside]).table)
    assert [(x.title, x.others) for x in together] == [("One", ("Two",))]
    apart = mechanism_lines(mechanisms([head, beside, own]).table)
    assert [x.title for x in apart] == ["One", "Two"]
    assert apart[1].words == "Two: more H3K36me3 and less H3K27me3 (A, B)"


def test_one_of_which_the_reverse_was_stated_is_no_other_name() -> None:
    head = {**ROW, "mechanism": "Lost", "finding": "Lost"}
    reverse = {**ROW, "mechanism": "Retained", "finding": "Lost", "verdict": "opposite"}
    (line,) = mechanism_lines(mechanisms([head, reverse]).table)
    assert line.words == "Lost: more H3K36me3 (A, B); speaks against Retained"


def test_a_set_without_a_called_gene_says_so_and_long_lists_are_cut() -> None:
    alone = {**ROW, "mechanism": "One", "genes": "(A,B)"}
    many = {**ROW, "mechanism": "Two", "genes": "A,B,C,D,E,F", "direction": "mixed"}
    one, two = mechanism_lines(mechanisms([alone, many]).table)
    assert one.words.endswith("(no gene is called by itself)")
    assert two.words == "Two: more and less H3K36me3 (A, B, C, D and 2 more)"


def test_what_is_against_stands_last_and_is_counted() -> None:
    rows = [
        {**ROW, "mechanism": "Against", "verdict": "opposite"},
        {**ROW, "mechanism": "Open", "verdict": "changes, none stated"},
        {**ROW, "mechanism": "Stated"},
        {"mechanism": "Silent", "layer": "H3K36me3", "verdict": "not tested"},
        {"mechanism": "Few", "layer": "H3K36me3", "verdict": "too few to say"},
    ]
    table = mechanisms(rows).table
    lines = mechanism_lines(table)
    assert [x.title for x in lines] == ["Stated", "Open", "Against"]
    said = mechanism_summary(table, lines)
    assert said.startswith("Of 5 mechanisms with signs stated in advance 3 could be judged: the")
    assert "consistent with 1 as stated (1 not stated, 1 against what was stated)" in said
    assert untested_mechanisms(table) == (["Silent"], ["Few"])


def test_a_change_of_which_no_direction_was_stated_is_none_as_stated() -> None:
    rows = [
        {**ROW, "mechanism": "Either way", "verdict": "changes, one way"},
        {**ROW, "mechanism": "Stated"},
    ]
    table = mechanisms(rows).table
    lines = mechanism_lines(table)
    assert [x.title for x in lines] == ["Stated", "Either way"]
    assert lines[1].words == "Either way: more H3K36me3, no direction stated in advance (A, B)"
    said = mechanism_summary(table, lines)
    assert "consistent with 1 as stated (1 where no direction was stated)" in said
