"""A mark and another assay: joined, compared, and judged where nothing is shared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.assays import Evidence
from resist_epi.mechanism.evidence import Thresholds, join_evidence
from tests.support.evidence import EXPRESSION, evidence, results


def test_genes_are_found_by_id_symbol_and_alias() -> None:
    table = results(np.array([1.0, 1.0, 1.0, -1.0]))
    table.loc[1, "symbol"] = "NSD2"
    effects = pd.DataFrame(
        {"gene": ["g0", "WHSC1", "absent", "S3"], "effect": [-1.0, -2, 3, 4], "pvalue": 0.01}
    ).assign(base=np.nan)
    symbols = SymbolTable({"NSD2": ("NSD2",), "WHSC1": ("NSD2",)}, "test")
    found = join_evidence(table, Evidence(EXPRESSION, effects), mark="H3K27me3", symbols=symbols)
    assert found["gene_id"].tolist() == ["g0", "g1", "g3"]
    assert found["evidence_effect"].tolist() == [-1, -2, 4]
    assert found["expected"].tolist() == [-1, -1, 1]
    assert found["agrees"].tolist() == [True, True, True]


def test_signs_are_those_of_the_mark_and_none_is_invented() -> None:
    table = results(np.array([1.0, -1.0]), called=2)
    both = evidence(np.array([-2.0, 2.0]))
    active = join_evidence(table, both, mark="H3K36me3")
    assert active["expected"].tolist() == [1, -1]
    assert not active["supported"].any()
    assert join_evidence(table, both, mark="h3k27me3")["supported"].all()
    other = join_evidence(table, both, mark="H4K20me1")
    assert (other["expected"] == 0).all()
    assert other["agrees"].isna().all()
    assert not other["supported"].any()


def test_thresholds() -> None:
    table = results(np.full(4, 1.0), called=4)
    both = evidence(np.array([-0.2, -0.3, -0.3, -0.3]), pvalue=np.array([0.01, 0.01, 0.2, np.nan]))
    usual = join_evidence(table, both, mark="H3K27me3", thresholds=Thresholds(0.05, 1.2))
    assert usual["supported"].tolist() == [False, True, False, True]
    with pytest.raises(DesignError, match="fold change at least 1"):
        Thresholds(min_fold_change=0.5)


def test_no_gene_in_both_is_an_error() -> None:
    nothing = Evidence(
        EXPRESSION,
        pd.DataFrame({"gene": ["Hk2"], "effect": [1.0], "pvalue": [np.nan], "base": [np.nan]}),
    )
    with pytest.raises(InputFormatError, match="same kind of names"):
        join_evidence(results(np.ones(3)), nothing, mark="H3K27me3")
