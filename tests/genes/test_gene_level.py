"""One value a gene: which row speaks, what was measured, and each worked out once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genes import gene_level
from resist_epi.genes.enrichment import enrich_results
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.symbols import SymbolTable
from resist_epi.model.analysis import analyse
from tests.support.builders import planted, regions, sheet

SYMBOLS = SymbolTable({"NSD2": ("NSD2",), "WHSC1": ("NSD2",)}, "test")


def results(**columns: object) -> pd.DataFrame:
    """Six regions 20 kb apart of the genes a, a, b, c, d, and one of none."""
    table = regions(6, width=20_000).assign(
        gene_id=["a", "a", "b", "c", "d", ""],
        symbol=["A", "A", "WHSC1", "C", "C", ""],
        baseMean=[1.0, 5.0, 2.0, 3.0, 4.0, 9.0],
        log2FoldChange=[9.0, 1.0, -1.0, 0.5, np.nan, 9.0],
        stat=[9.0, 2.0, -2.0, np.nan, np.nan, 9.0],
        df=10.0,
        padj=[0.01, 0.01, 0.2, np.nan, np.nan, 0.01],
        direction="none",
    )
    return table.assign(**columns)


def test_the_row_of_the_highest_signal_speaks_for_a_gene() -> None:
    level = GeneLevel(results())
    assert level.rows.tolist() == [1, 2, 3, 4]
    assert level.genes.index.tolist() == [0, 1, 2, 3]
    assert level.change[:3].tolist() == [1.0, -1.0, 0.5]
    assert level.signal.tolist() == [5.0, 2.0, 3.0, 4.0]
    assert np.isfinite(level.z).tolist() == [True, True, False, False]


def test_a_gene_is_measured_by_a_test_where_any_gene_has_one() -> None:
    assert GeneLevel(results()).measured.tolist() == [True, True, False, False]
    untested = GeneLevel(results(stat=np.nan))
    assert untested.measured.tolist() == [True, True, True, False]


def test_members_are_measured_genes_under_old_and_new_names() -> None:
    sets = {"S": GeneSet("S", "", ("A", "NSD2", "C")), "NONE": GeneSet("NONE", "", ("X",))}
    found = GeneLevel(results(), symbols=SYMBOLS).members(sets)
    assert {name: index.tolist() for name, index in found.items()} == {"S": [0, 1], "NONE": []}
    assert GeneLevel(results()).members(sets)["S"].tolist() == [0]
    assert GeneLevel(results()).members(sets, untested=True)["S"].tolist() == [0, 2]


def test_bases_are_those_of_all_regions_that_were_tested() -> None:
    table = results()
    width = int(table.loc[0, "end"] - table.loc[0, "start"])
    assert GeneLevel(table).bases.tolist() == [2 * width, width, 0, 0]
    assert GeneLevel(results(stat=np.nan)).bases.tolist() == [2 * width, width, width, width]


def test_genes_of_one_domain_are_one_locus_and_the_strongest_stands_for_it() -> None:
    level = GeneLevel(results())
    assert len(set(level.locus.tolist())) == 4
    domain = pd.DataFrame({"chrom": ["chr1"], "start": [0], "end": [80_000]})
    broad = replace(level, domains=domain)
    assert len(set(broad.locus.tolist())) == 2, "nothing is kept from the level before"
    assert broad.one_a_locus(np.array([0, 1, 2])).tolist() == [0]


def test_directions_are_those_of_the_level_asked_for() -> None:
    level = GeneLevel(results())
    assert level.directions(0.05).tolist() == ["gain", "none", "none", "none"]
    assert level.directions(0.3).tolist() == ["gain", "loss", "none", "none"]
    written = GeneLevel(results(direction="loss").drop(columns="padj"))
    assert set(written.directions(0.3)) == {"loss"}


def test_what_was_worked_out_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = gene_level.gene_rows
    monkeypatch.setattr(gene_level, "gene_rows", lambda t: calls.append(1) or real(t))
    level = GeneLevel(results())
    assert not calls, "nothing is worked out that nobody reads"
    for _ in range(2):
        assert level.genes is level.genes
        level.members({"S": GeneSet("S", "", ("A",))})
        level.one_a_locus(np.array([0, 1]))
    assert len(calls) == 1


def test_without_genes_or_a_fit() -> None:
    with pytest.raises(InputFormatError, match="none of the regions has a gene"):
        _ = GeneLevel(results(gene_id="", symbol="")).genes
    level = GeneLevel(results())
    assert not level.has_effects
    with pytest.raises(DesignError, match="need a fit"):
        _ = level.effects


def test_sets_are_held_against_no_change_whatever_the_threshold() -> None:
    """Of a test against a threshold nearly all statistics are 0, and few genes made a set's P."""
    counts, rows = planted(per_group=6, changed=12, change=1.5), sheet(["good"] * 6 + ["poor"] * 6)
    sets = {
        "CHANGED": GeneSet("CHANGED", "made here", tuple(f"S{i}" for i in range(12))),
        "QUIET": GeneSet("QUIET", "made here", tuple(f"S{i}" for i in range(100, 130))),
    }
    plain, strict = (
        enrich_results(a.results, sets, a)
        for a in (analyse(counts, rows), analyse(counts, rows, lfc_threshold=0.7))
    )
    np.testing.assert_allclose(strict["pvalue"], plain["pvalue"], rtol=1e-6)
    assert strict.attrs["header"]["threshold"].startswith("sets are held against no change")
    assert "threshold" not in plain.attrs["header"]
