"""Each confounder has the state that its table or the design gives it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from resist_epi.report.confounders import Confounder, by_state, confounders
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from tests.support.report_tables import mark_of, results, run_tables, sheet


def run(mark: MarkTables | None = None, **facts: object) -> RunTables:
    made = mark_of("H3K27me3", {"promoters": sheet(results(40), **facts)})
    return run_tables([mark or made])


def state(found: list[Confounder], name: str) -> str:
    return next(c.state for c in found if c.name == name)


def scored(**verdicts: str) -> RunTables:
    rows = [(name, 20, 0.03, verdict) for name, verdict in verdicts.items()]
    table = pd.DataFrame(rows, columns=["set", "n_loci", "pvalue", "verdict"])
    return run(replace(run().marks[0], scores=Sheet(table, {})))


def test_what_nobody_could_check_is_not_called_absent() -> None:
    found = confounders(run())
    assert [c.name for c in found] == [
        *("batch", "hidden factor", "purity", "copy number", "proliferation")
    ]
    assert {c.state for c in found} == {"not checked"}
    known = confounders(replace(run(), columns=("SampleID", "Condition")))
    assert known[0].words == "the sheet has no column Batch"


def test_those_of_one_state_stand_together_the_gravest_first() -> None:
    found = confounders(run(hidden={"found": 1, "adjusted": 0}))
    together = [(state, [c.name for c in own]) for state, own in by_state(found)]
    assert together == [
        ("seen", ["hidden factor"]),
        ("not checked", ["batch", "purity", "copy number", "proliferation"]),
    ]


def test_a_column_of_the_design_is_adjusted_for() -> None:
    columns = {"Condition": {}, "batch": {}, "Purity": {}, "ProliferationScore": {}}
    found = confounders(run(design={"formula": "~ .", "columns": columns}))
    for name in ("batch", "purity", "proliferation"):
        assert state(found, name) == "adjusted"


def test_what_the_check_of_the_design_warns_of_is_seen() -> None:
    said = ["Batch goes with Condition", "Purity differs between the groups"]
    found = confounders(run(**{"design warnings": said}))
    assert state(found, "batch") == state(found, "purity") == "seen"


@pytest.mark.parametrize(
    ("found", "adjusted", "expected"),
    [(0, 0, "not seen"), (1, 0, "seen"), (2, 2, "adjusted")],
)
def test_hidden_factors(found: int, adjusted: int, expected: str) -> None:
    hidden = {"found": found, "adjusted": adjusted}
    assert state(confounders(run(hidden=hidden)), "hidden factor") == expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("alike", "not seen"),
        ("too few to reassure", "unclear"),
        ("differs", "seen"),
        ("partly this", "seen"),
        ("largely this", "seen"),
    ],
)
def test_scores_of_tissue(verdict: str, expected: str) -> None:
    proliferation = confounders(scored(PROLIFERATION_MARKERS=verdict))
    assert state(proliferation, "proliferation") == expected
    assert state(proliferation, "purity") == "not checked"
    purity = confounders(scored(IMMUNE_MARKERS=verdict, STROMA_MARKERS="alike"))
    assert state(purity, "purity") == expected


def test_chromosome_arms() -> None:
    table = pd.DataFrame({"arm": ["1q", "8p"], "shifted": [False, True], "varies": False})
    mark = run().marks[0]
    moved = confounders(run(replace(mark, arms=Sheet(table, {}))))
    assert state(moved, "copy number") == "seen"
    assert next(c.words for c in moved if c.name == "copy number").startswith("8p of 2")
    quiet = Sheet(table.assign(shifted=False), {})
    assert state(confounders(run(replace(mark, arms=quiet))), "copy number") == "not seen"
    divided = replace(mark, segments=table, arms=Sheet(table, {}))
    assert state(confounders(run(divided)), "copy number") == "adjusted"


def test_of_several_marks_the_gravest_state_is_told_with_its_mark() -> None:
    one = mark_of("A", {"promoters": sheet(results(40), hidden={"found": 0, "adjusted": 0})})
    two = mark_of("B", {"promoters": sheet(results(40), hidden={"found": 1, "adjusted": 0})})
    found = next(c for c in confounders(run_tables([one, two])) if c.name == "hidden factor")
    assert found.state == "seen"
    assert found.words == "1 hidden factor found and not adjusted for (B)"


def test_why_hidden_factors_were_not_looked_for_is_said() -> None:
    about = {"name": "x", "kind": "difference", "first": "poor", "second": "good", "units": [4, 4]}
    few = next(c for c in confounders(run(contrast=about)) if c.name == "hidden factor")
    assert few.words == "not looked for in groups of fewer than 5 units"
    many = next(c for c in confounders(run()) if c.name == "hidden factor")
    assert many.words == "not looked for"
