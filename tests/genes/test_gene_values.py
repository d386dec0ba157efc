"""What each kind of a gene's regions says, side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.quality import log_signal
from resist_epi.errors import InputFormatError
from resist_epi.genes.enrichment import genes_one_by_one
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.gene_values import directions_by_symbol, gene_signal, genes_side_by_side
from resist_epi.mechanism.assays import ASSAYS, Evidence
from resist_epi.mechanism.evidence import join_evidence
from resist_epi.mechanism.switches import MarkTest, mark_switches
from tests.support import builders


def results(symbols: list[str], starts: list[int], **columns: list[object]) -> pd.DataFrame:
    n = len(symbols)
    table = pd.DataFrame(
        {
            "chrom": "chr2",
            "start": starts,
            "end": np.array(starts) + 5000,
            "strand": "+",
            "gene_id": symbols,
            "symbol": symbols,
            "baseMean": np.arange(n, dtype=float),
            "log2FoldChange": np.arange(n) / 10,
            "pvalue": np.linspace(0.01, 0.9, n),
            "padj": np.linspace(0.02, 0.9, n),
            "direction": ["gain"] + ["none"] * (n - 1),
        }
    )
    return table.assign(**columns)


def test_every_gene_of_any_kind_has_one_row_in_genome_order() -> None:
    promoters = results(["B", "A", "A"], [900_000, 0, 50_000], primary=[True, False, True])
    bodies = results(["A", "C"], [2_000, 400_000])
    table = genes_side_by_side({"promoters": promoters, "genes": bodies})
    assert list(table["symbol"]) == ["A", "C", "B"]
    own = table.set_index("symbol")
    # The primary promoter speaks for A, not the one with the smaller P.
    assert own.loc["A", "promoters_pvalue"] == promoters["pvalue"][2]
    assert own.loc["A", "genes_direction"] == "gain"
    assert own.loc["A", "start"] == 50_000
    assert np.isnan(own.loc["C", "promoters_log2FoldChange"])
    assert own.loc["C", "promoters_direction"] == "none"
    assert np.isnan(own.loc["B", "genes_padj"])
    assert table["locus_id"].nunique() == 3


def test_kinds_without_genes_are_left_out() -> None:
    peaks = results(["", ""], [0, 9])
    table = genes_side_by_side({"genes": results(["A"], [0]), "peaks": peaks})
    assert not any(c.startswith("peaks_") for c in table)
    with pytest.raises(InputFormatError, match="none of the regions has a gene"):
        genes_side_by_side({"peaks": peaks})


def two_of_a_name() -> pd.DataFrame:
    """KRT8 with three promoters, of which the last is its own; CRLF2 on X and on Y; TP63 untested.

    The promoters that do not speak stand first, or have the smaller P, or the higher signal.
    """
    columns = [
        "chrom",
        "gene_id",
        "symbol",
        "baseMean",
        "log2FoldChange",
        "stat",
        "direction",
        "primary",
    ]
    table = pd.DataFrame(
        [
            ("chr12", "g1", "KRT8", 90.0, -0.5, np.nan, "none", False),
            ("chr12", "g1", "KRT8", 80.0, -2.0, -9.0, "loss", False),
            ("chr12", "g1", "KRT8", 48.0, 0.9, 3.9, "gain", True),
            ("chr3", "g4", "TP63", 9.0, 3.0, 8.0, "gain", False),
            ("chr3", "g4", "TP63", 1.0, 0.2, np.nan, "none", True),
            ("chrX", "g2", "CRLF2", 5.0, -0.1, np.nan, "none", True),
            ("chrY", "g3", "CRLF2", 4.0, 1.5, 5.0, "gain", True),
        ],
        columns=columns,
    )
    p = np.where(table["stat"].isna(), np.nan, 0.001)
    start = np.arange(len(table)) * 1_000_000
    return table.assign(
        region_id=[f"r{i}" for i in range(len(table))],
        start=start,
        end=start + 5000,
        strand="+",
        kind="promoters",
        df=10.0,
        pvalue=p,
        padj=p,
    )


def test_all_that_ask_for_a_gene_read_the_same_row() -> None:
    table = two_of_a_name()
    want = {"KRT8": 0.9, "TP63": 0.2, "CRLF2": 1.5}
    directions = {"KRT8": "gain", "TP63": "none", "CRLF2": "gain"}
    assert directions_by_symbol(table).to_dict() == directions

    sets = {"S": GeneSet("S", "", tuple(want))}
    level = GeneLevel(table)
    for untested in (False, True):
        members = level.genes.iloc[level.members(sets, untested=untested)["S"]]
        own = members.set_index("symbol")["log2FoldChange"].to_dict()
        # Its own promoter was not tested, so that TP63 has no test; another's would not be its own.
        assert own == (want if untested else {k: want[k] for k in ("KRT8", "CRLF2")})
    one_by_one = genes_one_by_one(table, sets["S"]).set_index("symbol")
    assert one_by_one["log2FoldChange"].to_dict() == want
    assert one_by_one["direction"].to_dict() == directions

    beside = genes_side_by_side({"promoters": table}).set_index("gene_id")
    assert beside.loc["g1", "promoters_log2FoldChange"] == 0.9
    assert np.isnan(beside.loc["g4", "promoters_pvalue"])

    bodies = table.drop(columns="primary").assign(kind="genes")
    for second in (table, bodies.assign(gene_id="")):  # genes matched by id, and by symbol
        found = mark_switches(MarkTest("H3K27me3", table), MarkTest("H3K36me3", second))
        of_first = found.set_index("symbol")["H3K27me3_log2FoldChange"]
        assert of_first["KRT8"] == 0.9
        assert of_first["TP63"] == 0.2
        assert 1.5 in np.atleast_1d(of_first["CRLF2"])

    effects = pd.DataFrame({"gene": list(want), "effect": 1.0, "pvalue": 0.01, "base": np.nan})
    joined = join_evidence(table, Evidence(ASSAYS["expression"], effects), mark="H3K27me3")
    assert joined.set_index("symbol")["log2FoldChange"].to_dict() == want


def test_signal_is_that_of_the_regions_whose_results_are_shown() -> None:
    table = two_of_a_name()
    values = np.arange(14.0).reshape(7, 2) + 1
    places = table[["chrom", "start", "end", "strand", "region_id", "gene_id", "symbol", "kind"]]
    matrix = builders.matrix(values, quantity="mean_signal")
    matrix = replace(matrix, regions=places)
    shown = gene_signal(matrix, table)
    assert list(shown.index) == ["KRT8", "TP63", "CRLF2"]
    whole = log_signal(matrix)
    np.testing.assert_array_equal(shown.to_numpy(), whole[[2, 4, 6]])
    # Without results the highest signal speaks, and the first of two loci has the name.
    np.testing.assert_array_equal(gene_signal(matrix).to_numpy(), whole[[2, 4, 5]])
    with pytest.raises(InputFormatError, match="different regions"):
        gene_signal(matrix, table.assign(region_id="x"))
