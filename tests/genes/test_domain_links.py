from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.domain_links import DOMAIN_LINKS, gene_domains, link_domains, whole_domains
from resist_epi.genes.gene_values import genes_side_by_side
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.regions import bed_regions

PROMOTER = (1000, 500)
GENES = pd.DataFrame(
    [
        ("chr1", 10_000, 30_000, "+", "a", "A", "", ""),
        ("chr1", 32_000, 34_000, "-", "b", "B", "", ""),
        ("chr1", 36_000, 40_000, "+", "c", "C", "", ""),
        ("chr2", 500_000, 510_000, "+", "d", "D", "", ""),
    ],
    columns=["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"],
)
TRANSCRIPTS = pd.DataFrame(
    [
        ("a", 10_000, 29_999, 1),
        ("b", 33_999, 32_000, 1),
        ("c", 36_000, 39_999, 1),
        ("d", 500_000, 509_999, 1),
    ],
    columns=["gene_id", "tss", "tes", "n"],
)
ANNOTATION = Annotation(GENES, TRANSCRIPTS, None, "a test")


def links(*rows: tuple[str, int, int]) -> list[tuple[object, ...]]:
    found = link_domains(bed_regions(rows, kind="domains"), ANNOTATION, promoter=PROMOTER)
    assert tuple(found.columns) == DOMAIN_LINKS
    return list(found[["symbol", "reason", "n_covered"]].itertuples(index=False, name=None))


def test_a_domain_over_several_genes_says_so() -> None:
    assert links(("chr1", 31_000, 41_000)) == [
        ("B", "promoter", 2),
        ("C", "promoter", 2),
        ("B", "gene_body", 2),
        ("C", "gene_body", 2),
        ("B", "several_genes", 2),
        ("C", "several_genes", 2),
    ]


def test_a_domain_over_a_part_of_one_gene_does_not() -> None:
    assert links(("chr1", 12_000, 13_000)) == [("A", "gene_body", 0)]
    assert links(("chr1", 11_000, 30_000)) == [("A", "gene_body", 1)]


def test_distance_decides_between_distal_and_the_last_resort() -> None:
    assert links(("chr1", 80_000, 81_000)) == [("C", "distal", 0)]
    assert links(("chr1", 200_000, 201_000)) == [("C", "nearest", 0)]
    found = link_domains(bed_regions([("chr1", 200_000, 201_000)]), ANNOTATION, promoter=PROMOTER)
    assert found["distance"].tolist() == [164_000]


def test_links_never_cross_chromosomes() -> None:
    assert links(("chr2", 0, 1000)) == [("D", "nearest", 0)]
    assert links(("chr1", 20_000, 21_000), ("chr9", 0, 1000)) == [("A", "gene_body", 0)]


def test_every_overlap_of_the_built_in_genes_is_a_link() -> None:
    annotation = load_genes("hg38")
    rng = np.random.default_rng(1)
    starts = rng.integers(10**6, 2 * 10**8, size=40)
    regions = bed_regions([("chr1", int(s), int(s) + 60_000) for s in starts], kind="domains")
    found = link_domains(regions, annotation)
    genes = annotation.genes[annotation.genes["chrom"] == "chr1"]
    for row in regions.itertuples():
        inside = genes[(genes["start"] < row.end) & (genes["end"] > row.start)]
        mine = found[found["region_id"] == row.region_id]
        bodies = mine[mine["reason"] == "gene_body"].set_index("gene_id")
        assert set(bodies.index) == set(inside["gene_id"])
        shared = np.minimum(inside["end"], row.end) - np.maximum(inside["start"], row.start)
        fraction = (shared / (inside["end"] - inside["start"])).to_numpy()
        np.testing.assert_allclose(bodies.loc[inside["gene_id"], "gene_fraction"], fraction)
        expected = set(inside["gene_id"][fraction > 0.5]) if (fraction > 0.5).sum() > 1 else set()
        assert set(mine.loc[mine["reason"] == "several_genes", "gene_id"]) == expected
        assert len(mine)  # the nearest at least


def results(*rows: tuple[str, int, int], pvalue: list[float], mean: list[float]) -> pd.DataFrame:
    table = bed_regions(rows, kind="domains")
    return table.assign(
        baseMean=mean,
        log2FoldChange=np.arange(len(rows)) + 1.0,
        pvalue=pvalue,
        padj=pvalue,
        direction="none",
        whole_start=table["start"],
        whole_end=table["end"],
    )


def test_the_domain_at_the_promoter_speaks_for_a_gene_whatever_its_p() -> None:
    table = results(
        ("chr1", 9500, 10_200), ("chr1", 10_200, 29_000), pvalue=[0.9, 1e-9], mean=[1, 9]
    )
    spoken = gene_domains(table, ANNOTATION, promoter=PROMOTER).set_index("symbol")
    assert spoken.loc["A", "pvalue"] == 0.9
    assert spoken.loc["A", "reason"] == "promoter"
    assert spoken.loc["A", "fraction"] == pytest.approx(700 / 1500)
    assert spoken.loc["A", "start"] == 10_000  # the gene's own place
    assert list(spoken.index) == ["A"]


def test_without_one_at_the_promoter_the_body_decides() -> None:
    table = results(
        ("chr1", 12_000, 14_000), ("chr1", 20_000, 29_000), pvalue=[1e-9, 0.5], mean=[9, 1]
    )
    spoken = gene_domains(table, ANNOTATION, promoter=PROMOTER)
    assert spoken["pvalue"].tolist() == [0.5]
    assert spoken["reason"].tolist() == ["gene_body"]
    assert spoken["fraction"].tolist() == [pytest.approx(0.45)]


def test_domains_stand_beside_the_other_kinds_and_join_loci() -> None:
    table = results(("chr1", 31_000, 41_000), pvalue=[0.01], mean=[3])
    spoken = gene_domains(table, ANNOTATION, promoter=PROMOTER)
    bodies = GENES.assign(
        region_id=GENES["gene_id"],
        kind="genes",
        baseMean=1.0,
        log2FoldChange=0.0,
        pvalue=0.5,
        padj=0.5,
        direction="none",
    )
    alone = genes_side_by_side({"genes": bodies}).set_index("symbol")
    found = genes_side_by_side(
        {"genes": bodies, "domains": spoken}, domains=whole_domains(table)
    ).set_index("symbol")
    assert found.loc["B", "domains_region_id"] == found.loc["C", "domains_region_id"] != ""
    assert found.loc["A", "domains_region_id"] == found.loc["A", "domains_reason"] == ""
    assert found.loc["B", "domains_pvalue"] == 0.01
    assert np.isnan(found.loc["A", "domains_fraction"])
    assert found.loc["B", "locus_id"] == found.loc["C", "locus_id"]
    assert found.loc["A", "locus_id"] != found.loc["B", "locus_id"]
    assert alone["locus_id"].nunique() >= found["locus_id"].nunique()


def test_no_domain_and_no_region() -> None:
    empty = results(pvalue=[], mean=[])
    assert gene_domains(empty, ANNOTATION).empty
    assert link_domains(empty, ANNOTATION).empty
    assert whole_domains(empty).empty
