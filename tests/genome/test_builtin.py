"""Genes and genomes that ship load and are right; `benchmarks/bench_loading.py` says how fast."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.own_genes import with_nearest_genes
from resist_epi.genome.builtin import (
    GENE_TABLES,
    cpg_island_genes,
    known_genomes,
    load_genes,
    load_genome,
    load_linked_genes,
    read_shipped,
)
from resist_epi.genome.chromosomes import chrom_rank, recognise_assembly
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.reference import Reference, load_reference
from resist_epi.genome.regions import promoters
from tests.support.gene_sites import promoter_sites, sites_near


@pytest.mark.parametrize("assembly", GENE_TABLES)
def test_genes_load_once(assembly: str) -> None:
    annotation = load_genes(assembly)
    assert annotation.assembly == assembly
    assert len(annotation) > 20_000
    assert load_genes(assembly) is annotation


def test_unknown_gene_table_names_those_there_are() -> None:
    with pytest.raises(InputFormatError, match=r"'hg18'; expected hg38 or hg19.*--genes"):
        load_genes("hg18")


def test_unknown_assembly_names_those_there_are() -> None:
    with pytest.raises(InputFormatError, match=r"'hg40'; expected one of hg38, hg19, .*rn4"):
        load_genome("hg40")


def test_genomes_are_in_genome_order() -> None:
    assert {"hg38", "hg19", "mm10", "rn4"} <= set(known_genomes())
    genome = load_genome("hg38")
    assert genome.chroms == tuple(f"chr{c}" for c in [*range(1, 23), "X", "Y", "M"])
    assert load_genome("mm10").chroms[-4:] == ("chr19", "chrX", "chrY", "chrM")


@pytest.mark.parametrize(
    ("assembly", "symbol", "chrom", "start", "end", "strand", "entrez"),
    [
        ("hg38", "NSD2", "chr4", 1_871_392, 1_982_207, "+", "7468"),
        ("hg38", "HK2", "chr2", 74_834_126, 74_893_358, "+", "3099"),
        ("hg38", "TIGAR", "chr12", 4_321_212, 4_360_024, "+", "57103"),
        ("hg38", "G6PD", "chrX", 154_531_389, 154_547_569, "-", "2539"),
        # 1-based 153,759,606-153,775,787 in the source
        ("hg19", "G6PD", "chrX", 153_759_605, 153_775_787, "-", "2539"),
        ("hg19", "NSD2", "chr4", 1_873_122, 1_983_933, "+", "7468"),
        ("hg19", "SETD2", "chr3", 47_057_899, 47_205_467, "-", "29072"),
    ],
)
def test_known_genes_lie_where_they_should(
    assembly: str, symbol: str, chrom: str, start: int, end: int, strand: str, entrez: str
) -> None:
    genes = load_genes(assembly).genes
    (gene,) = genes[genes["symbol"] == symbol].itertuples()
    assert (gene.chrom, gene.start, gene.end) == (chrom, start, end)
    assert (gene.strand, gene.entrez_id, gene.biotype) == (strand, entrez, "protein_coding")
    assert gene.gene_id.startswith("ENSG")


def test_multiplicity_of_transcripts_is_kept() -> None:
    nsd2 = load_genes("hg38").promoters().set_index("gene_id").loc["ENSG00000109685"]
    assert nsd2["tss"].tolist() == [1_871_392, 1_892_781, 1_900_625]
    assert nsd2["n"].tolist() == [1, 3, 1]
    assert nsd2["most_transcripts"].tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("assembly", "symbol", "mane", "most_used"),
    [
        # Their promoters by number of transcripts lie inside the gene.
        ("hg38", "NSD2", 1_871_392, 1_892_781),
        ("hg38", "NCOR1", 16_215_533, 16_194_638),
        ("hg38", "ACSL1", 184_825_967, 184_815_123),
        # Three starts of one transcript each, of which the rule takes the 5'-most.
        ("hg38", "G6PD", 154_546_845, 154_547_568),
        ("hg38", "TIGAR", 4_321_212, 4_321_212),
        ("hg19", "NSD2", 1_873_122, 1_894_508),
        ("hg19", "NCOR1", 16_118_873, 16_097_952),
    ],
)
def test_the_start_of_mane_select_speaks_for_a_gene(
    assembly: str, symbol: str, mane: int, most_used: int
) -> None:
    genes = load_genes(assembly)
    gene_id = genes.genes.set_index("symbol").loc[symbol, "gene_id"]
    sites = genes.promoters().set_index("gene_id").loc[[gene_id]]
    assert genes.primary_tss()[gene_id] == mane
    for rule, tss in (("primary", mane), ("mane", mane), ("most_transcripts", most_used)):
        assert sites.loc[sites[rule], "tss"].tolist() == [tss]
    windows = promoters(genes.select(genes.genes["gene_id"] == gene_id))
    own = windows[windows["primary"]]
    assert own["tss"].tolist() == [mane]
    assert own["mane"].tolist() == [True]
    assert windows["most_transcripts"].sum() == 1


@pytest.mark.parametrize(("assembly", "at_least"), [("hg38", 18_500), ("hg19", 16_000)])
def test_most_coding_genes_have_a_start_of_mane_select(assembly: str, at_least: int) -> None:
    genes = load_genes(assembly)
    known = genes.genes[genes.genes["mane_tss"] >= 0]
    assert len(known) > at_least
    assert (known["biotype"] == "protein_coding").mean() > 0.99
    sites = genes.promoters()
    assert (sites.groupby("gene_id")["primary"].sum() == 1).all()
    assert (sites.groupby("gene_id")["most_transcripts"].sum() == 1).all()
    # Every one is a start of the gene in this table, so that all that is known of starts holds.
    assert sites["mane"].sum() == len(known)
    others = ~sites.groupby("gene_id")["mane"].transform("any")
    assert (sites["primary"] == sites["most_transcripts"])[others].all()


@pytest.mark.real
def test_starts_are_those_of_mane_select_without_plus_clinical(real_data: Path) -> None:
    path = real_data / "annotation" / "mane_select_v1.0_hg38.tsv.gz"
    table = pd.read_csv(path, sep="\t", dtype=str)
    table = table[table["MANE_status"] == "MANE Select"]
    plus = table["chr_strand"] == "+"
    tss = table["chr_start"].where(plus, table["chr_end"]).astype(int) - 1
    tss.index = table["#NCBI_GeneID"].str.removeprefix("GeneID:")
    genes = load_genes("hg38").genes
    genes = genes[genes["mane_tss"] >= 0]
    away = (genes["mane_tss"].to_numpy() - tss[genes["entrez_id"]].to_numpy()).__abs__()
    assert away.max() <= 2500
    assert (away == 0).mean() > 0.93


@pytest.mark.parametrize("assembly", GENE_TABLES)
def test_gene_tables_are_sound(assembly: str) -> None:
    genes, genome = load_genes(assembly).genes, load_genome(assembly)
    assert genes["symbol"].is_unique
    assert set(genes["chrom"]) <= set(genome.lengths)
    assert (genes["end"] <= genes["chrom"].map(genome.lengths)).all()
    order = np.lexsort((genes["end"], genes["start"], chrom_rank(genes["chrom"], genome=genome)))
    assert (order == np.arange(len(genes))).all()


def test_pseudoautosomal_genes_stand_on_x() -> None:
    genes = load_genes("hg38").genes.set_index("symbol")
    assert genes.loc[["ASMTL", "CRLF2", "IL9R"], "chrom"].unique().tolist() == ["chrX"]
    assert genes.loc["ASMTL", "n_loci"] == 2


def test_falsely_duplicated_genes_of_chr21_stand_at_their_real_place() -> None:
    genes = load_genes("hg38").genes.set_index("symbol")
    assert (genes.loc[["CBS", "U2AF1", "CRYAA"], "start"] > 43_000_000).all()


def test_the_two_assemblies_agree_on_genes() -> None:
    both = load_genes("hg38").genes.merge(load_genes("hg19").genes, on="symbol")
    assert len(both) > 20_000
    coding = both[(both["biotype_x"] == "protein_coding") & (both["n_loci_x"] == 1)]
    assert (coding["chrom_x"] == coding["chrom_y"]).mean() > 0.999
    assert (coding["strand_x"] == coding["strand_y"]).mean() > 0.995


def test_lengths_tell_the_assemblies_apart() -> None:
    known = [load_genome(name) for name in known_genomes()]
    for genome in known:
        chr12 = {"chr12": genome.lengths["chr12"]}
        assert recognise_assembly(chr12, known) == genome.name
        bare = {c.removeprefix("chr"): n for c, n in genome.lengths.items()}
        assert recognise_assembly(bare, known) == genome.name


def cpg_table() -> pd.DataFrame:
    table = read_shipped("cpg_promoters.tsv.gz", {"tss": np.int64, "cpg_island": np.int64})
    return table.astype({"cpg_island": bool})


def test_cpg_flags_cover_every_promoter() -> None:
    table, sites = cpg_table(), load_genes("hg38").promoters()
    assert (table[["gene_id", "tss"]] == sites[["gene_id", "tss"]]).all().all()
    flags = cpg_island_genes("hg38")
    symbols = load_genes("hg38").genes.set_index("gene_id")
    by_symbol = pd.Series(flags.to_numpy(), index=symbols.loc[flags.index, "symbol"])
    assert by_symbol[["ACTB", "GAPDH", "TIGAR", "HK2", "G6PD"]].all()
    assert not by_symbol[["ALB", "OR4F5", "KRT1"]].any()
    nsd2 = table[table["gene_id"] == "ENSG00000109685"].set_index("tss")["cpg_island"]
    assert nsd2.to_dict() == {1_871_392: True, 1_892_781: False, 1_900_625: False}
    assert flags["ENSG00000109685"] == nsd2[load_genes("hg38").primary_tss()["ENSG00000109685"]]
    coding = flags[symbols.loc[flags.index, "biotype"].to_numpy() == "protein_coding"]
    assert 0.55 < coding.mean() < 0.75, "about two thirds of coding genes"


def test_cpg_flags_of_hg19_are_those_of_the_same_gene() -> None:
    flags, hg38 = cpg_island_genes("hg19"), cpg_island_genes("hg38")
    assert flags.index.tolist() == load_genes("hg19").genes["gene_id"].tolist()
    shared = flags.index.intersection(hg38.index)
    assert len(shared) > 20_000
    assert (flags[shared] == hg38[shared]).all()
    assert flags.isna().mean() < 0.05


def test_everything_that_ships_is_small() -> None:
    shipped = [f for f in Path(str(files("resist_epi.data"))).iterdir() if f.is_file()]
    assert sum(f.stat().st_size for f in shipped) < 4_000_000


@pytest.mark.real
def test_cpg_flags_can_be_derived_again(real_data: Path) -> None:
    sites = promoter_sites()
    near = sites_near(sites, real_data / "annotation" / "hg38_CpGIsland.bed.gz", 500)
    assert cpg_table()["cpg_island"].tolist() == [i in near for i in sites.index]


@pytest.mark.real
def test_transcription_starts_agree_with_refseq(real_data: Path) -> None:
    refseq = pd.read_csv(
        real_data / "annotation" / "hg38_refseq_transcripts.bed.gz",
        sep="\t", header=None, usecols=[0, 1, 2, 5], names=["chrom", "start", "end", "strand"],
    )  # fmt: skip
    tss = np.where(refseq["strand"] == "+", refseq["start"], refseq["end"] - 1)
    theirs = set(zip(refseq["chrom"], refseq["strand"], tss, strict=True))
    ours = load_genes("hg38").promoters()

    def share(shift: int) -> float:
        sites = zip(ours["chrom"], ours["strand"], ours["tss"] + shift, strict=True)
        return float(np.mean([site in theirs for site in sites]))

    # The file is some years older, so half the starts have moved; one base off would give nothing.
    assert share(0) > 0.45
    assert share(1) < 0.02
    assert share(-1) < 0.02


@pytest.mark.real
def test_genes_overlap_those_of_gencode(real_data: Path) -> None:
    for assembly, column in (("hg38", "symbol"), ("hg19", "source_symbol")):
        gencode = pd.read_csv(
            real_data / "annotation" / f"{assembly}_gencode_genes.bed.gz",
            sep="\t", header=None, usecols=[0, 1, 2, 3, 5],
            names=["c", "s", "e", "name", "strand_there"],
        )  # fmt: skip
        once = gencode.drop_duplicates("name", keep=False)
        both = load_genes(assembly).genes.merge(once, left_on=column, right_on="name")
        assert len(both) > 19_000
        overlap = (
            (both["c"] == both["chrom"]) & (both["s"] < both["end"]) & (both["e"] > both["start"])
        )
        assert overlap.mean() > 0.985


@pytest.mark.parametrize("assembly", GENE_TABLES)
def test_genes_that_only_links_know_stand_beside_those_that_are_tested(assembly: str) -> None:
    tested, linked = load_genes(assembly), load_linked_genes(assembly)
    assert linked is load_linked_genes(assembly)
    more = linked.genes[~linked.genes["gene_id"].isin(tested.genes["gene_id"])]
    assert len(linked) - len(tested) == len(more) > 20_000
    assert set(more["biotype"]) == {"non_coding"}
    assert not set(more["symbol"]) & set(tested.genes["symbol"])
    assert (more["end"] - more["start"]).min() >= 200
    assert set(more["chrom"]) <= set(load_genome(assembly).lengths)
    # What is tested stays what it was, and so does each gene's own start.
    assert linked.primary_tss()[tested.genes["gene_id"]].equals(tested.primary_tss())
    order = linked.transcripts["gene_id"].drop_duplicates().tolist()
    assert order == linked.genes["gene_id"].tolist()


def test_a_study_tests_the_one_and_links_to_the_other() -> None:
    reference = load_reference("hg38", None)
    assert reference.annotation is load_genes("hg38")
    assert reference.linked is load_linked_genes("hg38")
    own = load_genes("hg38").select(load_genes("hg38").genes["chrom"] == "chr21")
    assert Reference(own, None).linked is own


@pytest.mark.real
def test_h3k27me3_at_starts_of_non_coding_genes_is_not_intergenic(real_data: Path) -> None:
    path = real_data / "peak_files" / "H9_H3K27me3_ENCFF851PCG_hg38.bed.gz"
    regions = read_bed_regions(path)
    before = with_nearest_genes(regions, load_genes("hg38"))
    after = with_nearest_genes(regions, load_linked_genes("hg38"))
    was = (before["class"] == "intergenic").to_numpy()
    named = was & (after["link"] == "promoter").to_numpy()
    assert named.sum() > 400
    # Names that were there stay: the coding gene wins where both hold a region alike.
    kept = (before["symbol"] != "").to_numpy()
    assert (before["symbol"] == after["symbol"])[kept].mean() > 0.97


def test_what_a_caller_does_to_promoters_and_flags_stays_with_the_caller() -> None:
    genes = load_genes("hg38")
    sites, flags = genes.promoters(), cpg_island_genes("hg38")
    first, second = sites.copy(), flags.copy()
    sites["tss"] = 0
    flags[:] = True
    pd.testing.assert_frame_equal(genes.promoters(), first)
    pd.testing.assert_series_equal(cpg_island_genes("hg38"), second)
