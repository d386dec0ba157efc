"""Warnings of a report: what stops a claim comes first, and nothing is warned of twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resist_epi.report.gather import MarkTables, RunTables, Sheet, gather
from resist_epi.report.warnings import collect_warnings
from resist_epi.report.words import (
    facts,
)
from tests.support.run_facts import with_facts


def texts(run: RunTables) -> str:
    return "\n".join(f"{w.level} {w.where}: {w.text}" for w in collect_warnings(run))


def test_the_small_cohort_is_warned_of_what_it_is(study: Path) -> None:
    said = texts(gather(study))
    assert "4 against 4 biological units" in said
    assert "Library sizes are relative" in said
    assert "Without spike-in" in said
    assert "1 of 3 gene sets have no gene" in said
    assert "No test was possible" not in said
    assert "no Patient column" not in said


def test_what_stops_a_claim_comes_first(study: Path) -> None:
    run = with_facts(gather(study), no_test="one side rests on 1 unit")
    found = collect_warnings(run)
    assert found[0].level == "stop"
    assert "one side rests on 1 unit" in found[0].text
    assert [w.level for w in found] == sorted(
        (w.level for w in found), key=["stop", "caution", "note"].index
    )


def test_a_sheet_without_patients_is_warned_of(study: Path) -> None:
    said = texts(with_facts(gather(study), units={"n": 8, "patients": False}))
    assert "caution H3K27me3: The sheet has no Patient column" in said


def test_no_call_at_all_is_said(study: Path) -> None:
    run = gather(study)
    mark = run.marks[0]
    assert "No region of any kind" not in texts(run)
    quiet = {k: Sheet(s.table.assign(direction="none"), s.header) for k, s in mark.results.items()}
    assert "No region of any kind" in texts(replace(run, marks=(replace(mark, results=quiet),)))


def test_a_spike_in_needs_no_warning(study: Path) -> None:
    said = texts(with_facts(gather(study), normalization={"name": "spike_in"}))
    assert "note H3K36me3: Without spike-in" in said


def test_a_spike_in_that_fails_its_checks_is_warned_of(study: Path) -> None:
    faults = {"passes": False, "faults": ["T1 has 2.0 times the share of the others of its group"]}
    said = texts(with_facts(gather(study), spike_in_checks=faults))
    assert "caution H3K27me3: The spike-in fails its checks, and " in said
    assert "stands in its place: T1 has 2.0 times the share" in said
    named = {"name": "spike_in"}
    said = texts(with_facts(gather(study), spike_in_checks=faults, normalization=named))
    assert "and it was asked for all the same: T1 has 2.0 times" in said
    passed = {"passes": True, "faults": []}
    assert "fails its checks" not in texts(with_facts(gather(study), spike_in_checks=passed))


@pytest.mark.parametrize(
    ("signs", "warned"), [(("gain",) * 60, True), (("gain", "loss") * 30, False)]
)
def test_one_sided_calls_are_warned_of(study: Path, signs: tuple[str, ...], warned: bool) -> None:
    run = gather(study)
    mark: MarkTables = run.marks[0]
    table = mark.main.table.copy()
    table.loc[: len(signs) - 1, "direction"] = signs
    results = {"promoters": Sheet(table, mark.main.header)}
    said = texts(replace(run, marks=(replace(mark, results=results),)))
    assert ("one-sided" in said) is warned


def test_normalisations_that_disagree_are_warned_of(study: Path) -> None:
    run = gather(study)
    mark = run.marks[0]
    assert mark.normalization is not None
    said = {"warnings": ["TMM and background disagree", "shares differ"]}
    table = replace(mark.normalization, header={**mark.normalization.header, **said})
    found = texts(replace(run, marks=(replace(mark, normalization=table), *run.marks[1:])))
    assert "caution H3K27me3: TMM and background disagree." in found
    assert "caution H3K27me3: Shares differ." in found
    assert "disagree" not in texts(run)


def test_facts_that_all_share_are_said_once(study: Path) -> None:
    found = dict(facts(gather(study)))
    assert len(found["Comparison"]) == 1
    assert found["Comparison"][0].where == ""
    assert [f.where.split(":")[0] for f in found["Regions tested"]] == [
        "H3K27me3 promoters",
        "H3K27me3 domains",  # by their windows
    ]
    assert "H3K27me3 promoters: 90 of 90" in found["Regions tested"][0].where
    assert found["Regions tested"][0].text.startswith("any signal in at least 4 units")
