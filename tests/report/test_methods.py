"""The methods section says what was run, where, and cites it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.set_methods import METHODS, SetMethod, SetPvalues
from resist_epi.report.gather import Sheet, gather
from resist_epi.report.methods import methods
from resist_epi.stats.literature import (
    ANDERS_2010,
    HORN_1965,
    KADOTA_2012,
    ROBINSON_2010,
    SUN_2013,
    TUSHER_2001,
    WANG_2017,
    WU_2010,
    WU_2012,
    Reference,
)
from tests.support.run_facts import with_facts


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
    assert ANDERS_2010 not in section.references


def test_methods_of_another_normalisation(study: Path) -> None:
    tmm = {"name": "tmm", "assumption": "most regions do not change", "because": "asked for"}
    run = with_facts(gather(study), normalization=tmm)
    section = methods(run)
    text = "\n".join(section.paragraphs)
    assert (
        "by TMM in regions [1] (H3K27me3), which assumes that most regions do not change." in text
    )
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


def test_sets_are_counted_by_their_p_and_the_paper_is_cited_once(study: Path) -> None:
    run = gather(study)
    header = {"gene set test": "camera", "gene sets": "camera (Wu & Smyth 2012), one value a gene"}
    tables = [
        pd.DataFrame({"set": list("ABCD"), "pvalue": p})
        for p in ([0.1, 0.2, np.nan, np.nan], [0.1, 0.2, 0.3, np.nan])
    ]
    marks = tuple(
        replace(mark, gene_sets=Sheet(table, header))
        for mark, table in zip(run.marks[:2], tables, strict=True)
    )
    text = methods(replace(run, marks=marks))
    said = next(p for p in text.paragraphs if "gene sets were tested" in p)
    names = [mark.mark for mark in marks]
    start = f"2 ({names[0]}) and 3 ({names[1]}) of 4 gene sets were tested with camera ["
    assert said.startswith(start)
    assert "Wu" not in said
    assert said.count("[") == 1
    assert WU_2012 in text.references


def test_kinds_of_one_mark_may_be_tested_by_different_methods(study: Path) -> None:
    run = gather(study)
    mark = run.marks[0]
    kinds = list(mark.results)
    own = dict(mark.results)
    sheet = own[kinds[-1]]
    other = {
        "name": "ql",
        "summary": "counts by ql",
        "because": "units are alike",
        "options": {"hidden": "adjusted for hidden1"},
    }
    own[kinds[-1]] = Sheet(sheet.table, {**sheet.header, "facts": {**sheet.facts, "method": other}})
    text = "\n".join(
        methods(replace(run, marks=(replace(mark, results=own), *run.marks[1:]))).paragraphs
    )
    words = {"promoters": "promoters", "genes": "gene bodies", "peaks": "consensus peaks"}
    last = words.get(kinds[-1], kinds[-1])
    assert f"Test ({mark.mark} {last}): counts by ql [" in text
    assert "Adjusted for hidden1 [" in text
    assert f"({mark.mark} {words[kinds[0]]}" in text  # the others are named by their own test
    assert len(kinds) > 1


def test_what_the_search_for_hidden_factors_found_is_said_and_cited(study: Path) -> None:
    nothing = {"found": 0, "adjusted": 0}
    run = gather(study)
    assert all("hidden" not in s.facts for m in run.marks for s in m.results.values())  # 4 v 4
    plain = methods(run)
    assert HORN_1965 not in plain.references
    assert "Hidden factors" not in "\n".join(plain.paragraphs)
    for found, said in (
        (nothing, "]: there was none."),
        ({"found": 1, "adjusted": 1}, "]: the design holds those found (H3K27me3)."),
        ({"found": 1, "adjusted": 0}, "]: those found (H3K27me3) were not adjusted for."),
    ):
        section = methods(with_facts(run, hidden=found))
        assert said in "\n".join(section.paragraphs)
        assert {HORN_1965, WANG_2017} <= set(section.references)


def test_what_was_compared_and_relabelled_is_said_and_cited(study: Path) -> None:
    run = gather(study)
    section = methods(run)
    text = "\n".join(section.paragraphs)
    assert "by TMM of the regions that seem unchanged [" in text
    assert "Tests were repeated under TMM in regions [" in text
    assert {KADOTA_2012, SUN_2013, TUSHER_2001} <= set(section.references)
    assert "Under 70 relabellings of the units [" in text
    instead = with_facts(
        run,
        method={"name": "ql", "summary": "counts", "because": "", "options": {}},
    )
    assert ", by trend in place of ql, a median of " in "\n".join(methods(instead).paragraphs)


def test_the_test_of_the_set_named_in_advance_is_cited_where_it_was_done(study: Path) -> None:
    run = gather(study)
    mark = run.marks[0]
    assert WU_2010 not in methods(run).references
    table = pd.DataFrame({"fry_pvalue": [0.01, np.nan], "n_random": [2000, 2000]})
    own = replace(mark, pre_specified=Sheet(table, {}))
    section = methods(replace(run, marks=(own, *run.marks[1:])))
    assert "against 2,000 random sets of genes like its own" in "\n".join(section.paragraphs)
    assert WU_2010 in section.references


def test_methods_say_what_the_spike_in_is_worth(study: Path) -> None:
    checks = {"passes": True, "faults": [], "said": "the spike-in passes its checks (8 reads)"}
    run = with_facts(gather(study), spike_in_checks=checks)
    text = "\n".join(methods(run).paragraphs)
    assert "The spike-in passes its checks (8 reads) (H3K27me3)." in text
