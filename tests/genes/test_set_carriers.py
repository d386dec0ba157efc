"""A direction of a set of few loci needs two of them that are called that way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.genes.enrichment import SetOptions, enrich_level
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.set_carriers import CARRIED_RULE, FEW_LOCI, called_loci, why_not_carried
from resist_epi.mechanism.layers import Layer, MechanismOptions, layer_table
from resist_epi.model.analysis import analyse
from tests.support.scored_sets import counts, own_sheet

FOUR = GeneSet("FOUR", "test", ("S0", "S1", "S2", "S3"))
SIX = GeneSet("SIX", "test", tuple(f"S{i}" for i in range(6)))
SETS = {"FOUR": FOUR, "SIX": SIX}


@pytest.fixture(scope="module")
def found() -> GeneLevel:
    own = analyse(counts(), own_sheet(), normalize="library_size", contrast="poor-good")
    return GeneLevel(own.results, own.fit, own.contrast, mark="H3K36me3")


def with_called(level: GeneLevel, n: int) -> GeneLevel:
    """The same tests, of which only the first `n` genes of the sets are called."""
    results = level.results.copy()
    results.loc[n:, "padj"] = results.loc[n:, "padj"].clip(lower=0.2)
    assert (results.loc[: n - 1, "padj"] <= 0.05).all()
    return replace(level, results=results)


@pytest.mark.parametrize(("n", "direction"), [(0, "none"), (1, "none"), (2, "gain")])
def test_sets_of_few_loci_need_two_that_are_called(
    found: GeneLevel, n: int, direction: str
) -> None:
    level = with_called(found, n)
    table = enrich_level(level, SETS, SetOptions()).set_index("set")
    assert (table["padj"] <= 0.05).all()
    assert table["direction"].tolist() == [direction] * 2
    assert CARRIED_RULE in table.attrs["header"]["gene sets"]
    layer = Layer("H3K36me3", level.results, level.fit, level.contrast)
    own = layer_table(layer, SETS, MechanismOptions(n_random=200)).set_index("set")
    assert own["direction"].tolist() == [direction] * 2
    said = own["warnings"].str.contains("only 1 locus is called|no locus is called")
    assert said.tolist() == [direction == "none"] * 2


def test_neighbours_that_are_called_together_are_one_locus(found: GeneLevel) -> None:
    results = found.results.copy()
    results.loc[1, ["chrom", "start", "end"]] = results.loc[0, ["chrom", "start", "end"]].to_numpy()
    level = with_called(replace(found, results=results), 2)
    direction = level.directions(0.05)
    assert called_loci(level, np.arange(2), direction, ["gain"]) == 1
    assert "only 1 locus" in why_not_carried(level, [np.arange(4)], ["gain"], 0.05)[0]


def test_called_the_other_way_is_no_support_and_large_sets_need_none(found: GeneLevel) -> None:
    level = with_called(found, 2)
    many = np.arange(FEW_LOCI)
    said = why_not_carried(level, [np.arange(4)] * 3, ["gain", "loss", "none"], 0.05)
    assert [bool(why) for why in said] == [False, True, False]
    assert "no locus is called that way" in said[1]
    assert why_not_carried(level, [many], ["loss"], 0.05) == [""]
    pd.testing.assert_series_equal(level.results["stat"], found.results["stat"])
