"""Transcripts gathered into genes: loci, TSS and the one that speaks for the gene."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.annotation import Annotation, annotation_from_transcripts

Row = tuple[str, int, int, str, str]


def table(*rows: Row) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end", "strand", "gene_id"])
    return frame.assign(symbol=frame["gene_id"], entrez_id="", biotype="protein_coding")


def gathered(*rows: Row, split_gaps: bool = False) -> Annotation:
    return annotation_from_transcripts(table(*rows), source="test", split_gaps=split_gaps)


def test_a_gene_spans_its_transcripts_and_counts_equal_ones() -> None:
    annotation = gathered(
        ("chr1", 100, 500, "+", "A"),
        ("chr1", 150, 600, "+", "A"),
        ("chr1", 150, 600, "+", "A"),
        ("chr1", 150, 550, "+", "A"),
    )
    (gene,) = annotation.genes.itertuples()
    assert (gene.chrom, gene.start, gene.end) == ("chr1", 100, 600)
    ends = annotation.transcripts[["tss", "tes", "n"]].to_numpy().tolist()
    assert ends == [[100, 499, 1], [150, 549, 1], [150, 599, 2]]


def test_minus_strand_ends_are_the_first_and_last_transcribed_base() -> None:
    annotation = gathered(("chr1", 100, 500, "-", "A"), ("chr1", 100, 450, "-", "A"))
    assert annotation.transcripts["tss"].tolist() == [499, 449], "from 5' to 3'"
    assert annotation.transcripts["tes"].tolist() == [100, 100]


@pytest.mark.parametrize(("strand", "primary"), [("+", 20), ("-", 79)])
def test_primary_promoter_is_that_of_most_transcripts(strand: str, primary: int) -> None:
    inner = ("chr1", 20, 80, strand, "A")
    shorter = ("chr1", 20, 70, strand, "A") if strand == "+" else ("chr1", 30, 80, strand, "A")
    annotation = gathered(("chr1", 10, 90, strand, "A"), inner, shorter)
    assert annotation.primary_tss()["A"] == primary
    sites = annotation.promoters()
    assert sites["primary"].tolist() == [False, True]
    assert sites["n"].tolist() == [1, 2]


@pytest.mark.parametrize(("strand", "primary"), [("+", 10), ("-", 89)])
def test_on_ties_the_5_prime_most_speaks_for_the_gene(strand: str, primary: int) -> None:
    annotation = gathered(("chr1", 20, 80, strand, "A"), ("chr1", 10, 90, strand, "A"))
    assert annotation.primary_tss()["A"] == primary


def test_genes_are_in_genome_order_and_ids_unique() -> None:
    annotation = gathered(
        ("chr10", 5, 9, "+", "C"), ("chrX", 5, 9, "+", "D"), ("chr2", 7, 9, "-", "A"),
        ("chr2", 5, 9, "+", "B"),
    )  # fmt: skip
    assert annotation.genes["gene_id"].tolist() == ["B", "A", "C", "D"]
    assert annotation.transcripts["gene_id"].tolist() == ["B", "A", "C", "D"]


def test_pseudoautosomal_copy_gets_an_id_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        annotation = gathered(("chrY", 5, 9, "+", "A"), ("chrX", 5, 9, "+", "A"))
    assert dict(zip(annotation.genes["chrom"], annotation.genes["gene_id"], strict=True)) == {
        "chrX": "A",
        "chrY": "A_locus2",
    }
    assert annotation.genes["symbol"].tolist() == ["A", "A"]
    assert "1 genes lie in several places" in caplog.text


def test_the_locus_of_most_transcripts_keeps_the_id() -> None:
    annotation = gathered(
        ("chr1", 5, 9, "+", "A"), ("chr2", 5, 9, "+", "A"), ("chr2", 6, 9, "+", "A")
    )
    assert annotation.genes["gene_id"].tolist() == ["A_locus2", "A"]


def test_gaps_split_only_where_asked() -> None:
    rows: list[Row] = [("chr1", 100, 200, "+", "A"), ("chr1", 900, 950, "+", "A")]
    assert len(gathered(*rows)) == 1
    split = gathered(*rows, split_gaps=True)
    assert split.genes["gene_id"].tolist() == ["A", "A_locus2"]
    touching: list[Row] = [("chr1", 100, 300, "+", "A"), ("chr1", 120, 150, "+", "A"),
                           ("chr1", 250, 400, "+", "A")]  # fmt: skip
    assert len(gathered(*touching, split_gaps=True)) == 1, "overlap reaches over a short one"


def test_moving_all_coordinates_moves_all_results() -> None:
    rows: list[Row] = [("chr1", 20, 80, "-", "A"), ("chr1", 10, 90, "-", "A")]
    moved = [(c, s + 1000, e + 1000, st, g) for c, s, e, st, g in rows]
    before, after = gathered(*rows).transcripts, gathered(*moved).transcripts
    assert (after[["tss", "tes"]] - before[["tss", "tes"]] == 1000).all().all()


def test_no_genes_at_all() -> None:
    annotation = annotation_from_transcripts(table(("chr1", 1, 2, "+", "A")).iloc[:0], source="t")
    assert len(annotation) == 0
    assert annotation.promoters().empty


def test_selection_keeps_the_transcripts_of_the_genes() -> None:
    annotation = gathered(("chr1", 5, 9, "+", "A"), ("chr2", 5, 9, "+", "B"))
    chosen = annotation.select(annotation.genes["chrom"] == "chr2")
    assert chosen.genes["gene_id"].tolist() == ["B"]
    assert chosen.transcripts["gene_id"].tolist() == ["B"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("chr1", 9, 9, "+", "A"), "start must be"),
        (("chr1", -1, 9, "+", "A"), "start must be"),
        (("chr1", 1, 9, ".", "A"), "strand must be"),
    ],
)
def test_impossible_genes_are_named(row: Row, message: str) -> None:
    with pytest.raises(InputFormatError, match=f"gene 'A' .*{message}"):
        gathered(row)


def test_inconsistent_tables_are_refused() -> None:
    good = gathered(("chr1", 5, 9, "+", "A"), ("chr2", 5, 9, "+", "B"))
    with pytest.raises(InputFormatError, match="lacks the columns tss"):
        Annotation(good.genes, good.transcripts.drop(columns="tss"), None, "t")
    with pytest.raises(InputFormatError, match=r"gene 'B' .*no transcript"):
        Annotation(good.genes, good.transcripts.iloc[:1], None, "t")
    with pytest.raises(InputFormatError, match="gene 'A' that the table of genes lacks"):
        Annotation(good.genes.iloc[1:], good.transcripts, None, "t")
    with pytest.raises(InputFormatError, match="id is not unique"):
        Annotation(good.genes.iloc[[0, 0, 1]], good.transcripts, None, "t")
