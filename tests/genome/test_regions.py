"""Region tables: what is checked, how they are ordered, promoters and bodies on both strands."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.regions import (
    COLUMNS,
    as_intervals,
    bed_regions,
    check_regions,
    disjoint_by_chrom,
    gene_bodies,
    make_regions,
    overlapping,
    own_tss,
    promoters,
)


def annotation(*genes: tuple[str, str, str, list[tuple[int, int, int]]]) -> Annotation:
    """Genes as (gene_id, chrom, strand, [(tss, tes, transcripts), ...]); symbols are `s` + id."""
    rows, ends = [], []
    for gene_id, chrom, strand, transcripts in genes:
        every = [p for tss, tes, _ in transcripts for p in (tss, tes)]
        place = (chrom, min(every), max(every) + 1, strand)
        rows.append((*place, gene_id, f"s{gene_id}", "", ""))
        ends += [(gene_id, tss, tes, n) for tss, tes, n in transcripts]
    columns = ["chrom", "start", "end", "strand", "gene_id", "symbol", "entrez_id", "biotype"]
    return Annotation(
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(ends, columns=["gene_id", "tss", "tes", "n"]),
        None,
        "a test",
    )


def frame(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def places(table: pd.DataFrame) -> list[tuple[str, int, int]]:
    return list(table[["chrom", "start", "end"]].itertuples(index=False, name=None))


def test_regions_come_in_genome_order_with_all_columns() -> None:
    made = make_regions(frame(("chr10", 5, 9), ("chr2", 7, 9), ("chr2", 5, 9)), kind="peaks")
    assert places(made) == [("chr2", 5, 9), ("chr2", 7, 9), ("chr10", 5, 9)]
    assert list(made.columns) == COLUMNS
    assert made["region_id"].tolist() == ["peak:chr2:5-9", "peak:chr2:7-9", "peak:chr10:5-9"]
    assert set(made["strand"]) == {"."}
    assert made["start"].dtype == np.int64


def test_equal_places_get_different_ids_and_extra_columns_stay() -> None:
    made = make_regions(
        frame(("chr1", 5, 9), ("chr1", 5, 9)).assign(score=[1.5, 2.5]), kind="peaks"
    )
    assert made["region_id"].tolist() == ["peak:chr1:5-9", "peak:chr1:5-9:2"]
    assert made["score"].tolist() == [1.5, 2.5]


def test_the_input_is_not_changed() -> None:
    given = frame(("chr2", 5, 9), ("chr1", 5, 9))
    before = given.copy()
    make_regions(given, kind="bins")
    pd.testing.assert_frame_equal(given, before)


def test_an_empty_table_is_a_region_table() -> None:
    made = make_regions(frame(), kind="peaks")
    assert list(made.columns) == COLUMNS
    assert made.empty
    assert check_regions(made).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 9}, r"'b' \(chr1:9-9 \., kind 'peaks'\): its start is not below its end"),
        ({"start": -1}, "'b'.*negative"),
        ({"start": 2.5}, "'b'.*no whole number"),
        ({"end": "text"}, "'b'.*end is no whole number"),
        ({"region_id": "a"}, "'a'.*not unique"),
        ({"region_id": None}, "no region_id"),
        ({"strand": "*"}, "'b'.*strand"),
        ({"kind": "peak"}, "'b'.*kind is none of promoters genes peaks bins domains"),
        ({"chrom": None}, "'b'.*no chromosome"),
    ],
)
def test_the_bad_region_is_named(change: dict[str, object], message: str) -> None:
    table = make_regions(
        frame(("chr1", 1, 9), ("chr1", 5, 9)).assign(region_id=["a", "b"]), kind="peaks"
    ).astype(object)
    for column, value in change.items():
        table.loc[1, column] = value
    with pytest.raises(InputFormatError, match=message):
        check_regions(table)


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputFormatError, match="lacks the columns start, end"):
        make_regions(pd.DataFrame({"chrom": ["chr1"]}), kind="peaks")


def test_tables_meet_with_common_chromosome_codes() -> None:
    a, b = as_intervals(frame(("chr2", 1, 5), ("chr1", 1, 5)), frame(("chr1", 2, 3)))
    assert a.chrom[1] == b.chrom[0] != a.chrom[0]
    assert as_intervals(frame(), frame())[0].chrom.size == 0
    mask = overlapping(frame(("chr1", 0, 5), ("chr1", 5, 9), ("chr2", 0, 5)), frame(("chr1", 4, 5)))
    assert mask.tolist() == [True, False, False]


def test_windows_mirror_on_the_two_strands() -> None:
    genes = annotation(
        ("p", "chr1", "+", [(10_000, 20_000, 1)]), ("m", "chr1", "-", [(50_000, 40_000, 1)])
    )
    table = promoters(genes, upstream=300, downstream=100).set_index("gene_id")
    # The TSS is the first of the 100 bases downstream, on either strand.
    assert table.loc["p", ["start", "end"]].tolist() == [9_700, 10_100]
    assert table.loc["m", ["start", "end"]].tolist() == [49_901, 50_301]
    assert (table["end"] - table["start"] == 400).all()
    bodies = gene_bodies(genes).set_index("gene_id")
    assert bodies.loc["p", ["start", "end"]].tolist() == [10_500, 20_001]
    assert bodies.loc["m", ["start", "end"]].tolist() == [40_000, 49_501]
    assert (bodies["end"] - bodies["start"] == 10_001 - 500).all()


@pytest.mark.parametrize(("strand", "sign"), [("+", 1), ("-", -1)])
def test_one_promoter_speaks_for_a_gene(strand: str, sign: int) -> None:
    def gene(*sites: tuple[int, int]) -> Annotation:
        return annotation(
            ("g", "chr1", strand, [(10**6 + sign * x, 10**6 + sign * 90_000, n) for x, n in sites])
        )

    # Overlapping windows are one promoter, with the transcripts of both (3 against 2).
    table = promoters(gene((0, 2), (20_000, 1), (20_400, 2)), upstream=500, downstream=500)
    own = table[table["primary"]].iloc[0]
    assert table["primary"].sum() == 1
    assert own["region_id"] == "sg:g:promoter:2"
    assert own["tss"] == 10**6 + sign * 20_400
    assert own["end"] - own["start"] == 1400
    assert own["n_transcripts"] == 3
    # On ties the 5'-most.
    tied = promoters(gene((0, 2), (20_000, 1), (20_400, 1)), upstream=500, downstream=500)
    assert tied.loc[tied["primary"], "region_id"].tolist() == ["sg:g:promoter:1"]
    assert tied.loc[tied["primary"], "tss"].tolist() == [10**6]
    # The body begins after the same TSS.
    body = gene_bodies(gene((0, 1), (20_000, 5))).iloc[0]
    assert body["end"] - body["start"] == 70_001 - 500


def test_every_gene_has_exactly_one_primary_promoter() -> None:
    rng = np.random.default_rng(0)
    genes = []
    for i in range(200):
        strand, base = "+-"[i % 2], int(rng.integers(10**5, 10**6))
        sites = set((base + rng.integers(0, 20_000, rng.integers(1, 8))).tolist())
        tes = base + 30_000 if strand == "+" else base - 30_000
        every = [(int(s), tes, int(rng.integers(1, 4))) for s in sites]
        genes.append((f"g{i}", f"chr{i % 3}", strand, every))
    table = promoters(annotation(*genes))
    assert (table.groupby("gene_id")["primary"].sum() == 1).all()
    assert table["gene_id"].nunique() == 200
    assert table["region_id"].is_unique
    for gene_id, _, strand, every in genes:
        mine = table[table["gene_id"] == gene_id]
        held = {t: mine[(mine["start"] <= t) & (t < mine["end"])] for t, _, _ in every}
        assert all(len(rows) == 1 for rows in held.values())
        votes = dict.fromkeys(mine["region_id"], 0)
        for t, _, n in every:
            votes[held[t]["region_id"].iloc[0]] += n
        most = [r for r in votes if votes[r] == max(votes.values())]
        best = mine[mine["region_id"].isin(most)].sort_values("tss", ascending=strand == "+")
        assert best["primary"].tolist()[0]


def test_windows_of_different_genes_stay_apart() -> None:
    genes = annotation(("a", "chr1", "+", [(5000, 9000, 1)]), ("b", "chr1", "+", [(5100, 9000, 1)]))
    assert len(promoters(genes)) == 2
    assert own_tss(genes)["number"].tolist() == [1, 1]


def test_repeated_symbols_have_unique_ids() -> None:
    genes = annotation(("a", "chr1", "+", [(5000, 9000, 1)]), ("b", "chr2", "+", [(5000, 9000, 1)]))
    same = Annotation(genes.genes.assign(symbol="X"), genes.transcripts, None, "a test")
    assert promoters(same)["region_id"].tolist() == ["X:a:promoter:1", "X:b:promoter:1"]
    bare = Annotation(genes.genes.assign(symbol=""), genes.transcripts, None, "a test")
    assert promoters(bare)["region_id"].tolist() == ["a:promoter:1", "b:promoter:1"]


def test_everything_is_clipped_at_the_ends() -> None:
    genes = annotation(
        ("a", "chr1", "+", [(1000, 9_000, 1)]), ("b", "chr1", "-", [(9_500, 2_000, 1)])
    )
    table = promoters(genes, lengths={"chr1": 10_000})
    assert places(table) == [("chr1", 0, 3500), ("chr1", 7001, 10_000)]
    assert places(promoters(genes, lengths={"chr7": 5}))[1] == ("chr1", 7001, 12_001)
    assert places(gene_bodies(genes, lengths={"chr1": 9_600}))[0] == ("chr1", 1500, 9001)


def test_a_gene_beyond_the_end_means_another_assembly() -> None:
    genes = annotation(("a", "chr1", "+", [(50_000, 90_000, 1)]))
    with pytest.raises(GenomeMismatchError, match=r"gene a starts at chr1:50000.*10000.*assembly"):
        promoters(genes, lengths={"chr1": 10_000})


def test_short_genes_have_no_body_and_this_is_said(caplog: pytest.LogCaptureFixture) -> None:
    genes = annotation(("a", "chr1", "+", [(1000, 1999, 1)]), ("b", "chr1", "+", [(1000, 1998, 1)]))
    with caplog.at_level(logging.INFO):
        table = gene_bodies(genes)
    assert table["gene_id"].tolist() == ["a"]
    assert places(table) == [("chr1", 1500, 2000)]
    assert "1 of 2 genes are shorter than 1000 bp" in caplog.text
    assert gene_bodies(genes, offset=5000).empty


@pytest.mark.parametrize("window", [(-1, 10), (0, 0)])
def test_impossible_windows_are_refused(window: tuple[int, int]) -> None:
    genes = annotation(("a", "chr1", "+", [(1000, 1999, 1)]))
    with pytest.raises(InputFormatError, match="promoter window"):
        promoters(genes, upstream=window[0], downstream=window[1])


def test_an_annotation_without_genes() -> None:
    empty = annotation(("a", "chr1", "+", [(1000, 1999, 1)])).select(np.array([False]))
    assert promoters(empty).empty
    assert gene_bodies(empty).empty


def test_disjoint_regions_by_chromosome() -> None:
    rows = [("chr2", 5, 9), ("chr10", 1, 3), ("chr2", 0, 2), ("chr2", 7, 20), ("chr2", 2, 3)]
    found = disjoint_by_chrom(bed_regions(rows))
    assert {c: (s.tolist(), e.tolist()) for c, (s, e) in found.items()} == {
        "chr2": ([0, 5], [3, 20]),
        "chr10": ([1], [3]),
    }
    assert disjoint_by_chrom(bed_regions([])) == {}
