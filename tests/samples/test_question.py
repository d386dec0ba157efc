"""One record of what is asked: checked, written down, read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resist_epi.errors import DesignError
from resist_epi.samples.question import Confounders, Question


def test_every_default_stands_once() -> None:
    assert Question() == Question("~ Condition", fdr=0.05, lfc_threshold=0.0)
    assert (Question.formula, Question.fdr, Confounders.control) == ("~ Condition", 0.05, "none")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("formula", ""),
        ("formula", None),
        ("contrast", 3),
        ("method", " "),
        ("fdr", 1.5),
        ("fdr", "0.05"),
        ("fdr", float("nan")),
        ("lfc_threshold", -1),
        ("lfc_threshold", float("inf")),
        ("lfc_threshold", 1e9),
        ("confounders", {"control": "none"}),
    ],
)
def test_a_wrong_value_names_its_field(field: str, value: object) -> None:
    with pytest.raises(DesignError, match=f"^{field}: expected"):
        Question(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"control": "subtract"}, "control: unknown use of inputs 'subtract'"),
        ({"copy_number": "guess"}, "copy_number: unknown source of copy number 'guess'"),
        ({"copy_number": "segments"}, "give it with --segments"),
        ({"copy_number": "none", "segments": Path("a.seg")}, "leave one out"),
        ({"fasta": Path("hg38.fa")}, "needs --copy-number input"),
        ({"background": 3}, "background: expected the path of a file"),
    ],
)
def test_confounders_that_do_not_go_together(asked: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        Confounders(**asked)  # type: ignore[arg-type]


def test_segments_alone_say_where_copy_number_is_from() -> None:
    assert Confounders().source == "none"
    assert Confounders(segments=Path("a.seg")).source == "segments"
    assert Confounders(copy_number="input").source == "input"


def test_it_comes_back_from_plain_values_wherever_the_folder_went(tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = Confounders(
        control="filter",
        segments=run / "copy_number" / "a.seg",
        background=Path("/elsewhere/bins.parquet"),
    )
    question = Question("~ Batch + Condition", "poor-good", lfc_threshold=0.7, confounders=asked)
    values = json.loads(json.dumps(question.as_values(run / "differential")))
    assert values["confounders"]["segments"] == "../copy_number/a.seg"
    assert values["confounders"]["background"] == "/elsewhere/bins.parquet"
    assert Question.from_values(values, run / "differential") == question
    moved = Question.from_values(values, tmp_path / "moved" / "differential").confounders
    assert moved.segments == tmp_path / "moved" / "copy_number" / "a.seg"
    assert moved.background == asked.background


def test_unknown_names_are_refused_in_words() -> None:
    with pytest.raises(DesignError, match="a question has no 'metod'; expected formula, contrast"):
        Question.from_values({"metod": "voom"})
    with pytest.raises(DesignError, match="a question has no 'inputs'; expected control"):
        Question.from_values({"confounders": {"inputs": "offset"}})
    with pytest.raises(DesignError, match="confounders: expected names and values"):
        Question.from_values({"confounders": "none"})


def test_what_is_given_besides_wins_and_differences_are_known() -> None:
    stored = Question(block="Site", method="trend")
    now = stored.with_options(method="voom", control="offset")
    assert now.block == "Site"
    assert stored.differences(now) == {"method": ("trend", "voom"), "control": ("none", "offset")}
    assert stored.differences(stored.with_options()) == {}
    with pytest.raises(TypeError):
        stored.with_options(metod="voom")
