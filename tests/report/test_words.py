"""The run in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.set_methods import METHODS, SetMethod, SetPvalues
from resist_epi.report.gather import MarkTables, RunTables, Sheet, gather
from resist_epi.report.references import Citations
from resist_epi.report.warnings import collect_warnings
from resist_epi.report.words import (
    change_in_words,
    facts,
    header_lines,
    join_words,
    methods,
)
from resist_epi.stats.literature import ROBINSON_2010, SMYTH_2004, WU_2012, Reference


def with_facts(run: RunTables, **facts: object) -> RunTables:
    """The run with other facts beside the results of its first mark."""
    mark = run.marks[0]
    named = {k.replace("_", " "): v for k, v in facts.items()}
    changed = {
        kind: Sheet(sheet.table, {**sheet.header, "facts": {**sheet.facts, **named}})
        for kind, sheet in mark.results.items()
    }
    return replace(run, marks=(replace(mark, results=changed), *run.marks[1:]))


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
    assert len(found["Regions tested"]) == 1
    assert "H3K27me3 promoters: 90 of 90" in found["Regions tested"][0].where
    assert found["Regions tested"][0].text.startswith("any signal in at least 4 units")


def test_methods_say_what_was_run_and_cite_it(study: Path) -> None:
    section = methods(gather(study))
    text = "\n".join(section.paragraphs)
    for part in (
        "resist_epi",
        "16 libraries",
        "poor minus good",
        "4 poor + 4 good units",
        "2,500 bp upstream",
        "library size",
        "variances moderated towards a trend",
        "Benjamini and Hochberg",
        "3 gene sets were tested",
        "not by itself evidence of NSD2",
    ):
        assert part in text
    assert "drive" not in text.lower()
    cited = {int(n) for group in text.split("[")[1:] for n in group.split("]")[0].split(",")}
    assert cited == set(range(1, len(section.references) + 1))
    assert WU_2012 in section.references
    assert ROBINSON_2010 not in section.references


def test_methods_of_another_normalisation(study: Path) -> None:
    tmm = {"name": "tmm", "assumption": "most regions do not change", "because": "asked for"}
    run = with_facts(gather(study), normalization=tmm)
    section = methods(run)
    text = "\n".join(section.paragraphs)
    assert "by tmm [1] (H3K27me3), which assumes that most regions do not change." in text
    assert section.references[0] is ROBINSON_2010


def test_methods_of_a_weighted_fit(study: Path) -> None:
    method = {
        "name": "voom",
        "summary": "linear model of log2 counts (voom)",
        "because": "chosen for reads",
        "options": {"weights": "units weighted by REML"},
    }
    text = "\n".join(methods(with_facts(gather(study), method=method)).paragraphs)
    assert "Test (H3K27me3): linear model of log2 counts (voom) [" in text
    assert "Units weighted by REML [" in text
    assert "chosen" not in text


def test_a_gene_set_test_is_named_and_cited_from_its_record(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Reference("Toy A", "Means of sets", "J Toys 2020;1:1")
    nothing = SetMethod("none", "nothing", lambda inputs: SetPvalues(*np.ones((2, 1)), "toy means"))
    monkeypatch.setitem(METHODS, "toy", replace(nothing, references=(paper,)))
    run = gather(study)
    mark = run.marks[0]
    sets = {"S": GeneSet("S", "test", tuple(mark.main.table["symbol"][:20]))}
    for results, said in (
        (mark.main.table, "1 gene sets were tested with toy means"),
        (mark.main.table.assign(stat=np.nan), "described gene by gene (no test"),
    ):
        table = enrich(results, sets, test="toy")
        own = replace(mark, gene_sets=Sheet(table, table.attrs["header"]))
        section = methods(replace(run, marks=(own, *run.marks[1:])))
        assert said in "\n".join(section.paragraphs)
        assert (paper in section.references) == ("toy means" in said)
        assert WU_2012 not in section.references


def test_citations_are_numbered_as_they_come() -> None:
    citations = Citations()
    assert citations.cite(WU_2012) == " [1]"
    assert citations.cite(SMYTH_2004, WU_2012) == " [1,2]"
    assert citations.cite() == ""
    assert [r.authors for r in citations.references] == ["Wu D, Smyth GK", "Smyth GK"]


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
