"""What `check` says of a design, contrast and method before anything is counted."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.check_question import check_asked, question_findings
from tests.support.builders import sheet

GROUPS = ["good"] * 3 + ["poor"] * 3


def said(rows: SampleSheet, question: Question | None = None) -> list[tuple[str, str]]:
    return list(question_findings(rows, question))


def test_nothing_is_said_of_the_default_of_two_plain_groups() -> None:
    assert said(sheet(GROUPS)) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"contrast": "poor-god"}, "Did you mean 'poor-good'?"),
        ({"formula": "~ Agee + Condition"}, "did you mean 'Age'"),
        ({"formula": "~ Age + Condition"}, "'unknown' of s2"),
        ({"formula": "~ Batch + Condition"}, "Condition is confounded with Batch"),
        ({"method": "trned"}, "Did you mean 'trend'?"),
        ({"method": "cox"}, "cox needs the column TimeToProgression"),
        ({"normalize": "geo"}, "unknown normalisation 'geo'"),
        ({"normalize": "spike_in"}, "spike_in needs the column SpikeInReads"),
        ({"normalize": "common_peaks"}, "common_peaks needs the column Peaks"),
        ({"block": "Patiend"}, "no column 'Patiend'"),
        ({"method": "ql", "block": "Batch"}, "ql has no random effects"),
        ({"method": "trend", "strata": "Batch"}, "trend has no baseline hazards"),
        ({"method": "welch", "lfc_threshold": 1.0}, "welch has no test against a threshold"),
        ({"coefficient": "Condition[T.bad]"}, "its coefficients are Condition[T.poor]"),
    ],
)
def test_what_would_be_refused_is_an_error(asked: dict[str, object], message: str) -> None:
    rows = sheet(GROUPS, Age=["50", "61", "unknown", "70", "45", "66"], Batch=list("111222"))
    question = Question(**asked)  # type: ignore[arg-type]
    (level, text), *_ = said(rows, question)
    assert level == "error"
    assert message in text
    with pytest.raises(DesignError):
        check_asked(rows, question)


def test_too_few_units_is_a_warning_since_fold_changes_can_be_had() -> None:
    rows = sheet(["good", "poor", "poor", "poor"], Patient=["P1", "P2", "P3", "P4"])
    levels = dict(said(rows, Question(contrast="poor-good")))
    assert "--fold-changes-only" in levels["warning"]
    check_asked(rows, Question(contrast="poor-good"))


def test_units_are_counted_not_libraries() -> None:
    rows = sheet(GROUPS, Patient=["P1", "P1", "P1", "P2", "P3", "P4"])
    assert "one side rests on 1 biological unit" in said(rows, Question(contrast="poor-good"))[0][1]


def test_what_the_defaults_cannot_answer_is_a_warning() -> None:
    ((level, text),) = said(sheet(["a", "a", "b", "b", "c", "c"]))
    assert level == "warning"
    assert "name one with --contrast" in text


def test_a_confounded_column_outside_the_design_is_said() -> None:
    ((level, text),) = said(sheet(GROUPS, Batch=["1", "1", "1", "2", "2", "2"]))
    assert level == "warning"
    assert "Batch goes with Condition" in text


def test_columns_for_normalising_must_be_whole() -> None:
    rows = sheet(GROUPS, SpikeInReads=["1000", "", "3", "4", "5", "6"])
    ((level, text),) = said(rows)
    assert (level, "SpikeInReads holds no positive number for s1" in text) == ("warning", True)


def test_every_mark_is_asked() -> None:
    one = sheet(GROUPS).table
    both = pd.concat([one, one.assign(SampleID=[f"t{i}" for i in range(6)], Factor="ER")])
    question = Question(contrast="poor-goood")
    found = said(SampleSheet(both.reset_index(drop=True)), question)
    assert [text.split(":")[0] for _, text in found] == ["H3K27me3", "ER"]
