"""Gene sets: one value a gene, calibrated under correlation, planted sets found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.design import make_contrast, make_design
from resist_epi.differential import contrast_results, fit
from resist_epi.enrichment import enrich, genes_one_by_one
from resist_epi.errors import InputFormatError
from resist_epi.gene_sets import GeneSet
from resist_epi.gene_values import gene_rows, gene_table
from resist_epi.matrix import CountMatrix
from resist_epi.normalization import normalize
from resist_epi.schema import GENE_SETS, names
from tests.builders import matrix, planted, sheet


def analysed(counts: CountMatrix) -> dict[str, object]:
    half = len(counts.samples) // 2
    design = make_design(sheet(["good"] * half + ["poor"] * half))
    contrast = make_contrast(design)
    fitted = fit(normalize(counts), design)
    return {"results": contrast_results(fitted, contrast), "fit": fitted, "contrast": contrast}


def gene_set(name: str, members: range) -> GeneSet:
    return GeneSet(name, "test", tuple(f"S{i}" for i in members))


def test_a_planted_set_is_found_and_a_quiet_one_is_not() -> None:
    sets = {"UP": gene_set("UP", range(0, 20)), "QUIET": gene_set("QUIET", range(100, 120))}
    table = enrich(gene_sets=sets, **analysed(planted(per_group=6)))  # type: ignore[arg-type]
    assert list(table.columns) == names(GENE_SETS)
    assert list(table["direction"]) == ["gain", "none"]
    assert list(table["n_gain"]) == [20, 0]
    assert table.loc[0, "effect"] > 2
    assert len(table.loc[0, "genes"].split(",")) == 20
    assert "correlation estimated from 10 residual df" in table.attrs["header"]["gene sets"]


def test_sets_whose_genes_are_correlated_are_not_called_too_often() -> None:
    """A shared factor moves each set's genes together; ignoring it would call about half."""
    called = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        level = rng.normal(3, 2, size=(600, 1)) + rng.normal(0, 0.3, size=(600, 12))
        for first in range(0, 600, 30):
            level[first : first + 30] += rng.normal(0, 0.2, size=12)
        counts = matrix(2.0**level, library_sizes=np.ones(12))
        sets = {f"B{i}": gene_set(f"B{i}", range(i, i + 30)) for i in range(0, 600, 30)}
        table = enrich(gene_sets=sets, **analysed(counts))  # type: ignore[arg-type]
        called.append((table["pvalue"] < 0.05).mean())
    # 240 tests; two standard errors of .05 are .028.
    assert np.mean(called) <= 0.05 + 0.028


def test_without_counts_the_correlation_is_preset_and_that_is_said() -> None:
    results = analysed(planted(per_group=6))["results"]
    assert isinstance(results, pd.DataFrame)
    table = enrich(results, {"UP": gene_set("UP", range(0, 20))})
    assert table.loc[0, "pvalue"] < 0.05
    assert (
        "correlation preset to 0.05 since no counts were given"
        in (table.attrs["header"]["gene sets"])
    )


def test_small_sets_have_an_effect_but_no_p() -> None:
    table = enrich(
        gene_sets={"FOUR": gene_set("FOUR", range(4))},
        **analysed(planted(per_group=6)),  # type: ignore[arg-type]
    )
    assert table.loc[0, "effect"] > 2
    assert np.isnan(table.loc[0, "pvalue"])
    assert table.loc[0, "n_gain"] == 4


def test_unmatched_sets_are_untested_unless_they_are_the_users(
    caplog: pytest.LogCaptureFixture,
) -> None:
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    foreign = {"HUMAN": GeneSet("HUMAN", "test", ("HK2", "G6PD"))}
    table = enrich(results, foreign)
    assert table.loc[0, "n_tested"] == 0
    assert table.loc[0, ["effect", "pvalue", "padj"]].isna().all()
    assert "1 of 1 gene sets have no gene in this table" in caplog.text
    with pytest.raises(InputFormatError, match=r"HK2, G6PD, the results S0, S1"):
        enrich(results, foreign, own_sets=True)


def test_the_primary_promoter_speaks_and_never_the_smallest_p() -> None:
    table = pd.DataFrame(
        {
            "gene_id": ["g1", "g1", "g2", ""],
            "symbol": ["A", "A", "B", ""],
            "baseMean": [1.0, 9.0, 3.0, 4.0],
            "primary": [True, False, True, False],
            "pvalue": [0.9, 1e-9, 0.5, 1e-12],
        }
    )
    assert gene_rows(table).tolist() == [0, 2]
    assert gene_rows(table.drop(columns="primary")).tolist() == [1, 2]
    assert list(gene_table(table)["symbol"]) == ["A", "B"]
    with pytest.raises(InputFormatError, match="none of the regions has a gene"):
        gene_rows(table.iloc[3:])


def test_a_symbol_with_two_loci_counts_once_in_a_set() -> None:
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    results.loc[7, "symbol"] = "S3"
    table = enrich(results, {"UP": gene_set("UP", range(0, 6))})
    assert table.loc[0, "n_tested"] == 6
    assert len(gene_rows(results)) == len(results)


def test_genes_one_by_one_keep_the_order_of_the_set_and_name_what_is_missing() -> None:
    results = analysed(planted())["results"]
    assert isinstance(results, pd.DataFrame)
    table = genes_one_by_one(results, GeneSet("CORE", "test", ("S7", "HK2", "S3")))
    assert list(table["symbol"]) == ["S7", "S3", "HK2"]
    assert np.isnan(table["log2FoldChange"].iloc[2])
    assert table["direction"].iloc[0] == "gain"
