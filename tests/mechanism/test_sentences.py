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
