"""The mechanism table: planted ones are found, with the verdict that was stated in advance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError
from resist_epi.genes import gene_level
from resist_epi.genes.builtin import gene_set_kinds, load_gene_sets
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.matched import draw_sets, match_traits, nearest_pools
from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.caveats import set_warnings
from resist_epi.mechanism.expectations import Expectation, Mechanism
from resist_epi.mechanism.mechanisms import Layer, mechanism_sentences, mechanism_table
from resist_epi.mechanism.switch_sets import switch_sets
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.schema import MECHANISMS, names
from tests.support.builders import regions, sheet

N = 1200
SETS = {
    "UP": GeneSet("UP", "test", tuple(f"S{i}" for i in range(20))),
    "QUIET": GeneSet("QUIET", "test", tuple(f"S{i}" for i in range(100, 130))),
    "FOUR": GeneSet("FOUR", "test", ("S200", "S201", "S202", "S203")),
    "RIBOSOME": GeneSet("RIBOSOME", "test", tuple(f"S{i}" for i in range(300, 330))),
}
KINDS = {"RIBOSOME": "control"}


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
    assert list(table.columns) == names(MECHANISMS)
    assert row(table, "UP", "H3K36me3")["verdict"] == "as expected"
    assert row(table, "FOUR", "H3K36me3")["verdict"] == "opposite"
    assert row(table, "UP", "H3K27me3")["verdict"] == "no change seen"
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
    assert said == [
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


def test_warnings_name_what_else_may_lie_behind() -> None:
    genes = pd.DataFrame(
        {
            "chrom": ["chrX", "chr1", "chr1", "chr1"],
            "gene_id": ["g0", "g1", "g2", "g3"],
            "symbol": ["G6PD", "PGD", "A", "B"],
            "baseMean": [1.0, 2.0, 30.0, 40.0],
            "direction": ["gain", "gain", "none", "none"],
            "follows_copy_number": [False, True, False, False],
        }
    )
    covariates = pd.DataFrame({"cpg_island": [True, True, False, False]}, index=genes["gene_id"])
    sets = pd.DataFrame(
        {
            "set": ["FATTY_ACID_OXIDATION", "ADIPOSE_MARKERS"],
            "pvalue": [0.5, 0.01],
            "n_tested": [2, 2],
            "n_loci": [2, 2],
        }
    )
    members = {"FATTY_ACID_OXIDATION": np.array([0, 1]), "ADIPOSE_MARKERS": np.array([2, 3])}
    level = GeneLevel(genes, covariates=covariates)
    first, second = set_warnings("H3K27me3", level, members, sets)
    for part in ("CpG-island promoter", "G6PD on a sex chromosome", "PGD may follow copy number"):
        assert part in first
    assert "adipose tissue move too" in first
    assert second == ""
    assert "CpG" not in set_warnings("H3K36me3", level, members, sets)[0]


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


def test_expectations_are_made_of_four_words() -> None:
    with pytest.raises(InputFormatError, match="up"):
        Expectation.parse("up")
    assert Expectation().words == "not stated"
    assert Expectation.parse("mixed").verdict("loss") == "not predicted"


def test_random_sets_are_like_the_set_and_hold_no_gene_twice() -> None:
    rng = np.random.default_rng(1)
    genes = pd.DataFrame(
        {"baseMean": rng.lognormal(size=400), "gene_id": [f"g{i}" for i in range(400)]}
    )
    covariates = pd.DataFrame(
        {"length": rng.lognormal(size=400), "cpg_island": rng.random(400) < 0.5},
        index=genes["gene_id"],
    )
    traits = match_traits(genes, covariates)
    members = np.flatnonzero(covariates["cpg_island"].to_numpy())[:30]
    eligible = np.ones(400, dtype=bool)
    pools = nearest_pools(traits, members, eligible, size=60)
    distances = ((traits.to_numpy()[:, None] - traits.to_numpy()[members]) ** 2).sum(axis=2)
    distances[members] = np.inf
    for k, pool in enumerate(pools):
        expected = set(np.argsort(distances[:, k], kind="stable")[:60].tolist())
        assert set(pool.tolist()) == expected
    drawn = draw_sets(pools, 500, rng)
    assert not np.isin(drawn, members).any()
    assert all(len(set(s)) == 30 for s in drawn.tolist())
    assert covariates["cpg_island"].to_numpy()[drawn].mean() > 0.95
