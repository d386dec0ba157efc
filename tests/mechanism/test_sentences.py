"""Sentences on what was seen: with the word for each verdict, and none for silence."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.mechanism.sentences import mechanism_sentences
from resist_epi.mechanism.verdicts import VERDICTS


def table(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["mechanism", "layer", "direction", "verdict"])
    return made.assign(kind="mechanism", finding="", shared_genes="")


@pytest.mark.parametrize("word", VERDICTS)
def test_each_verdict_that_claims_a_change_has_its_clause(word: str) -> None:
    seen = "gain" if VERDICTS[word].claims else "none"
    said = mechanism_sentences(table(("A", "H3K4me3", seen, word)))
    if VERDICTS[word].claims:
        assert said == [f"A: gain of H3K4me3, {VERDICTS[word].clause}"]
    else:
        assert said == []


def test_layers_of_one_mechanism_share_a_sentence() -> None:
    said = mechanism_sentences(
        table(
            ("A", "H3K27me3", "mixed", "as expected"),
            ("A", "switches", "loss", "as expected"),
            ("A", "ER", "gain", "opposite"),
            ("A", "expression", "none", "no change seen"),
        )
    )
    assert said == [
        "A: gains and losses of H3K27me3 and repressive switches, consistent with what was stated;"
        " gain of ER, against what was stated"
    ]


def row(mechanism: str, layer: str, direction: str, verdict: str, **more: object) -> dict:
    made = {"mechanism": mechanism, "layer": layer, "direction": direction, "verdict": verdict}
    return made | {"kind": "mechanism", "finding": "", "shared_genes": "", "set": "S"} | more


def test_the_genes_that_carry_a_change_are_named() -> None:
    said = mechanism_sentences(
        pd.DataFrame([row("A", "ER", "gain", "as expected", genes="GREB1", n_loci=4)])
    )
    assert said == ["A: gain of ER (GREB1; 4 loci tested), consistent with what was stated"]


def test_one_locus_is_no_loci() -> None:
    one = row("A", "switches", "loss", "as expected", genes="GREB1", n_loci=1)
    assert "(GREB1; 1 locus tested)" in mechanism_sentences(pd.DataFrame([one]))[0]


def test_it_is_said_where_no_gene_is_called_by_itself() -> None:
    said = mechanism_sentences(
        pd.DataFrame([row("A", "ER", "loss", "as expected", genes="(GREB1,CCND2)", n_loci=2)])
    )
    assert "(no gene by itself; P below 0.05: GREB1, CCND2; 2 loci tested)" in said[0]


def test_of_many_carriers_the_first_are_named() -> None:
    genes = ",".join(f"G{i}" for i in range(9))
    said = mechanism_sentences(pd.DataFrame([row("A", "ER", "gain", "as expected", genes=genes)]))
    assert "(G0, G1, G2, G3, G4, G5 and 3 more)" in said[0]


def test_two_sides_of_one_set_are_one_sentence_with_their_switches() -> None:
    own = {"finding": "Lost", "genes": "GREB1", "n_loci": 4}
    rows = [
        row("Lost", "H3K27me3", "gain", "as expected", **own),
        row("Lost", "switches", "loss", "as expected"),
        row("Retained", "H3K27me3", "gain", "opposite", **own),
        row("Retained", "switches", "loss", "opposite"),
    ]
    said = mechanism_sentences(pd.DataFrame(rows))
    assert len(said) == 1
    assert said[0].endswith("under other names: Retained (against what was stated)")
    rows[3]["set"] = "T"  # switches of other genes are a finding of their own
    assert len(mechanism_sentences(pd.DataFrame(rows))) == 2


def test_two_sides_of_one_set_are_one_sentence_where_switches_alone_are_called() -> None:
    own = {"finding": "Lost", "genes": "GREB1,IGFBP5", "n_loci": 2}
    rows = [
        row("Lost", "switches", "loss", "as expected", **own),
        row("Retained", "switches", "loss", "opposite", **own),
    ]
    said = mechanism_sentences(pd.DataFrame(rows))
    assert said == [
        "Lost: repressive switches (GREB1, IGFBP5; 2 loci tested), consistent with what was stated;"
        " the same finding under other names: Retained (against what was stated)"
    ]
