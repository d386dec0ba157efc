"""Calls by class: what is planted in one is found, chance is not, neighbours count once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.genes.where import CPG, cpg_classes, where_called
from resist_epi.schema import WHERE, names
from tests.support.builders import regions

N = 800


def results(called: np.ndarray, *, width: int = 200_000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = regions(N, width=width).assign(baseMean=rng.lognormal(size=N), pvalue=0.5)
    table["end"] = table["start"] + 1000
    table["direction"] = np.where(called, "gain", "none")
    return table


def asked(table: pd.DataFrame, classes: np.ndarray) -> pd.DataFrame:
    return where_called(table, {"states": classes}, n_random=1000).set_index(["class", "direction"])


def test_a_planted_class_is_enriched_and_the_other_depleted() -> None:
    classes = np.where(np.arange(N) % 4 == 0, "late", "early").astype(object)
    called = (np.arange(N) % 4 == 0) & (np.arange(N) < 200)
    called |= np.arange(N) % 40 == 1
    found = asked(results(called), classes)
    assert set(found.reset_index()) == set(names(WHERE))
    late = found.loc[("late", "gain")]
    assert late["fold"] > 2
    assert late["padj"] < 0.01
    assert late["n_called"] == 50
    assert found.loc[("early", "gain"), "fold"] < 1
    assert found.loc[("late", "loss"), "n_called"] == 0
    assert np.isnan(found.loc[("late", "loss"), "pvalue"])


def test_chance_is_not_called() -> None:
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        classes = rng.choice(["a", "b"], size=N).astype(object)
        p.append(asked(results(rng.random(N) < 0.05), classes).loc[("a", "gain"), "pvalue"])
    assert np.mean(np.array(p) <= 0.05) <= 0.12  # two standard errors of 40 above


def test_a_class_that_only_has_the_signal_to_be_called_is_no_enrichment() -> None:
    table = results(np.zeros(N, dtype=bool))
    strong = table["baseMean"].rank(pct=True).to_numpy() > 0.75
    rng = np.random.default_rng(3)
    table["direction"] = np.where(strong & (rng.random(N) < 0.4), "gain", "none")
    classes = np.where(strong, "marked", "bare").astype(object)
    row = asked(table, classes).loc[("marked", "gain")]
    assert 0.9 < row["fold"] < 1.1
    assert row["padj"] > 0.05


def test_neighbours_count_once() -> None:
    called = np.zeros(N, dtype=bool)
    called[100:120] = True
    classes = np.full(N, "one", dtype=object)
    assert asked(results(called, width=20_000), classes).loc[("one", "gain"), "n_called"] == 1
    assert asked(results(called), classes).loc[("one", "gain"), "n_called"] == 20


def test_cpg_classes_are_of_the_genes_of_regions() -> None:
    table = results(np.zeros(N, dtype=bool)).head(3)
    flags = pd.array([True, False, None], dtype="boolean")
    known = pd.DataFrame({"cpg_island": flags}, index=table["gene_id"])
    assert cpg_classes(table, known).tolist() == ["CpG island", "no CpG island", "not known"]
    assert set(cpg_classes(table, known[[]])) == {"not known"}
    assert CPG == "CpG"
