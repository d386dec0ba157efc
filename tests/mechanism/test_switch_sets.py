"""Switches of a gene set are counted in loci."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.mechanism.switch_sets import switch_sets
from tests.support.mechanism_sets import KINDS, SETS, N


def switch_table(classes: dict[int, str]) -> pd.DataFrame:
    genes = pd.DataFrame(
        {
            "symbol": [f"S{i}" for i in range(N)],
            "gene_id": [f"g{i}" for i in range(N)],
            "locus_id": [f"l{i}" for i in range(N)],
            "A_pvalue": 0.5,
            "B_pvalue": 0.5,
            "padj": 0.9,
            "class": "none",
        }
    )
    for i, name in classes.items():
        genes.loc[i, "class"] = name
    return genes


def test_switches_of_a_set_are_counted_in_loci() -> None:
    many = switch_table(dict.fromkeys(range(5), "repressive switch"))
    found = switch_sets(many, SETS, kinds=KINDS).set_index("set")
    assert found.loc["UP", ["n_loss", "n_gain", "direction"]].tolist() == [5, 0, "loss"]
    assert np.isnan(found.loc["RIBOSOME", "padj"])
    one_cluster = many.copy()
    one_cluster.loc[:4, "locus_id"] = "l0"
    alone = switch_sets(one_cluster, SETS).set_index("set")
    assert alone.loc["UP", ["n_loss", "n_loci", "direction"]].tolist() == [1, 16, "none"]


def test_a_gene_without_one_of_the_marks_is_not_counted() -> None:
    genes = switch_table({0: "activating switch"})
    genes.loc[0:9, "B_pvalue"] = np.nan
    found = switch_sets(genes, SETS).set_index("set")
    assert found.loc["UP", ["n_tested", "n_gain"]].tolist() == [10, 0]


def test_one_locus_that_switches_is_no_set_and_a_called_set_is_a_finding() -> None:
    one = switch_sets(switch_table({0: "activating switch"}), {"UP": SETS["UP"]}).iloc[0]
    assert one["padj"] <= 0.05
    assert (one["n_gain"], one["direction"], one["finding"]) == (1, "none", "")
    classes = dict.fromkeys(range(2), "activating switch")
    two = switch_sets(switch_table(classes), {"UP": SETS["UP"]}).iloc[0]
    assert (two["n_gain"], two["direction"], two["finding"]) == (2, "gain", "UP")
    assert two["called_needed"] == 2
