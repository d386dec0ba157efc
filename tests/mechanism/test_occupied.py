"""Counts of a mechanism's genes with peaks."""

from __future__ import annotations

import pandas as pd

from resist_epi.genes.gene_sets import GeneSet
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.occupied import mechanisms_of_genes, occupied_mechanisms

MECHANISMS = [
    Mechanism("one", "One", "S1", {"H3K27me3": Expectation("gain")}),
    Mechanism("two", "Two", "S2", {}),
    Mechanism("absent", "Absent", "S3", {}),
]
SETS = {
    "S1": GeneSet("S1", "here", ("A", "B", "C")),
    "S2": GeneSet("S2", "here", ("C",)),
    "S3": GeneSet("S3", "here", ("Z",)),
}
GENES = pd.DataFrame(
    {
        "symbol": ["A", "B", "D"],
        "fraction_x": [1.0, 0.25, 0.0],
        "fraction_y": [0.5, 1.0, 1.0],
        "fraction_difference": [0.5, -0.75, -1.0],
    }
)


def test_counts_by_hand() -> None:
    table = occupied_mechanisms(
        MECHANISMS, SETS, GENES, known=list("ABCDE"), groups=["x", "y"], mark="H3K27me3"
    )
    assert table["mechanism"].tolist() == ["One", "Two"], "of the third no gene is known"
    one = table.iloc[0]
    assert one["expected"] == "gain"
    assert (one["n_genes"], one["n_with_peak"], one["n_x"], one["n_y"]) == (3, 2, 1, 2)
    assert (one["share_of_set"], one["share_of_genes"]) == (2 / 3, 3 / 5)
    assert (one["genes_more_in_x"], one["genes_more_in_y"]) == ("A", "B")
    assert table.iloc[1]["n_with_peak"] == 0


def test_without_two_groups_nothing_is_compared() -> None:
    alone = GENES[["symbol", "fraction_x"]]
    table = occupied_mechanisms(
        MECHANISMS, SETS, alone, known=list("ABC"), groups=["x"], mark="other"
    )
    assert "n_x" in table
    assert not any(c.startswith("more_in") for c in table)


def test_genes_of_no_mechanism_leave_the_columns() -> None:
    table = occupied_mechanisms(
        MECHANISMS, SETS, GENES, known=["D"], groups=["x", "y"], mark="H3K27me3"
    )
    assert table.empty
    assert {"mechanism", "n_x", "more_in_y", "genes_more_in_y"} <= set(table)


def test_a_gene_may_belong_to_several() -> None:
    assert mechanisms_of_genes(MECHANISMS, SETS)["C"] == "One; Two"
