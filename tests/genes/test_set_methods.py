"""Every test of gene sets finds what is planted, and says what it assumes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.sample_scores import sample_scores
from resist_epi.genes.set_methods import METHODS
from resist_epi.io.tables import read_table
from resist_epi.model.analysis import Analysis, analyse
from tests.support.builders import regions, sheet

N = 600
SETS = {
    "UP": GeneSet("UP", "test", tuple(f"S{i}" for i in range(25))),
    "QUIET": GeneSet("QUIET", "test", tuple(f"S{i}" for i in range(100, 130))),
    "TWO": GeneSet("TWO", "test", ("S0", "S1")),
    "ABSENT": GeneSet("ABSENT", "test", ("nobody",)),
}


def counts(change: float = 1.3, seed: int = 1) -> CountMatrix:
    rng = np.random.default_rng(seed)
    level = rng.normal(6, 1, size=(N, 1)) + 0.4 * rng.normal(size=(N, 12))
    level[:25, 6:] += change
    names = tuple(f"s{i}" for i in range(12))
    return CountMatrix(
        2.0**level, regions(N, width=100_000), names, "mean_signal", np.full(12, 1e6)
    )


def own_sheet():
    return sheet(["good"] * 6 + ["poor"] * 6, Patient=[f"P{i}" for i in range(12)])


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
    by_voom = analyse(reads, own_sheet(), contrast="poor-good", normalize="library_size")
    assert by_voom.fit.method == "voom"
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


def test_scores_tell_the_samples_of_the_planted_set_apart() -> None:
    matrix = counts(3.0)
    scores = sample_scores(matrix, SETS).set_index("set")
    assert scores.index.tolist() == ["UP", "QUIET"]
    assert scores["n_loci"].tolist() == [25, 30]
    good, poor = (scores.loc["UP", [f"s{i}" for i in r]] for r in (range(6), range(6, 12)))
    assert poor.min() > good.max()
    alone = sample_scores(matrix.select(samples=["s7", "s1"]), SETS).set_index("set")
    assert np.sign(alone.loc["UP", "s7"] - alone.loc["UP", "s1"]) == 1
    with pytest.raises(InputFormatError, match="5 loci"):
        sample_scores(matrix, {"TWO": SETS["TWO"]})


def test_the_verb_takes_a_test_and_writes_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_counts(tmp_path / "c.parquet", counts())
    own_sheet().table.to_csv(tmp_path / "s.csv", index=False)
    (tmp_path / "sets.gmt").write_text(
        "".join("\t".join([s.name, s.source, *s.genes]) + "\n" for s in SETS.values())
    )
    common = ["--samples", str(tmp_path / "s.csv"), "--normalize", "library_size"]
    common += ["--contrast", "poor-good"]
    results = str(tmp_path / "r.tsv")
    assert main(["diff", str(tmp_path / "c.parquet"), *common, "-o", results]) == 0
    command = ["enrich", results, "--gene-sets", str(tmp_path / "sets.gmt")]
    out, scores = tmp_path / "sets.tsv", tmp_path / "scores.tsv"
    with_counts = ["--counts", str(tmp_path / "c.parquet"), *common]
    more = ["--test", "roast", "--beside", "ora", "--beside", "permutation"]
    more += ["--scores", str(scores)]
    assert main([*command, *with_counts, *more, "-o", str(out)]) == 0
    table = read_table(out).set_index("set")
    assert table.loc["UP", ["pvalue", "ora_pvalue", "permutation_pvalue"]].max() < 0.05
    assert list(read_table(scores).columns[:3]) == ["set", "n_loci", "s0"]
    assert main([*command, "--scores", str(scores), "-o", str(out)]) == 1
    assert "--counts" in capsys.readouterr().err
