"""What ships in data/ is right: known genes, current symbols, lists that can be derived again."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.builtin import load_gene_set_sources, load_gene_sets, load_symbols
from resist_epi.genome.builtin import (
    GENE_TABLES,
    cpg_island_genes,
    known_genomes,
    load_genes,
    load_genome,
    read_shipped,
)
from resist_epi.genome.chromosomes import chrom_rank, recognise_assembly

OLD_TO_CURRENT = """\
WHSC1>NSD2 MMSET>NSD2 WHSC1L1>NSD3 C12orf5>TIGAR GLUT1>SLC2A1 G6PC>G6PC1 MLL3>KMT2C MLL2>KMT2D
JMJD3>KDM6B UTX>KDM6A PTPLA>HACD1 PTPLAD1>HACD3 FIGF>VEGFD PAK7>PAK5 TCEB1>ELOC TCEB2>ELOB PKM2>PKM
PECI>ECI2 DCI>ECI1 WISP2>CCN5 C17orf96>EPOP C10orf12>LCOR SLC9A3R1>NHERF1 FAM102A>EEIG1
MRE11A>MRE11 SEPT2>SEPTIN2 SEPT9>SEPTIN9 MARCH1>MARCHF1 HIST1H4H>H4C8"""
SET_SIZES = {
    "GLYCOLYSIS_CORE": 44, "PPP_OXIDATIVE": 4, "PPP_NONOXIDATIVE": 14, "PPP_ALL": 20,
    "NADPH_PRODUCTION": 18, "REDOX_ROS_DEFENCE": 50, "FATTY_ACID_OXIDATION": 54,
    "FATTY_ACID_SYNTHESIS_SREBP": 32, "TCA_CYCLE": 32, "GLUTAMINE_METABOLISM": 37,
    "SERINE_GLYCINE_ONE_CARBON": 43, "OXPHOS_SENTINEL": 26, "ESR1_SIGNALLING": 54,
    "PI3K_AKT_MTOR": 56, "RTK_ERBB_IGF1R_FGFR": 45, "MAPK_ERK": 39, "POLYCOMB_MACHINERY": 39,
    "H3K36_MACHINERY": 25, "NSD2_TARGETS_ENDOCRINE_CORE": 4, "NSD2_TARGETS_TNBC": 2,
    "NSD2_TARGETS_OTHER_CONTEXT": 6, "EPIGENETIC_ENDOCRINE_RESISTANCE": 20,
}  # fmt: skip


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
    assert nsd2["primary"].tolist() == [False, True, False]
    g6pd = load_genes("hg38").primary_tss()["ENSG00000160211"]
    assert g6pd == 154_547_568, "three starts of one transcript each: the 5'-most"


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


def test_old_symbols_lead_to_current_ones() -> None:
    pairs = dict(pair.split(">") for pair in OLD_TO_CURRENT.split())
    resolved = load_symbols().resolve(pairs)
    assert resolved["symbol"].tolist() == list(pairs.values())
    assert set(resolved["status"]) == {"alias"}


def test_ambiguous_foreign_and_mangled_names_are_not_mapped() -> None:
    symbols = load_symbols()
    assert symbols.names["DEC1"] == ("BHLHE40", "DELEC1")
    given = {"DEC1": "ambiguous", "Hk2": "unknown", "Nsd2": "unknown", "Trp53": "unknown",
             "hk2": "unknown", "1-Mar": "date_mangled", "2-Sep": "date_mangled"}  # fmt: skip
    resolved = load_symbols().resolve(given)
    assert resolved["status"].tolist() == list(given.values())
    assert (resolved["symbol"] == "").all()


def test_no_name_matches_a_current_symbol_by_case_alone() -> None:
    symbols = load_symbols()
    upper = {s.upper() for s in symbols.current}
    folded = [n for n in symbols.names if n not in symbols.current and n.upper() in upper]
    assert folded == []


def test_current_symbols_stay_themselves_though_an_alias_of_another_gene() -> None:
    # NCBI lists each as an alias of another gene too: HK2 of KCNA5, GLS of GLS2, SCAP of SH2D2A.
    names = ["HK2", "GLS", "SCAP", "AR", "FH", "PC", "TKT", "CAD", "CAT", "GSS", "CBS", "MET"]
    resolved = load_symbols().resolve(names)
    assert resolved["symbol"].tolist() == names
    assert set(resolved["status"]) == {"current"}


def test_curated_sets_are_those_of_the_specification() -> None:
    sets = load_gene_sets()
    assert {name: len(sets[name]) for name in SET_SIZES} == SET_SIZES
    assert sets["NSD2_TARGETS_ENDOCRINE_CORE"].genes == ("HK2", "G6PD", "TIGAR", "SLC2A1")
    union = {*sets["PPP_OXIDATIVE"].genes, *sets["PPP_NONOXIDATIVE"].genes, "TIGAR", "HK2"}
    assert set(sets["PPP_ALL"].genes) == union
    assert not set(sets["POLYCOMB_MACHINERY"].genes) >= {"HOXA5"}


@pytest.mark.parametrize("name", load_gene_sets())
def test_every_symbol_of_a_set_is_current_and_on_hg38(name: str) -> None:
    genes = load_gene_sets()[name].genes
    resolved = load_symbols().resolve(genes)
    assert resolved.loc[resolved["status"] != "current", "input"].tolist() == []
    assert set(genes) <= set(load_genes("hg38").genes["symbol"])


def test_every_set_has_its_source_and_confidence() -> None:
    sources = load_gene_set_sources()
    assert set(sources["set"]) == set(load_gene_sets())
    assert sources["set"].is_unique
    assert set(sources["kind"]) == {"curated", "derived", "control", "marker"}
    assert (sources["source"] != "").all()
    assert (sources["confidence"] != "").all()


def test_control_sets_hold_what_they_should() -> None:
    sets = load_gene_sets()
    ribosomal = set(sets["RIBOSOMAL_PROTEINS"].genes)
    assert {"RPL13A", "RPS27A", "RPLP0", "RPSA", "UBA52", "FAU", "RPS4X"} <= ribosomal
    assert not ribosomal & {"RPS6KB1", "MRPL12", "RPL3L", "RPL22L1", "RPS4Y1"}
    assert all(gene.startswith("OR") for gene in sets["OLFACTORY_RECEPTORS"].genes)
    targets = set(sets["POLYCOMB_TARGETS"].genes)
    assert {"HOXA5", "HOXB7", "PAX6", "GATA4", "CDKN2A"} <= targets
    assert not targets & {"ACTB", "GAPDH", "EZH2", "RPL13A"}


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
    assert sum(f.stat().st_size for f in shipped) < 3_000_000


def _sites() -> pd.DataFrame:
    sites = load_genes("hg38").promoters()
    return sites.merge(load_genes("hg38").genes[["gene_id", "symbol", "biotype"]])


def _near(sites: pd.DataFrame, path: Path, reach: int) -> set[int]:
    """Rows with an interval of the file in reach, by bedtools: another way than the script's."""
    import pybedtools

    window = pd.DataFrame(
        {
            "chrom": sites["chrom"],
            "start": (sites["tss"] - reach).clip(lower=0),
            "end": sites["tss"] + reach + 1,
            "row": sites.index,
        }
    )
    try:
        hit = pybedtools.BedTool.from_dataframe(window).intersect(str(path), u=True)
        return {int(interval.name) for interval in hit}
    finally:
        pybedtools.cleanup()


@pytest.mark.real
def test_polycomb_targets_can_be_derived_again(real_data: Path) -> None:
    sites = _sites()
    sites = sites[sites["primary"] & (sites["biotype"] == "protein_coding")]
    peaks = sorted((real_data / "peak_files").glob("H[19]_H3K27me3_*_hg38.bed.gz"))
    assert len(peaks) == 4
    everywhere = set.intersection(*(_near(sites, path, 2500) for path in peaks))
    targets = sorted(sites.loc[sorted(everywhere), "symbol"])
    assert list(load_gene_sets()["POLYCOMB_TARGETS"].genes) == targets


@pytest.mark.real
def test_cpg_flags_can_be_derived_again(real_data: Path) -> None:
    sites = _sites()
    near = _near(sites, real_data / "annotation" / "hg38_CpGIsland.bed.gz", 500)
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
