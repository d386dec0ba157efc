"""Genes by the peaks that are theirs."""

from __future__ import annotations

import pandas as pd

from resist_epi.genes.occupied import gene_occupancy, occupied_genes

NAMED = pd.DataFrame(
    {
        "region_id": ["p", "q", "r", "s"],
        "gene_id": ["g2", "", "g1", "g2"],
        "symbol": ["B", "", "A", "B"],
    }
)
HELD = pd.DataFrame({"x": [1, 1, 0, 0], "y": [0, 1, 0, 1]}, index=list("pqrs"))


def test_a_sample_has_a_gene_where_it_has_any_of_its_peaks() -> None:
    found = gene_occupancy(NAMED, HELD)
    assert found.index.tolist() == ["g2", "g1"]
    assert found.to_numpy().tolist() == [[1, 1], [0, 0]]


def test_rows_are_genes() -> None:
    table = occupied_genes(NAMED, {"B": "Glycolysis"})
    assert table.to_numpy().tolist() == [["g2", "B", 2, "Glycolysis"], ["g1", "A", 1, ""]]
    assert occupied_genes(NAMED.iloc[1:2], {}).empty
