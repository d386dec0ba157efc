"""Mechanisms that rest on the same genes are one finding."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genes.gene_sets import GeneSet
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.findings import group_findings
from resist_epi.mechanism.layers import Layer
from resist_epi.mechanism.mechanisms import mechanism_table
from resist_epi.mechanism.sentences import mechanism_sentences
from tests.mechanism.test_layers import changed

GENES = [f"S{i}" for i in range(40)]
NAMES = {"CORE": GENES[:12], "WIDER": GENES[:20], "OTHER": [f"S{i}" for i in range(100, 120)]}


def table() -> pd.DataFrame:
    rows = {**dict.fromkeys(range(12), 1.5), **dict.fromkeys(range(100, 120), 1.5)}
    analysis = changed(rows)
    sets = {name: GeneSet(name, "test", tuple(genes)) for name, genes in NAMES.items()}
    gain = {"H3K36me3": Expectation.parse("gain")}
    stated = [Mechanism(n.lower(), n.capitalize(), n, gain) for n in NAMES]
    layer = Layer("H3K36me3", analysis.results, analysis.fit, analysis.contrast)
    return mechanism_table([layer], stated, sets, n_random=300)


def test_names_that_share_their_carriers_are_one_finding_and_one_sentence() -> None:
    found = table()
    own = found.set_index("set")
    assert (own["direction"] == "gain").all()
    assert own["finding"].to_dict() == {"CORE": "Core", "WIDER": "Core", "OTHER": "Other"}
    assert set(own.loc["WIDER", "shared_genes"].split(",")) <= set(GENES[:12])
    assert own.loc["OTHER", "shared_genes"] == ""
    # Without the shared genes nothing is left of the wider set.
    assert own.loc["WIDER", "pvalue_unshared"] > 0.05 > own.loc["WIDER", "pvalue"]
    assert np.isnan(own.loc["CORE", "pvalue_unshared"])
    said = mechanism_sentences(found)
    assert len(said) == 2
    assert said[0].startswith("Core: gain of H3K36me3 (S")
    assert "loci tested), consistent with what was stated; the same" in said[0]
    assert "under other names: Wider (S" in said[0]


def test_the_finding_is_named_after_the_smallest_p_and_chains_do_not_join() -> None:
    carriers = {"A": ["1", "2", "3", "4"], "B": ["3", "4", "5"], "C": ["5", "6"]}
    found = group_findings(carriers, {"A": 0.01, "B": 0.001, "C": 0.02})
    assert found == {"A": "B", "B": "B", "C": "C"}
    assert group_findings({}, {}) == {}


def test_tables_of_earlier_versions_have_a_sentence_a_mechanism() -> None:
    found = table().drop(columns=["finding", "shared_genes"])
    assert len(mechanism_sentences(found)) == 3


def test_of_two_mechanisms_of_one_set_the_one_whose_sign_is_seen_names_the_finding() -> None:
    analysis = changed(dict.fromkeys(range(20), 1.2))
    sets = {"ESR1": GeneSet("ESR1", "test", tuple(GENES[:20]))}
    signs = {"Lost": "loss", "Retained": "gain"}
    stated = [
        Mechanism(title.lower(), title, "ESR1", {"H3K36me3": Expectation.parse(sign)})
        for title, sign in signs.items()
    ]
    layer = Layer("H3K36me3", analysis.results, analysis.fit, analysis.contrast)
    found = mechanism_table([layer], stated, sets, n_random=300)
    assert found["verdict"].tolist() == ["opposite", "as expected"]
    assert found["finding"].tolist() == ["Retained", "Retained"]
    said = mechanism_sentences(found)
    assert len(said) == 1
    assert said[0].startswith("Retained: gain of H3K36me3 (")
    assert "), consistent with what was stated" in said[0]
    assert said[0].endswith("under other names: Lost (against what was stated)")
