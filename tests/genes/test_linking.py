"""Regions and genes: classes, many-to-many links, signed distances, never across chromosomes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genes.linking import LINK_COLUMNS, annotate_regions, annotation_classes
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.regions import bed_regions

# p runs right from 10,000 to 30,000; m runs left from 60,000 to 50,000; n lies inside p.
GENES = Annotation(
    pd.DataFrame(
        [
            ("chr1", 10_000, 30_001, "+", "p", "PLUS", "", ""),
            ("chr1", 15_000, 16_001, "+", "n", "NESTED", "", ""),
            ("chr1", 50_000, 60_001, "-", "m", "MINUS", "", ""),
            ("chr2", 10_000, 20_001, "+", "o", "OTHER", "", ""),
        ],
        columns=["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"],
    ),
    pd.DataFrame(
        [
            ("p", 10_000, 30_000, 2),
            ("p", 20_000, 30_000, 1),
            ("n", 15_000, 16_000, 1),
            ("m", 60_000, 50_000, 1),
            ("o", 10_000, 20_000, 1),
        ],
        columns=["gene_id", "tss", "tes", "n"],
    ),
    None,
    "a test",
)
SMALL = {"promoter": (1000, 500)}


def links_of(*rows: tuple[str, int, int], **options: object) -> list[tuple[object, ...]]:
    found = annotate_regions(bed_regions(rows), GENES, **(SMALL | options))  # type: ignore[arg-type]
    assert tuple(found.links.columns) == LINK_COLUMNS
    return list(
        found.links[["gene_id", "reason", "overlap_bp", "distance"]].itertuples(
            index=False, name=None
        )
    )


def one_class(*row: object, **options: object) -> tuple[object, ...]:
    found = annotate_regions(bed_regions([row]), GENES, **(SMALL | options))  # type: ignore[arg-type, list-item]
    return tuple(found.classes[["class", "nearest_symbol", "distance"]].iloc[0])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("chr1", 9_990, 10_010), ("promoter", "PLUS", 0.0)),
        (("chr1", 9_000, 9_001), ("promoter", "PLUS", -1000.0)),
        (("chr1", 8_999, 9_000), ("intergenic", "PLUS", -1001.0)),
        (("chr1", 10_499, 10_500), ("promoter", "PLUS", 499.0)),
        (("chr1", 10_500, 10_501), ("gene_body", "PLUS", 500.0)),
        (("chr1", 60_100, 60_200), ("promoter", "MINUS", -100.0)),
        (("chr1", 59_000, 59_101), ("gene_body", "MINUS", 900.0)),
        (("chr1", 70_000, 70_001), ("intergenic", "MINUS", -10_000.0)),
        (("chr1", 30_000, 30_001), ("gene_body", "PLUS", 10_000.0)),
        (("chr1", 30_001, 30_002), ("intergenic", "PLUS", 10_001.0)),
    ],
)
def test_classes_and_signed_distances(
    row: tuple[str, int, int], expected: tuple[object, ...]
) -> None:
    assert one_class(*row) == expected


def test_links_are_many_to_many() -> None:
    assert links_of(("chr1", 14_900, 15_100)) == [
        ("n", "promoter", 200, 0.0),
        ("n", "gene_body", 100, 0.0),
        ("p", "gene_body", 200, 4_900.0),
    ]
    # One region over both starts of p: one promoter link, its overlaps added up.
    whole = links_of(("chr1", 9_000, 20_500))
    assert ("p", "promoter", 3000, 0.0) in whole
    assert [w[:2] for w in whole].count(("p", "promoter")) == 1


def test_fractions_are_of_the_region() -> None:
    found = annotate_regions(bed_regions([("chr1", 9_900, 10_100)]), GENES, promoter=(1000, 50))
    assert found.links["fraction"].tolist() == [0.75, 0.5]
    assert found.classes["n_genes"].tolist() == [1]


def test_distal_links_are_made_on_request_only() -> None:
    far = ("chr1", 70_000, 70_100)
    assert links_of(far) == []
    assert links_of(far, distal=10_000) == [("m", "distal", 0, -10_000.0)]
    assert links_of(far, distal=9_999) == []
    assert one_class(*far, distal=10_000)[0] == "distal"
    # A region in a gene is not distal besides.
    assert [x[1] for x in links_of(("chr1", 29_000, 29_010), distal=10**6)] == ["gene_body"]


def test_nothing_is_linked_across_chromosomes(caplog: pytest.LogCaptureFixture) -> None:
    regions = bed_regions([("chr3", 10_000, 10_100), ("chr2", 10_000, 10_100)])
    with caplog.at_level(logging.INFO):
        found = annotate_regions(regions, GENES, distal=10**9)
    assert "1 regions lie on 1 chromosomes without genes in a test (chr3)" in caplog.text
    lonely = found.classes.set_index("chrom").loc["chr3"]
    assert (lonely["class"], lonely["nearest_gene_id"], lonely["n_genes"]) == ("intergenic", "", 0)
    assert np.isnan(lonely["distance"])
    assert set(found.links["gene_id"]) == {"o"}


def test_no_common_chromosome_is_an_error() -> None:
    with pytest.raises(GenomeMismatchError, match="prefix 'chr'"):
        annotate_regions(bed_regions([("1", 10_000, 10_100)]), GENES)


@pytest.mark.parametrize("options", [{"promoter": (-1, 5)}, {"promoter": (0, 0)}, {"distal": -1}])
def test_impossible_sizes_are_refused(options: dict) -> None:
    with pytest.raises(InputFormatError, match="no negative sizes"):
        annotate_regions(bed_regions([("chr1", 1, 2)]), GENES, **options)


def test_summary_of_classes() -> None:
    rows = [("chr1", 9_990, 10_010), ("chr1", 25_000, 25_060), ("chr1", 90_000, 90_020)]
    table = annotation_classes(annotate_regions(bed_regions(rows), GENES, **SMALL))
    assert table["class"].tolist() == ["promoter", "gene_body", "distal", "intergenic"]
    assert table["n_regions"].tolist() == [1, 1, 0, 1]
    assert table["bases"].tolist() == [20, 60, 0, 20]
    assert table["fraction_bases"].tolist() == [0.2, 0.6, 0, 0.2]
    assert table["n_genes"].tolist() == [1, 1, 0, 0]


def test_without_regions_or_without_genes() -> None:
    nothing = annotate_regions(bed_regions([]), GENES)
    assert nothing.links.empty
    assert tuple(nothing.links.columns) == LINK_COLUMNS
    assert annotation_classes(nothing)["n_regions"].sum() == 0
    no_genes = GENES.select(np.zeros(len(GENES), dtype=bool))
    found = annotate_regions(bed_regions([("chr1", 1, 5)]), no_genes, distal=100)
    assert found.classes["class"].tolist() == ["intergenic"]
    assert found.classes["nearest_gene_id"].tolist() == [""]


def test_links_agree_with_a_loop() -> None:
    rng = np.random.default_rng(2)
    start = rng.integers(0, 80_000, 200)
    rows = [
        ("chr1", int(s), int(s + n)) for s, n in zip(start, rng.integers(1, 5000, 200), strict=True)
    ]
    regions = bed_regions(rows)
    found = annotate_regions(regions, GENES, promoter=(1000, 500))
    expected = set()
    windows = [("p", 9000, 10_500), ("p", 19_000, 20_500), ("n", 14_000, 15_500)]
    windows.append(("m", 59_501, 61_001))
    bodies = [("p", 10_000, 30_001), ("n", 15_000, 16_001), ("m", 50_000, 60_001)]
    for region_id, s, e in regions[["region_id", "start", "end"]].itertuples(index=False):
        for reason, parts in (("promoter", windows), ("gene_body", bodies)):
            for gene in "pnm":
                shared = sum(max(0, min(e, y) - max(s, x)) for g, x, y in parts if g == gene)
                if shared:
                    expected.add((region_id, gene, reason, shared))
    columns = ["region_id", "gene_id", "reason", "overlap_bp"]
    assert set(found.links[columns].itertuples(index=False, name=None)) == expected
    assert len(found.links) == len(expected)


def test_regions_take_the_gene_of_the_promoter_that_they_share_most_with() -> None:
    rows = [("chr1", 9_990, 10_010), ("chr1", 25_000, 25_060), ("chr1", 90_000, 90_020)]
    table = with_nearest_genes(bed_regions(rows), GENES, promoter=(1000, 500))
    assert table["gene_id"].tolist() == ["p", "", ""]
    assert table["class"].tolist() == ["promoter", "gene_body", "intergenic"]
    assert table["nearest_symbol"].notna().all()
    assert table["region_id"].tolist() == bed_regions(rows)["region_id"].tolist()


@pytest.mark.real
def test_embryonic_stem_cell_h3k27me3_lies_at_developmental_promoters(real_data: Path) -> None:
    genes = load_genes("hg38")
    linked = []
    for path in sorted((real_data / "peak_files").glob("H[19]_H3K27me3_*_hg38.bed.gz")):
        found = annotate_regions(read_bed_regions(path), genes)
        table = annotation_classes(found).set_index("class")
        assert table["n_regions"].sum() == len(found.classes) > 15_000
        # Promoter windows are about 5 % of the genome; H3K27me3 is ten times denser there.
        assert table.loc["promoter", "fraction_bases"] > 0.45, path
        links = found.links
        linked.append(set(links.loc[links["reason"] == "promoter", "symbol"]))
    assert len(linked) == 4
    everywhere = set.intersection(*linked)
    assert {"HOXA5", "HOXB7", "HOXD11", "PAX6", "GATA4", "NKX2-5", "WT1"} <= everywhere
    assert not {"ACTB", "GAPDH", "POU5F1", "RPLP0", "EEF1A1"} & everywhere
