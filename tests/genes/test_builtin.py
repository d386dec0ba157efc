"""Gene sets and symbols that ship are right: current names, lists that can be derived again."""

from __future__ import annotations

import re
import runpy
from importlib.resources import files
from pathlib import Path

import pytest

from resist_epi.genes.builtin import (
    gene_set_kinds,
    load_gene_set_members,
    load_gene_set_sources,
    load_gene_sets,
    load_go_sets,
    load_planted_sets,
    load_symbols,
)
from resist_epi.genes.gene_sets import read_gmt
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.cytogenetics import load_amplicons, load_centromeres
from resist_epi.simulation.effects import RULES
from tests.support.gene_sites import promoter_sites, sites_near

OLD_TO_CURRENT = """\
WHSC1>NSD2 MMSET>NSD2 WHSC1L1>NSD3 C12orf5>TIGAR GLUT1>SLC2A1 G6PC>G6PC1 MLL3>KMT2C MLL2>KMT2D
JMJD3>KDM6B UTX>KDM6A PTPLA>HACD1 PTPLAD1>HACD3 FIGF>VEGFD PAK7>PAK5 TCEB1>ELOC TCEB2>ELOB PKM2>PKM
PECI>ECI2 DCI>ECI1 WISP2>CCN5 C17orf96>EPOP C10orf12>LCOR SLC9A3R1>NHERF1 FAM102A>EEIG1
MRE11A>MRE11 SEPT2>SEPTIN2 SEPT9>SEPTIN9 MARCH1>MARCHF1 HIST1H4H>H4C8"""
SCRIPTS = Path(__file__).resolve().parents[2] / "data_sources"


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


def members_of(name: str) -> set[str]:
    return set(load_gene_sets()[name].genes)


def test_the_gmt_is_what_the_members_make() -> None:
    built = runpy.run_path(str(SCRIPTS / "build_gene_sets.py"), run_name="loaded")
    text = files("resist_epi.data").joinpath("gene_sets.gmt").read_text(encoding="utf-8")
    assert built["gene_sets_text"]() == text


def test_every_member_has_a_role_a_source_and_a_known_confidence() -> None:
    members = load_gene_set_members()
    assert not members.duplicated(["set", "symbol"]).any()
    assert (members[["role", "source"]] != "").all(axis=None)
    known = {"listed", "by position", "reported", "not verified"}
    assert set(members["confidence"]) == known
    share = members["confidence"].eq("not verified").mean()
    assert share < 0.08, "what nobody looked up is the exception"
    unlooked = members["source"].str.startswith("general knowledge")
    assert members.loc[unlooked, "confidence"].eq("not verified").all()


def test_sources_count_their_members_by_confidence_and_have_a_version() -> None:
    sources = load_gene_set_sources().set_index("set")
    order = ("listed", "by position", "reported", "not verified")
    for name, rows in load_gene_set_members().groupby("set", sort=False):
        counts = rows["confidence"].value_counts()
        said = ", ".join(f"{word} {counts[word]}" for word in order if word in counts)
        assert sources.at[name, "confidence"] == said, name
    assert sources["version"].str.fullmatch(r"[1-9]\d*").all()


def test_members_listed_by_the_gene_ontology_stand_there() -> None:
    listed = {s.name.rsplit("(", 1)[1].rstrip(")"): set(s.genes) for s in load_go_sets().values()}
    members = load_gene_set_members()
    own = members[members["source"].str.startswith("GO:")]
    assert len(own) > 150
    assert [
        (r.symbol, r.source) for r in own.itertuples() if r.symbol not in listed[r.source]
    ] == []


@pytest.mark.real
def test_members_listed_by_msigdb_stand_there(real_data: Path) -> None:
    symbols, listed = load_symbols(), {}
    for path in sorted((real_data / "gene_sets").glob("msigdb_*_symbols.gmt.gz")):
        for s in read_gmt(path).values():
            named = symbols.resolve(s.genes)
            listed[s.name] = set(named["symbol"]) | set(s.genes)
    members = load_gene_set_members()
    own = members[members["source"].str.match("REACTOME_|HALLMARK_")]
    assert len(own) > 500
    assert [
        (r.symbol, r.source) for r in own.itertuples() if r.symbol not in listed[r.source]
    ] == []


def test_members_by_position_lie_there() -> None:
    genes = load_genes("hg38").genes.drop_duplicates("symbol").set_index("symbol")
    borders, bands = load_centromeres("hg38"), load_amplicons("hg38").set_index("name")
    members = load_gene_set_members()
    members = members[members["confidence"] == "by position"]
    for row in members.itertuples():
        place = row.source.removeprefix("position: ").split(",")[0]
        gene = genes.loc[row.symbol]
        if place in bands.index:
            band = bands.loc[place]
            assert gene["chrom"] == band["chrom"], row
            assert band["start"] <= gene["start"] < gene["end"] <= band["end"], row
        else:
            number, arm = re.fullmatch(r"(\d+)([pq])\d*", place).groups()
            assert gene["chrom"] == f"chr{number}", row
            assert (gene["end"] <= borders[gene["chrom"]]) == (arm == "p"), row
    assert len(members) > 100


def test_what_acts_against_a_pathway_is_no_member_of_it() -> None:
    assert members_of("NSD2_TARGETS_TAMOXIFEN") == {"HK2", "G6PD", "TIGAR", "SLC2A1"}
    union = members_of("PPP_OXIDATIVE") | members_of("PPP_NONOXIDATIVE")
    assert union < members_of("PPP_ALL")
    wrong = {
        "NADPH_PRODUCTION": "FDXR MTHFD1L ME2",
        "FATTY_ACID_OXIDATION": "MECR MCAT ACACB ACSL3 ACSL4",
        "REDOX_ROS_DEFENCE": "KEAP1 CHAC1 CHAC2",
        "RTK_ERBB_IGF1R_FGFR": "LRIG1 ERBIN CBL STUB1 FGF3 FGF4 FGF19",
        "PI3K_AKT_MTOR": "PTEN INPP4B TSC1 TSC2 STK11 PIK3R1",
        "MAPK_ERK": "NF1 RASA1 DUSP6 SPRY2 SPRED1",
        "ESR1_TARGETS": "AREG IGF1R RET NCOA1 NCOR1 FOXA1 KRT8",
        "GLYCOLYSIS_CORE": "PDHA1 MPC1 GCK PKLR ALDOB HK3",
        "GLUTAMINE_METABOLISM": "ASS1 ASL CPS1",
        "H3K36_MACHINERY": "SETD3 PHF8 RIOX2",
        "POLYCOMB_MACHINERY": "KDM6A KDM6B",
        "FATTY_ACID_SYNTHESIS_SREBP": "HMGCR SQLE LDLR",
    }
    for name, genes in wrong.items():
        assert members_of(name).isdisjoint(genes.split()), name
    added = {
        "ESR1_TARGETS": "AGR2 AGR3 SCUBE2 NPY1R MAPT CTSD GREB1",
        "GLUTAMINE_METABOLISM": "SLC6A14 SLC1A2",
        "H3K36_MACHINERY": "HDGFL2 GLYR1 MSH6",
        "POLYCOMB_MACHINERY": "BCOR BCORL1 USP7 SCMH1 SCML2 AUTS2 ASXL3",
    }
    for name, genes in added.items():
        assert set(genes.split()) <= members_of(name), name


def test_marker_lists_are_long_enough_to_be_a_comfort() -> None:
    kinds = gene_set_kinds()
    markers = {name for name, kind in kinds.items() if kind == "marker"}
    assert markers == {
        f"{tissue}_MARKERS"
        for tissue in ("PROLIFERATION", "ENDOTHELIAL", "ADIPOSE", "IMMUNE", "STROMA")
    } | {"NORMAL_EPITHELIUM_MARKERS"}
    assert all(15 <= len(members_of(name)) <= 50 for name in markers)
    assert members_of("PROLIFERATION_MARKERS").isdisjoint(members_of("CELL_CYCLE_E2F"))


def test_what_sources_say_of_overlap_with_polycomb_targets_is_counted() -> None:
    notes = load_gene_set_sources().set_index("set")["note"]
    targets = members_of("POLYCOMB_TARGETS")
    for name in ("ESR1_TARGETS", "LUMINAL_IDENTITY"):
        own = members_of(name)
        assert f"{len(own & targets)} of {len(own)} are POLYCOMB_TARGETS" in notes[name]


def test_simulated_cohorts_have_sets_of_their_own() -> None:
    planted = load_planted_sets()
    assert {r.gene_set for r in RULES if not r.pattern} <= set(planted)
    sizes = {name: len(planted[name]) for name in planted if name != "POLYCOMB_TARGETS"}
    assert sizes == {
        "NSD2_TARGETS_ENDOCRINE_CORE": 4, "PPP_ALL": 20, "ESR1_SIGNALLING": 54,
        "RTK_ERBB_IGF1R_FGFR": 45, "FATTY_ACID_OXIDATION": 54, "FATTY_ACID_SYNTHESIS_SREBP": 32,
    }  # fmt: skip


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
