"""The mechanisms that ship with the package."""

from __future__ import annotations

from resist_epi.genes.builtin import gene_set_kinds, load_gene_sets
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.expectations import Expectation


def test_every_mechanism_names_a_set_and_a_sign_for_both_marks() -> None:
    sets, kinds = load_gene_sets(), gene_set_kinds()
    found = load_mechanisms()
    assert len({m.name for m in found}) == len(found) == 16
    for m in found:
        assert kinds[m.gene_set] in ("curated", "derived"), m.name
        assert len(sets[m.gene_set]) >= 4
        assert all(m.expects(x).main for x in ("H3K27me3", "H3K36me3", "expression", "proteomics"))
        assert m.context, m.name
        assert "drive" not in (m.caveat + m.context)
    by_name = {m.name: m for m in found}
    assert {"PGD", "TKT", "TALDO1", "RPIA"}.isdisjoint(sets[by_name["nsd2"].gene_set].genes)
    assert by_name["esr1"].expects("switches").main == "loss"
    assert by_name["nsd2"].expects("H3K9me3") == Expectation()
