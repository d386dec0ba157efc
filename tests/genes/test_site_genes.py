"""A gene of a mark of sites has the mean of its linked sites, and no site is chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError
from resist_epi.genes.gene_values import genes_side_by_side
from resist_epi.genes.site_genes import genes_of_sites, site_links
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.regions import bed_regions
from resist_epi.model.analysis import Analysis, analyse
from tests.support.builders import matrix, sheet

GENES = Annotation(
    pd.DataFrame(
        [
            ("chr1", 100_000, 400_000, "+", "a", "A", "", "protein_coding"),
            ("chr1", 92_000, 99_500, "-", "b", "B", "", "protein_coding"),
            ("chr1", 900_000, 950_000, "+", "c", "C", "", "protein_coding"),
        ],
        columns=["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"],
    ).sort_values("start", ignore_index=True),
    pd.DataFrame(
        [("b", 99_499, 92_000, 1), ("a", 100_000, 399_999, 1), ("c", 900_000, 949_999, 1)],
        columns=["gene_id", "tss", "tes", "n"],
    ),
    None,
    "a test",
)

SITES = [
    ("chr1", 99_600, 99_900),  # in the promoters of both A and B
    ("chr1", 120_000, 120_500),  # in A, 20 kb from its start
    ("chr1", 140_000, 140_400),
    ("chr1", 300_000, 300_500),  # in A's body, far from any start
    ("chr1", 870_000, 870_300),  # 30 kb before C
    ("chr1", 700_000, 700_300),  # nobody's
]


def sites() -> pd.DataFrame:
    return bed_regions(SITES)


def analysis() -> Analysis:
    rng = np.random.default_rng(4)
    others = [("chr2", 10_000 * i, 10_000 * i + 500) for i in range(1, 80)]
    where = bed_regions(SITES + others)
    values = rng.lognormal(4, 0.2, size=(len(where), 8))
    values[1, 4:] *= 4  # one site of A rises, another falls
    values[2, 4:] /= 3
    made = matrix(values)
    made = type(made)(
        values, where, made.samples, made.quantity, made.library_sizes, made.size_factors
    )
    groups = ["good"] * 4 + ["poor"] * 4
    return analyse(made, sheet(groups), method="trend", weights="none")


def test_each_site_has_the_genes_of_its_best_reason() -> None:
    links = site_links(sites(), GENES)
    found = {
        region: set(zip(own["symbol"], own["reason"], strict=True))
        for region, own in links.groupby("region_id")
    }
    expected = [
        {("A", "promoter"), ("B", "promoter")},
        {("A", "distal")},
        {("A", "distal")},
        {("A", "gene_body")},
        {("C", "distal")},
    ]
    names = sites().sort_values("start")["region_id"].tolist()
    order = [f"peak:{c}:{s}-{e}" for c, s, e in SITES]
    assert set(found) == set(order[:5])
    assert [found[name] for name in order[:5]] == expected
    assert order[5] in names


def test_the_mean_is_tested_never_the_best_site() -> None:
    made = analysis()
    links = site_links(made.results, GENES)
    found = genes_of_sites(made, links, GENES)
    table = found.results.set_index("symbol")
    change = made.results.set_index("region_id")["log2FoldChange"]
    for gene, own in links.groupby("symbol"):
        assert table.loc[gene, "log2FoldChange"] == pytest.approx(change[own["region_id"]].mean())
        assert table.loc[gene, "n_sites"] == len(own)
    assert list(table.index) == ["B", "A", "C"]  # genome order, the genes' own places
    assert table.loc["A", ["start", "end", "strand"]].tolist() == [100_000, 400_000, "+"]
    assert table.loc["A", "site_reason"] == "distal,gene_body,promoter"
    best = change[links.loc[links["symbol"] == "A", "region_id"]].abs().max()
    assert abs(table.loc["A", "log2FoldChange"]) < best / 2
    assert "3 genes, each by the mean of its linked sites" in found.header["gene values"]
    # Samples, contrast and question are those of the sites.
    assert found.question == made.question
    assert found.matrix.samples == made.matrix.samples


def test_the_table_of_genes_says_how_many_sites() -> None:
    made = analysis()
    found = genes_of_sites(made, site_links(made.results, GENES), GENES)
    table = genes_side_by_side({"peaks": found.results}).set_index("symbol")
    assert table["peaks_n_sites"].to_dict() == {"B": 1, "A": 4, "C": 1}


def test_without_a_linked_site_nothing_is_made_up() -> None:
    made = analysis()
    links = site_links(made.results, GENES).iloc[:0]
    with pytest.raises(DesignError, match="none of these groups"):
        genes_of_sites(made, links, GENES)
