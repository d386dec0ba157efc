"""The mechanism table: planted ones are found, with the verdict that was stated in advance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genes import gene_level
from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.layers import Layer
from resist_epi.mechanism.mechanisms import mechanism_table
from resist_epi.mechanism.sentences import mechanism_sentences
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.schema import MECHANISMS, MECHANISMS_MORE, names
from tests.support.builders import regions, sheet
from tests.support.mechanism_sets import KINDS, SETS, N


def mechanism(gene_set: str, **expected: str) -> Mechanism:
    signs = {mark: Expectation.parse(text) for mark, text in expected.items()}
    return Mechanism(gene_set.lower(), gene_set.capitalize(), gene_set, signs, "a caveat")


def analysed(planted: Sequence[str], change: float, *, seed: int = 1) -> Analysis:
    """Six against six tumours, genes 100 kb apart; the members of the planted sets change."""
    rng = np.random.default_rng(seed)
    level = rng.normal(6, 1, size=(N, 1)) + 0.4 * rng.normal(size=(N, 12))
    for name in planted:
        rows = [int(g[1:]) for g in SETS[name].genes]
        level[rows, 6:] += change
    places = regions(N, width=100_000)
    samples = tuple(f"s{i}" for i in range(12))
    counts = CountMatrix(2.0**level, places, samples, "mean_signal", np.full(12, 1e6))
    own = sheet(["good"] * 6 + ["poor"] * 6, Patient=list(samples))
    return analyse(counts, own, normalize="library_size", contrast="poor-good")


def layer(name: str, analysis: Analysis) -> Layer:
    return Layer(name, analysis.results, analysis.fit, analysis.contrast)


MECHANISMS_HERE = [
    mechanism("UP", H3K27me3="loss|none", H3K36me3="gain"),
    mechanism("QUIET", H3K27me3="none", H3K36me3="mixed"),
    mechanism("FOUR", H3K27me3="gain", H3K36me3="loss"),
]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    layers = [
        layer("H3K27me3", analysed([], 0.0, seed=2)),
        layer("H3K36me3", analysed(["UP", "FOUR"], 1.0, seed=3)),
    ]
    return mechanism_table(layers, MECHANISMS_HERE, SETS, kinds=KINDS, n_random=300)


def row(table: pd.DataFrame, gene_set: str, mark: str) -> pd.Series:
    return table[(table["set"] == gene_set) & (table["layer"] == mark)].iloc[0]


def test_verdicts_follow_what_was_stated(table: pd.DataFrame) -> None:
    assert list(table.columns) == names(MECHANISMS) + names(MECHANISMS_MORE)
    assert row(table, "UP", "H3K36me3")["verdict"] == "as expected"
    assert row(table, "FOUR", "H3K36me3")["verdict"] == "opposite"
    assert row(table, "UP", "H3K27me3")["verdict"] == "no change seen, as allowed for"
    assert row(table, "QUIET", "H3K27me3")["verdict"] == "no change expected, none seen"
    assert row(table, "UP", "H3K27me3")["expected"] == "loss or none"


def test_effects_beyond_those_of_matched_sets_and_their_genes(table: pd.DataFrame) -> None:
    up = row(table, "UP", "H3K36me3")
    assert up["effect"] == pytest.approx(1.0, abs=0.25)
    assert up["effect"] > up["matched_high"] > 0 > up["matched_low"]
    assert set(up["genes"].split(",")) <= set(SETS["UP"].genes)
    quiet = row(table, "QUIET", "H3K36me3")
    assert quiet["matched_low"] < quiet["effect"] < quiet["matched_high"]
    assert quiet["direction"] == "none"


def test_controls_ride_along_outside_of_the_adjustment(table: pd.DataFrame) -> None:
    control = row(table, "RIBOSOME", "H3K36me3")
    assert control["kind"] == "control"
    assert np.isfinite(control["pvalue"])
    assert np.isnan(control["padj"])
    assert control["verdict"] == "quiet"


def test_sentences_say_consistent_with_and_no_more(table: pd.DataFrame) -> None:
    said = mechanism_sentences(table)
    assert [re.sub(r" \(.*?\)", "", one) for one in said] == [
        "Up: gain of H3K36me3, consistent with what was stated",
        "Four: gain of H3K36me3, against what was stated",
    ]
    assert mechanism_sentences(table[table["layer"] == "H3K27me3"]) == []


def test_null_marks_give_no_mechanism() -> None:
    called = 0
    for seed in range(10):
        found = mechanism_table(
            [layer("H3K36me3", analysed([], 0.0, seed=10 + seed))],
            MECHANISMS_HERE,
            SETS,
            n_random=100,
            seed=seed,
        )
        called += int((found["direction"] != "none").any())
    assert called <= 2  # 5 % of 10, two standard errors above


def test_without_a_fit_small_sets_are_not_tested() -> None:
    results = analysed(["UP", "FOUR"], 1.0).results
    found = mechanism_table([Layer("expression", results)], MECHANISMS_HERE, SETS, n_random=50)
    assert row(found, "FOUR", "expression")["verdict"] == "not tested"
    assert row(found, "UP", "expression")["direction"] == "gain"


def test_an_option_of_another_name_is_named() -> None:
    with pytest.raises(TypeError, match="kind'"):
        mechanism_table([], MECHANISMS_HERE, SETS, kind=KINDS)


def test_the_genes_of_a_layer_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = gene_level.locus_ids
    monkeypatch.setattr(gene_level, "locus_ids", lambda *a, **k: calls.append(1) or real(*a, **k))
    own = layer("H3K36me3", analysed(["UP", "FOUR"], 1.0, seed=3))
    mechanism_table([own, own], MECHANISMS_HERE, SETS, kinds=KINDS, n_random=10)
    assert len(calls) == 2


def test_no_layer_and_no_gene() -> None:
    assert mechanism_table([], MECHANISMS_HERE, SETS).empty
    other = {"UP": GeneSet("UP", "test", ("Hk2",)), "QUIET": SETS["QUIET"]}
    found = mechanism_table([layer("H3K36me3", analysed([], 0.0))], MECHANISMS_HERE, other)
    assert row(found, "UP", "H3K36me3")["n_tested"] == 0
    assert row(found, "UP", "H3K36me3")["verdict"] == "not tested"


def test_matched_sets_are_of_tested_genes() -> None:
    """Genes without a test vary most here: they say nothing of sets of tested ones."""
    analysis = analysed([], 0.0, seed=4)
    quiet = analysis.results.copy()
    untested = np.arange(N) % 3 == 0
    quiet.loc[untested, ["stat", "pvalue", "padj", "lfcSE"]] = np.nan
    wild = quiet.copy()
    wild.loc[untested, "log2FoldChange"] *= 50
    bounds = [
        mechanism_table([Layer("H3K36me3", r)], MECHANISMS_HERE, SETS, kinds=KINDS, n_random=200)
        for r in (quiet, wild)
    ]
    columns = ["matched_low", "matched_high", "effect"]
    assert bounds[0]["matched_low"].notna().any()
    pd.testing.assert_frame_equal(bounds[0][columns], bounds[1][columns])


def test_the_header_speaks_of_the_marks_that_are_there() -> None:
    for name, said in (("H3K36me3", True), ("H3K27me3", False)):
        found = mechanism_table([layer(name, analysed([], 0.0))], MECHANISMS_HERE, SETS, n_random=9)
        assert ("H3K36me3" in found.attrs["header"]["wording"]) is said


def test_genes_of_one_domain_are_one_locus_as_for_gene_sets() -> None:
    analysis = analysed(["UP"], 1.0)
    places = analysis.results.set_index("symbol").loc[list(SETS["UP"].genes)]
    whole = places.iloc[:5]
    domains = pd.DataFrame(
        {
            "chrom": whole["chrom"].iloc[[0]],
            "start": whole["start"].min(),
            "end": whole["end"].max(),
        }
    )
    plain = layer("H3K36me3", analysis)
    n_loci = [
        mechanism_table([one], MECHANISMS_HERE, SETS, kinds=KINDS, n_random=50)
        .set_index("set")["n_loci"]
        .to_dict()
        for one in (plain, replace(plain, domains=domains))
    ]
    sets = enrich(
        analysis.results, SETS, fit=analysis.fit, contrast=analysis.contrast, domains=domains
    ).set_index("set")["n_loci"]
    assert n_loci[1] == sets[list(n_loci[1])].to_dict()
    assert n_loci[1]["UP"] < n_loci[0]["UP"]
