"""Which genes are one piece of evidence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.loci import gene_starts, locus_ids, one_a_locus
from resist_epi.genome.builtin import load_genes


def genes(*rows: tuple[str, str, int, int, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["symbol", "chrom", "start", "end", "strand"])


def test_bidirectional_promoters_are_one_locus() -> None:
    table = genes(
        ("A", "chr1", 100_000, 120_000, "+"),
        ("B", "chr1", 60_000, 99_000, "-"),  # starts 1 kb upstream of A, on the other strand
        ("C", "chr1", 40_000, 60_500, "+"),  # ends near B's end: starts are far apart
        ("D", "chr2", 100_000, 120_000, "+"),
    )
    assert list(locus_ids(table)) == [
        "chr1:99000-100000",
        "chr1:99000-100000",
        "chr1:40000-40000",
        "chr2:100000-100000",
    ]


def test_neighbouring_paralogues_are_one_locus_and_chance_neighbours_are_not() -> None:
    table = genes(
        ("HOXA1", "chr7", 27_000_000, 27_003_000, "-"),
        ("SKAP2", "chr7", 27_040_000, 27_043_000, "-"),
        ("HOXA2", "chr7", 27_090_000, 27_093_000, "-"),
        ("HOXA9", "chr7", 27_500_000, 27_503_000, "-"),
        ("HOXA10", "chr8", 27_090_000, 27_093_000, "-"),
        ("LINC01", "chr9", 1_000, 9_000, "+"),
        ("LINC02", "chr9", 50_000, 59_000, "+"),
    )
    locus = locus_ids(table)
    assert locus[0] == locus[2]
    assert len(set(locus)) == 6


def test_a_domain_joins_the_genes_that_it_covers_by_more_than_half() -> None:
    table = genes(
        ("A", "chr1", 100_000, 110_000, "+"),
        ("B", "chr1", 200_000, 210_000, "+"),
        ("C", "chr1", 300_000, 310_000, "+"),
    )
    domain = pd.DataFrame({"chrom": ["chr1"], "start": [90_000], "end": [304_000]})
    locus = locus_ids(table, domains=domain)
    assert locus[0] == locus[1] != locus[2]


def test_the_start_of_a_gene() -> None:
    table = genes(("A", "chr1", 100, 900, "+"), ("B", "chr1", 100, 900, "-"))
    assert gene_starts(table).tolist() == [100, 900]
    assert gene_starts(table.assign(kind="promoters")).tolist() == [500, 500]


def test_order_of_genes_does_not_matter_and_none_is_fine() -> None:
    table = load_genes("hg38").genes.iloc[:800]
    shuffle = np.random.default_rng(1).permutation(len(table))
    locus = locus_ids(table)
    assert list(locus_ids(table.iloc[shuffle])) == list(locus[shuffle])
    assert len(locus_ids(table.iloc[:0])) == 0
    with pytest.raises(InputFormatError, match="no column strand"):
        locus_ids(table.drop(columns="strand"))


@pytest.mark.parametrize("assembly", ["hg38", "hg19"])
def test_the_clusters_of_the_genome(assembly: str) -> None:
    table = load_genes(assembly).genes
    locus = pd.Series(locus_ids(table), index=table["symbol"])
    for cluster in (
        [f"HOXA{i}" for i in (1, 2, 3, 5, 7, 9, 10, 13)],
        [f"HOXB{i}" for i in range(1, 10)],
        ["H4C1", "H1-2", "H3C4"],
        ["PCDHA1", "PCDHB2", "PCDHGA3", "PCDHGC5"],
        ["ADH1A", "ADH1B", "ADH4", "ADH5", "ADH7"],
    ):
        found = locus[locus.index.isin(cluster)]
        assert set(found.index) == set(cluster)
        assert found.nunique() == 1, cluster
    core = locus[["HK2", "G6PD", "TIGAR", "SLC2A1", "PGD", "TKT"]]
    assert core.nunique() == 6
    assert 0.6 * len(table) < locus.nunique() < 0.85 * len(table)


def test_the_gene_with_most_signal_stands_for_its_locus() -> None:
    locus, signal = np.array([0, 0, 1, 1, 2]), np.array([1.0, 5.0, 2.0, np.nan, 0.5])
    assert one_a_locus(np.arange(5), locus, signal).tolist() == [1, 2, 4]
    assert one_a_locus(np.array([0, 3]), locus, signal).tolist() == [0, 3]
    assert one_a_locus(np.zeros(0, dtype=np.int64), locus, signal).tolist() == []
