"""A layer shows of a set its direction, or both, and what it could have seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genes.enrichment import enrich
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.mechanism.layers import Layer, MechanismOptions, layer_table
from resist_epi.model.analysis import Analysis, analyse
from tests.support.builders import regions, sheet
from tests.support.mechanism_sets import SETS, N

BOTH = GeneSet("BOTH", "test", tuple(f"S{i}" for i in range(400, 430)))
PART = GeneSet("PART", "test", tuple(f"S{i}" for i in range(500, 540)))
ALL = {**SETS, "BOTH": BOTH, "PART": PART}


def changed(rows: dict[int, float], *, seed: int = 1, shared: float = 0.0) -> Analysis:
    """Six against six tumours; `shared` is a factor of each tumour that BOTH's genes follow."""
    rng = np.random.default_rng(seed)
    level = rng.normal(6, 1, size=(N, 1)) + 0.4 * rng.normal(size=(N, 12))
    for row, change in rows.items():
        level[row, 6:] += change
    loading = np.tile([1.0, -1.0], 15)[:, None]
    level[400:430] += shared * loading * rng.normal(size=12)
    samples = tuple(f"s{i}" for i in range(12))
    counts = CountMatrix(
        2.0**level, regions(N, width=100_000), samples, "mean_signal", np.full(12, 1e6)
    )
    own = sheet(["good"] * 6 + ["poor"] * 6, Patient=list(samples))
    return analyse(counts, own, normalize="library_size", contrast="poor-good")


def of(analysis: Analysis, **options: object) -> pd.DataFrame:
    layer = Layer(
        "H3K27me3",
        analysis.results,
        analysis.fit,
        analysis.contrast,
        design=analysis.design,
        matrix=analysis.matrix,
    )
    asked = MechanismOptions(kinds={"RIBOSOME": "control"}, **options)  # type: ignore[arg-type]
    return layer_table(layer, ALL, asked).set_index("set")


def test_members_that_go_both_ways_are_mixed() -> None:
    both = {i: (1.5 if i % 2 else -1.5) for i in range(400, 416)}
    table = of(changed(both))
    row = table.loc["BOTH"]
    assert row["direction"] == "mixed"
    assert min(row["n_gain"], row["n_loss"]) >= 6
    assert row["n_called"] >= row["called_needed"] > row["n_called_matched"]
    assert row["relabelled_pvalue"] <= 0.05
    carriers = {int(g[1:]) for g in row["genes"].split(",")}
    assert {g % 2 for g in carriers} == {0, 1}
    assert table.loc["QUIET", "direction"] == "none"
    assert np.isnan(table.loc["QUIET", "relabelled_pvalue"])  # asked only where more are called


def test_some_members_that_go_one_way_are_no_mixture() -> None:
    row = of(changed(dict.fromkeys(range(500, 512), 1.5))).loc["PART"]
    assert row["direction"] == "gain"


def test_a_set_without_a_direction_lists_its_called_genes_of_either_sign() -> None:
    row = of(changed({500: 2.0, 501: -2.0, 502: 0.4})).loc["PART"]
    assert row["direction"] == "none"
    assert (row["n_gain"], row["n_loss"]) == (1, 1)
    assert set(row["genes"].split(",")) == {"S500", "S501"}


def test_a_factor_that_members_share_makes_no_mixture() -> None:
    """Their genes move together from tumour to tumour; now and then this looks like the groups."""
    claimed = [of(changed({}, seed=s, shared=1.2), n_random=200).loc["BOTH"] for s in range(20)]
    assert sum(row["direction"] != "none" for row in claimed) <= 3  # 5 % of 20, two s.e. above


def test_null_layers_claim_nothing() -> None:
    tables = [of(changed({}, seed=s), n_random=200) for s in range(10)]
    called = sum((t["direction"] != "none").sum() for t in tables)
    assert called <= 3  # of 60 rows; .05 is 3


@pytest.mark.parametrize("by", ["mean", "number"])
def test_what_would_have_been_seen_is_seen_with_about_that_power(by: str) -> None:
    """Planted as large as the table says of the quiet set, it is called four times in five."""
    quiet = of(changed({}, seed=50)).loc["BOTH"]
    if by == "mean":
        size = float(quiet["smallest_effect"])
        assert 0.05 < size < 1
        planted = dict.fromkeys(range(400, 430), size)
        seen = [
            of(changed(planted, seed=60 + s), n_random=200).loc["BOTH", "direction"] == "gain"
            for s in range(20)
        ]
        # .8 with a standard error of .09; the bound is that of one set called alone.
        assert 0.6 <= np.mean(seen) <= 1.0
        half = {i: v / 2 for i, v in planted.items()}
        less = [
            of(changed(half, seed=60 + s), n_random=200).loc["BOTH", "direction"] == "gain"
            for s in range(10)
        ]
        assert np.mean(less) < 0.6
    else:
        needed = int(quiet["called_needed"])
        planted = {400 + k: (2.5 if k % 2 else -2.5) for k in range(needed)}
        row = of(changed(planted, seed=50)).loc["BOTH"]
        assert row["n_called"] >= needed
        assert row["mixed_padj"] <= 0.05


def test_gene_sets_and_mechanisms_say_the_same_of_every_set() -> None:
    analysis = changed({**dict.fromkeys(range(200, 204), 1.2), **dict.fromkeys(range(20), 0.8)})
    sets = enrich(
        analysis.results,
        ALL,
        fit=analysis.fit,
        contrast=analysis.contrast,
        kinds={"RIBOSOME": "control"},
        mark="H3K27me3",
    ).set_index("set")
    table = of(analysis)
    same = ["pvalue", "n_tested", "n_loci", "untested"]
    pd.testing.assert_frame_equal(sets[same], table[same])
    assert table["pvalue"].notna().all()
    assert sets.loc["FOUR", "direction"] == table.loc["FOUR", "direction"] == "gain"
    assert "fry and by rank" in str(sets.attrs.get("header", ""))
    # Without the fit neither has a P, for the same reason.
    bare = enrich(analysis.results, ALL, mark="H3K27me3").set_index("set")
    alone = layer_table(Layer("H3K27me3", analysis.results), ALL, MechanismOptions())
    alone = alone.set_index("set")
    assert np.isnan(bare.loc["FOUR", "pvalue"])
    assert bare.loc["FOUR", "untested"] == alone.loc["FOUR", "untested"]
    assert "without the fit" in bare.loc["FOUR", "untested"]


def test_promoters_without_the_mark_are_named_as_the_reason() -> None:
    results = changed({}).results
    quiet = results["symbol"].isin(SETS["QUIET"].genes)
    results.loc[quiet, ["stat", "pvalue", "padj", "lfcSE", "df"]] = np.nan
    layer = Layer("H3K27me3", results)
    sets = {**ALL, "GONE": GeneSet("GONE", "test", ("X1", "X2"))}
    table = layer_table(layer, sets, MechanismOptions()).set_index("set")
    said = table["untested"]
    assert said["QUIET"] == "these 30 promoters carry no H3K27me3, or too little to be tested"
    assert said["GONE"] == "none of its 2 genes has a promoter here"
    assert said["UP"] == ""
