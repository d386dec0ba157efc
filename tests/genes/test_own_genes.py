"""The right gene for a region: the body it covers where the mark is one of bodies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.domain_links import gene_domains, link_domains
from resist_epi.genes.gene_values import gene_rows
from resist_epi.genes.linking import DISTAL, annotate_regions, class_order
from resist_epi.genes.own_genes import own_genes, with_nearest_genes
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.regions import bed_regions

# Called H3K36me3 peaks and domains of simulated tumours: place, the name that release 0.1.0 gave
# (none: -), and the gene whose body lies there and had been given the mark.
WRONG = """
chr1 10404000 10421000 - PGD
chr1 23065000 23083000 - KDM1A
chr1 29192000 29228000 - MECR
chr1 156936000 156947000 MIR765 ARHGEF11
chr1 169921000 170066000 - KIFAP3
chr1 203083000 203085000 MYOPARR MYOG
chr1 224227000 224259000 MIR320B2 NVL
chr1 228490000 228496000 - RNF187
chr2 26251000 26291000 - HADHB
chr2 38982000 39069000 - SOS1
chr2 60940000 60962000 - PUS10
chr2 71110000 71122000 - MCEE
chr2 101860000 101870000 - MAP4K4
chr2 200556000 200584000 AOX1 SGO2
chr2 210188000 210216000 - ACADL
chr2 211375000 212356000 - ERBB4
chr2 216673000 216684000 - IGFBP5
chr2 218866000 218874000 - WNT6
chr2 222869000 222945000 - ACSL3
chr12 4326000 4360000 - TIGAR
chr12 15928000 15934000 - DERA
chr12 109159000 109166000 - ACACB
chr12 124479000 124485000 - NCOR2
chr17 3608000 3631000 TRPV1 SHPK
chr17 41867000 41900000 KLHL11 ACLY
chr17 48596000 48604000 HOXB-AS3 HOXB6
chr17 48724000 48728000 MIR3185 HOXB13
chr17 82079000 82088000 SNORD134 FASN
chrX 29531000 29542000 - IL1RAPL1
chrX 104109000 104125000 ZCCHC18 SLC25A53
chrX 154531000 154547000 IKBKG G6PD
chr1 23021500 23042500 MIR3115 KDM1A
chr1 193034000 193057000 SCARNA18B UCHL5
chr2 212420000 212450000 MIR548F2 ERBB4
chr12 48135000 48157000 ASB8 PFKM
chr17 3607000 3636000 TRPV1 SHPK
chrX 154530000 154548500 IKBKG G6PD
"""

CASES = [line.split() for line in WRONG.split("\n") if line]


def test_names_that_were_wrong_or_missing() -> None:
    regions = bed_regions([(c, int(start), int(end)) for c, start, end, *_ in CASES])
    place = {f"peak:{c}:{start}-{end}": (was, now) for c, start, end, was, now in CASES}
    genes = load_genes("hg38")
    named = with_nearest_genes(regions, genes, main="genes").set_index("region_id")
    links = link_domains(regions, genes, main="genes")
    best = own_genes(links[links["reason"] == "gene_body"], genes, main="genes")
    of_domain = best.drop_duplicates("region_id").set_index("region_id")["symbol"]
    assert len(named) == len(place)
    for region, (was, gene) in place.items():
        row = named.loc[region]
        assert (row["symbol"], row["link"], row["class"]) == (gene, "gene_body", "gene_body")
        assert row["symbol"] != was
        assert row["linked_genes"].startswith(f"{gene}=")
        assert of_domain[region] == gene
    # Several genes stay several, with their shares.
    shared = named.loc["peak:chrX:154531000-154547000", "linked_genes"]
    assert shared == "G6PD=0.98;IKBKG=0.36"
    both = links.loc[links["region_id"] == "peak:chrX:154531000-154547000", "symbol"]
    assert set(both) >= {"G6PD", "IKBKG"}


def test_no_region_with_a_body_under_it_is_unnamed() -> None:
    rng = np.random.default_rng(3)
    genes = load_genes("hg38")
    start = rng.integers(1_000_000, 80_000_000, 400)
    rows = [
        ("chr17", int(s), int(s + n))
        for s, n in zip(start, rng.integers(1, 90_000, 400), strict=True)
    ]
    named = with_nearest_genes(bed_regions(rows), genes, main="genes")
    bodies = genes.genes[genes.genes["chrom"] == "chr17"]
    for row in named.itertuples():
        shared = np.minimum(bodies["end"], row.end) - np.maximum(bodies["start"], row.start)
        under = set(bodies.loc[shared > 0, "gene_id"])
        if under:
            assert row.gene_id in under
            assert row.link == "gene_body"
        elif row.link:
            assert row.link in ("promoter", "distal")
            assert abs(row.distance) <= DISTAL or row.link == "promoter"
        else:
            assert abs(row.distance) > DISTAL


GENES = Annotation(
    pd.DataFrame(
        [
            ("chr1", 10_000, 30_000, "+", "a", "A", "", "protein_coding"),
            ("chr1", 14_000, 20_000, "-", "n", "N", "", "ncRNA"),
            ("chr1", 22_000, 26_000, "+", "s", "S", "", "protein_coding"),
            ("chr1", 90_000, 99_000, "+", "f", "F", "", "protein_coding"),
        ],
        columns=["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"],
    ),
    pd.DataFrame(
        [
            ("a", 10_000, 29_999, 1),
            ("n", 19_999, 14_000, 1),
            ("s", 22_000, 25_999, 1),
            ("f", 90_000, 98_999, 1),
        ],
        columns=["gene_id", "tss", "tes", "n"],
    ),
    None,
    "a test",
)


def named(*row: object, main: str = "genes") -> tuple[str, str, str]:
    table = with_nearest_genes(bed_regions([row]), GENES, promoter=(1000, 500), main=main)  # type: ignore[arg-type, list-item]
    return tuple(table[["symbol", "link", "linked_genes"]].iloc[0])  # type: ignore[return-value]


def test_a_gene_that_is_not_coding_counts_for_half() -> None:
    assert named("chr1", 14_000, 20_000)[0] == "A"
    # N holds the whole region and A less than half of it.
    assert named("chr1", 9_000, 10_100, main="promoters")[0] == "A"


def test_of_equal_bodies_the_one_that_is_covered_more_is_meant() -> None:
    assert named("chr1", 22_000, 26_000) == ("S", "gene_body", "S=1.00;A=1.00")


def test_promoter_then_distance_where_there_is_no_body() -> None:
    assert named("chr1", 9_200, 9_300) == ("A", "promoter", "A=1.00")
    assert named("chr1", 60_000, 61_000) == ("F", "distal", "F")
    assert named("chr1", 150_000, 151_000) == ("", "", "")


def test_bodies_name_nothing_of_promoter_marks_and_the_nearest_start_names_sites() -> None:
    assert named("chr1", 12_000, 12_500, main="promoters") == ("", "", "")
    assert named("chr1", 12_000, 12_500, main="peaks") == ("A", "distal", "A")
    # The nearest start is that of a gene that is not coding: both are linked, the coding one first.
    assert named("chr1", 18_300, 18_400, main="peaks") == ("S", "distal", "S;N")


def test_sites_are_named_by_distance_too() -> None:
    assert named("chr1", 60_000, 61_000, main="peaks") == ("F", "distal", "F")
    assert named("chr1", 60_000, 61_000, main="promoters") == ("", "", "")


@pytest.mark.parametrize(
    ("main", "first"), [("promoters", "promoter"), ("peaks", "promoter"), ("genes", "gene_body")]
)
def test_the_class_follows_the_mark(main: str, first: str) -> None:
    assert class_order(main)[0] == first  # type: ignore[arg-type]
    found = annotate_regions(bed_regions([("chr1", 9_900, 11_000)]), GENES, main=main)  # type: ignore[arg-type]
    assert found.classes["class"].tolist() == [first]
    assert found.links["reason"].iloc[0] == first


def test_the_domain_over_the_body_speaks_for_a_gene_of_a_body_mark() -> None:
    table = bed_regions([("chr1", 9_500, 11_000), ("chr1", 12_000, 29_000)], kind="domains")
    table = table.assign(baseMean=1.0)
    by_body = gene_domains(table, GENES, promoter=(1000, 500), main="genes").set_index("symbol")
    assert by_body.loc["A", ["reason", "region_id"]].tolist() == [
        "gene_body",
        "domain:chr1:12000-29000",
    ]
    by_promoter = gene_domains(table, GENES, promoter=(1000, 500)).set_index("symbol")
    assert by_promoter.loc["A", "reason"] == "promoter"


def test_a_region_that_is_a_genes_by_distance_alone_speaks_last() -> None:
    table = bed_regions([("chr1", 1, 9), ("chr1", 100, 200)]).assign(
        gene_id="a", symbol="A", baseMean=[9.0, 1.0], link=["distal", "gene_body"]
    )
    assert gene_rows(table).tolist() == [1]
    assert gene_rows(table.iloc[:1]).tolist() == [0]


def test_the_same_regions_again_are_a_table_of_their_own() -> None:
    """A run asks twice; what was kept is neither changed by who got it nor given to others."""
    genes = load_genes("hg38")
    regions = bed_regions([("chr4", 1_871_000, 1_875_000)])
    first = with_nearest_genes(regions, genes)
    first.loc[:, "symbol"] = "other"
    assert with_nearest_genes(regions, genes)["symbol"].tolist() == ["NSD2"]
    far = regions.assign(start=100, end=200)
    assert with_nearest_genes(far, genes)["symbol"].tolist() == [""]
    assert with_nearest_genes(regions, genes)["symbol"].tolist() == ["NSD2"]
