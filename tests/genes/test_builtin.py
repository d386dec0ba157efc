"""Gene sets and symbols that ship are right: current names, lists that can be derived again."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.genes.builtin import load_gene_set_sources, load_gene_sets, load_symbols
from resist_epi.genome.builtin import (
    load_genes,
)
from tests.support.gene_sites import promoter_sites, sites_near

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


@pytest.mark.real
def test_polycomb_targets_can_be_derived_again(real_data: Path) -> None:
    sites = promoter_sites()
    sites = sites[sites["primary"] & (sites["biotype"] == "protein_coding")]
    peaks = sorted((real_data / "peak_files").glob("H[19]_H3K27me3_*_hg38.bed.gz"))
    assert len(peaks) == 4
    everywhere = set.intersection(*(sites_near(sites, path, 2500) for path in peaks))
    targets = sorted(sites.loc[sorted(everywhere), "symbol"])
    assert list(load_gene_sets()["POLYCOMB_TARGETS"].genes) == targets
