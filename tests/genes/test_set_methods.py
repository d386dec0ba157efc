"""Every test of gene sets finds what is planted, and says what it assumes."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.set_methods import METHODS
from resist_epi.model.analysis import Analysis, analyse
from tests.support.scored_sets import SETS, N, counts, own_sheet


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(counts(), own_sheet(), contrast="poor-good", normalize="library_size")


@pytest.mark.parametrize("test", METHODS)
def test_every_test_finds_the_planted_set_and_not_the_quiet_one(
    analysis: Analysis, test: str
) -> None:
    found = enrich(
        analysis.results,
        SETS,
        fit=analysis.fit,
        contrast=analysis.contrast,
        design=analysis.design,
        test=test,
    ).set_index("set")
    assert found.loc["UP", "pvalue"] < 0.01
    assert found.loc["UP", "direction"] == "gain"
    assert found.loc["QUIET", "pvalue"] > 0.05
    assert np.isnan(found.loc["ABSENT", "pvalue"])


def test_the_header_says_which_test_and_what_it_takes_for_granted(analysis: Analysis) -> None:
    found = enrich(
        analysis.results,
        SETS,
        fit=analysis.fit,
        contrast=analysis.contrast,
        beside=["ora", "fry"],
    )
    header = found.attrs["header"]
    assert "camera" in header["gene sets"]
    assert "as independent" in header["beside, ora"]
    assert "a common shift calls nearly any set" in header["beside, fry"]
    assert found["ora_pvalue"].notna().sum() == 2
    assert found["fry_pvalue"].notna().sum() == 3  # a set of two can be asked by fry


@pytest.mark.parametrize("test", ["fry", "roast", "permutation"])
def test_tests_of_the_fit_ask_for_it(analysis: Analysis, test: str) -> None:
    with pytest.raises(DesignError, match="--counts"):
        enrich(analysis.results, SETS, test=test)


def test_count_models_are_relabelled_by_trend_in_their_place() -> None:
    reads = counts()
    reads = CountMatrix(
        np.round(reads.values), reads.regions, reads.samples, "reads", reads.values.sum(axis=0)
    )
    asked = {"contrast": "poor-good", "normalize": "library_size"}
    by_voom = analyse(reads, own_sheet(), method="voom", **asked)
    found = enrich(
        by_voom.results,
        SETS,
        fit=by_voom.fit,
        contrast=by_voom.contrast,
        design=by_voom.design,
        matrix=by_voom.matrix,
        test="permutation",
    )
    assert found.set_index("set").loc["UP", "pvalue"] < 0.01
    assert "by trend on the same regions, in place of voom" in found.attrs["header"]["gene sets"]


def test_unknown_tests_are_named_with_those_that_are_known(analysis: Analysis) -> None:
    with pytest.raises(DesignError, match="camera, ora, logistic"):
        enrich(analysis.results, SETS, test="fisher")


def test_a_cluster_is_one_locus_in_every_count(analysis: Analysis) -> None:
    table = analysis.results.copy()
    at = table["start"].to_numpy().copy()
    at[:25] = np.arange(25) * 1000  # the whole set is one locus now
    table["start"], table["end"] = at, at + 500
    found = enrich(table, SETS, beside=["ora", "logistic"]).set_index("set")
    assert found.loc["UP", ["n_tested", "n_loci"]].tolist() == [25, 1]
    assert found.loc["UP", ["pvalue", "ora_pvalue", "logistic_pvalue"]].isna().all()


def test_length_is_taken_into_account_where_it_is_known(analysis: Analysis) -> None:
    # A third of the genes is long, and among them alone are called ones: length explains the calls.
    long_genes = np.arange(N) < 200
    length = np.where(long_genes, 2e5, 1e4) * np.random.default_rng(1).uniform(1, 2, N)
    lengths = pd.DataFrame({"length": length}, index=analysis.results["gene_id"])
    of_long = {"LONG": GeneSet("LONG", "test", tuple(f"S{i}" for i in range(5, 120)))}
    known = enrich(analysis.results, of_long, test="logistic", covariates=lengths)
    plain = enrich(analysis.results, of_long, test="logistic")
    assert plain.loc[0, "pvalue"] < 1e-4
    assert known.loc[0, "pvalue"] > 0.01
    assert "a spline of the gene's length" in known.attrs["header"]["gene sets"]
    assert "no covariate" in plain.attrs["header"]["gene sets"]


def test_gsea_warns_of_what_it_assumes(
    analysis: Analysis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        enrich(analysis.results, SETS, test="gsea")
    assert "prefer camera" in caplog.text
