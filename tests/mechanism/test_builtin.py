"""The mechanisms that ship with the package."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from resist_epi.genes.builtin import gene_set_kinds, load_gene_set_members, load_gene_sets
from resist_epi.genome.builtin import read_shipped
from resist_epi.mechanism.builtin import STATED, load_mechanisms
from resist_epi.mechanism.expectations import Expectation, Mechanism

BY_NAME = {m.name: m for m in load_mechanisms()}
OF_COPY_NUMBER = tuple(n for n in BY_NAME if n.startswith(("amplicon", "loss")))


def signs(name: str) -> tuple[str, ...]:
    return tuple(BY_NAME[name].expects(x).words for x in ("H3K27me3", "H3K36me3", "expression"))


def test_every_mechanism_names_a_set_and_a_sign() -> None:
    sets, kinds = load_gene_sets(), gene_set_kinds()
    found = load_mechanisms()
    assert len(BY_NAME) == len(found) == 39
    assert len({m.title for m in found}) == len(found)
    for m in found:
        assert kinds[m.gene_set] in ("curated", "derived"), m.name
        assert len(sets[m.gene_set]) >= 4
        stated = [x for x in STATED if m.expects(x).main]
        assert {"H3K36me3", "H3K27ac", "H3K4me3", "expression"} <= set(stated), m.name
        assert ("H3K27me3" in stated) == (m.name not in OF_COPY_NUMBER), m.name
        assert m.expects("proteomics") == m.expects("expression")
        assert m.caveat
        assert m.evidence, m.name
        assert "drive" not in m.caveat + m.evidence
    assert {"PGD", "TKT", "TALDO1", "RPIA"}.isdisjoint(sets[BY_NAME["nsd2"].gene_set].genes)
    assert BY_NAME["esr1"].expects("switches").main == "loss"
    assert BY_NAME["nsd2"].expects("H3K9me3") == Expectation()


def test_columns_are_those_that_are_read() -> None:
    own = ["mechanism", "title", "set", *STATED, "alternative", "evidence", "caveat", "sources"]
    assert list(read_shipped("mechanisms.tsv")) == own


def test_mechanisms_of_the_releases_keep_their_names() -> None:
    kept = "polycomb nsd2 glycolysis ppp_oxidative ppp_nonoxidative nadph redox fao lipogenesis tca"
    assert {*kept.split(), "glutamine", "one_carbon", "esr1", "pi3k", "rtk", "mapk"} <= set(BY_NAME)


def test_signs_are_those_that_were_stated() -> None:
    for name in ("cholesterol", "oxphos", "cell_cycle"):
        assert signs(name) == ("none", "gain", "gain"), name
    for name in ("hoxa", "hoxb", "rtk", "basal"):
        assert signs(name) == ("loss", "gain", "gain"), name
    for name in ("esr1", "luminal", "brakes"):
        assert signs(name) == ("gain", "loss", "loss"), name
    for name in ("hypoxia", "interferon", "polycomb", "hoxc", "pi3k", "mapk"):
        assert signs(name) == ("mixed", "mixed", "mixed"), name
    assert signs("methylation") == ("loss or none", "loss", "loss")
    assert signs("glycolysis") == ("none", "mixed", "mixed")
    assert signs("esr1_retained") == ("loss or none", "gain", "gain")
    assert {BY_NAME[n].expects("ER").main for n in ("esr1", "luminal")} == {"loss"}
    assert BY_NAME["esr1_retained"].expects("er").main == "gain"
    assert BY_NAME["nsd2"].expects("H3K36me2").main == "gain"


def test_evidence_from_tamoxifen_is_called_that() -> None:
    for name in ("nsd2", "nadph", "redox", "ppp_oxidative", "esr1", "hoxa", "hoxb", "rtk"):
        assert "tamoxifen" in BY_NAME[name].evidence, name
    for name in ("cholesterol", "hoxc", "esr1_retained"):
        assert "aromatase inhibitor" in BY_NAME[name].evidence, name


def opposite(a: Mechanism, b: Mechanism) -> list[str]:
    return [x for x in STATED if a.expects(x).sign * b.expects(x).sign < 0]


def test_no_gene_stands_in_two_mechanisms_of_opposite_signs_without_being_named() -> None:
    sets = load_gene_sets()
    notes = load_gene_set_members().set_index(["set", "symbol"])["note"]
    named = 0
    for a, b in combinations(load_mechanisms(), 2):
        marks = opposite(a, b)
        if not marks or b.name in a.alternatives:
            continue
        for gene in set(sets[a.gene_set].genes) & set(sets[b.gene_set].genes):
            said = f"opposite signs in {a.name} and {b.name} ({', '.join(marks)})"
            for own in (a, b):
                assert said in notes[(own.gene_set, gene)], (gene, said)
            named += 1
    assert notes.str.count("opposite signs in ").sum() == 2 * named
    assert named >= 5


def test_alternatives_are_mutual_and_of_one_set() -> None:
    pairs = {(m.name, other) for m in load_mechanisms() for other in m.alternatives}
    assert pairs == {("esr1", "esr1_retained"), ("esr1_retained", "esr1")}
    for a, b in pairs:
        assert BY_NAME[a].gene_set == BY_NAME[b].gene_set
        assert opposite(BY_NAME[a], BY_NAME[b])


def test_the_guide_states_what_the_data_state() -> None:
    guide = Path(__file__).parents[2] / "docs" / "guide" / "mechanisms.md"
    text = guide.read_text(encoding="utf-8").split("<!-- signs: begin -->")[1]
    lines = text.split("<!-- signs: end -->")[0].strip().splitlines()
    header, *rows = ([c.strip() for c in line.strip("|").split("|")] for line in lines)
    assert header == ["mechanism", *STATED]
    stated = {
        m.title: [found.words if found.main else "" for found in map(m.expects, STATED)]
        for m in load_mechanisms()
    }
    assert {title: signs for title, *signs in rows[1:]} == stated
