"""What each kind of a gene's regions says, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_values import genes_side_by_side


def results(symbols: list[str], starts: list[int], **columns: list[object]) -> pd.DataFrame:
    n = len(symbols)
    table = pd.DataFrame(
        {
            "chrom": "chr2",
            "start": starts,
            "end": np.array(starts) + 5000,
            "strand": "+",
            "gene_id": symbols,
            "symbol": symbols,
            "baseMean": np.arange(n, dtype=float),
            "log2FoldChange": np.arange(n) / 10,
            "pvalue": np.linspace(0.01, 0.9, n),
            "padj": np.linspace(0.02, 0.9, n),
            "direction": ["gain"] + ["none"] * (n - 1),
        }
    )
    return table.assign(**columns)


def test_every_gene_of_any_kind_has_one_row_in_genome_order() -> None:
    promoters = results(["B", "A", "A"], [900_000, 0, 50_000], primary=[True, False, True])
    bodies = results(["A", "C"], [2_000, 400_000])
    table = genes_side_by_side({"promoters": promoters, "genes": bodies})
    assert list(table["symbol"]) == ["A", "C", "B"]
    own = table.set_index("symbol")
    # The primary promoter speaks for A, not the one with the smaller P.
    assert own.loc["A", "promoters_pvalue"] == promoters["pvalue"][2]
    assert own.loc["A", "genes_direction"] == "gain"
    assert own.loc["A", "start"] == 50_000
    assert np.isnan(own.loc["C", "promoters_log2FoldChange"])
    assert own.loc["C", "promoters_direction"] == "none"
    assert np.isnan(own.loc["B", "genes_padj"])
    assert table["locus_id"].nunique() == 3


def test_kinds_without_genes_are_left_out() -> None:
    peaks = results(["", ""], [0, 9])
    table = genes_side_by_side({"genes": results(["A"], [0]), "peaks": peaks})
    assert not any(c.startswith("peaks_") for c in table)
    with pytest.raises(InputFormatError, match="none of the regions has a gene"):
        genes_side_by_side({"peaks": peaks})
