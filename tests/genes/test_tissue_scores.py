"""Scores of tissue: what was mixed in is found, what was not is alike, what it explains."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.tissue_scores import (
    column_name,
    score_warnings,
    scored_sets,
    tissue_scores,
)
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.schema import TISSUE_SCORES, names
from tests.support.builders import regions, sheet

N = 900
SETS = {
    "PROLIFERATION_MARKERS": GeneSet("P", "test", tuple(f"S{i}" for i in range(25))),
    "STROMA_MARKERS": GeneSet("S", "test", tuple(f"S{i}" for i in range(100, 120))),
    "FEW_MARKERS": GeneSet("F", "test", tuple(f"S{i}" for i in range(200, 206))),
    "TINY_MARKERS": GeneSet("T", "test", ("S300", "S301")),
}


def mixed(difference: float, *, loading: float = 0.5, seed: int = 1, sign: float = 1.0) -> Analysis:
    """Six against six; a factor, higher in poor tumours by `difference`, moves a third of genes."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=12)
    factor -= np.repeat([factor[:6].mean(), factor[6:].mean()], 6)
    factor[6:] += difference
    loads = loading * rng.normal(size=N) * (rng.random(N) < 0.33)
    loads[:25] = sign * 2 * loading
    loads[100:120] = loads[200:206] = 0
    level = rng.normal(6, 1, size=(N, 1)) + 0.3 * rng.normal(size=(N, 12))
    level += np.outer(loads, factor) + rng.normal(size=12)  # depth differs between units
    samples = tuple(f"s{i}" for i in range(12))
    counts = CountMatrix(
        2.0**level, regions(N, width=100_000), samples, "mean_signal", np.full(12, 1e6)
    )
    own = sheet(["good"] * 6 + ["poor"] * 6, Patient=list(samples))
    return analyse(counts, own, normalize="tmm", contrast="poor-good", hidden="none")


def level(analysis: Analysis, mark: str = "H3K36me3") -> GeneLevel:
    return GeneLevel(analysis.results, analysis.fit, analysis.contrast, mark=mark)


def test_a_contrast_that_is_largely_a_tissue_is_called_that() -> None:
    found = tissue_scores(level(mixed(3.0)), SETS)
    assert list(found.table) == names(TISSUE_SCORES)
    own = found.table.set_index("set")
    assert own.loc["PROLIFERATION_MARKERS", "verdict"] == "largely this"
    assert own.loc["PROLIFERATION_MARKERS", "effect"] > 1
    assert own.loc["STROMA_MARKERS", "verdict"] == "alike"
    assert own.loc["FEW_MARKERS", "verdict"] == "too few to reassure"
    assert "TINY_MARKERS" not in own.index
    said = score_warnings(found.table.assign(calls=40.0, calls_beside=3.0), "H3K36me3")
    assert len(said) == 1
    assert "largely proliferation: its first side has more of it" in said[0]
    assert "of 40 calls 3 remain with the score in the design" in said[0]


def test_a_repressive_mark_is_read_the_other_way_round() -> None:
    analysis = mixed(3.0, sign=-1.0)
    active = tissue_scores(level(analysis), SETS).table.set_index("set")["effect"]
    found = tissue_scores(level(analysis, "H3K27me3"), SETS)
    turned = found.table.set_index("set")["effect"]
    assert turned["PROLIFERATION_MARKERS"] == pytest.approx(-active["PROLIFERATION_MARKERS"])
    assert turned["PROLIFERATION_MARKERS"] > 0
    assert found.table.set_index("set")["verdict"]["PROLIFERATION_MARKERS"] == "largely this"


def test_a_tissue_that_varies_within_groups_alone_is_no_part_of_the_contrast() -> None:
    tables = [tissue_scores(level(mixed(0.0, seed=s)), SETS).table for s in range(12)]
    flagged = [t["verdict"].isin(["largely this", "partly this"]).any() for t in tables]
    assert sum(flagged) <= 2


def test_scores_are_the_same_whatever_the_depth_and_one_is_a_unit_of_spread() -> None:
    found = tissue_scores(level(mixed(0.0)), SETS)
    score = found.scores["ProliferationScore"].to_numpy()
    within = np.concatenate([score[:6] - score[:6].mean(), score[6:] - score[6:].mean()])
    assert (within**2).sum() / 10 == pytest.approx(1.0)
    assert list(found.scores.index) == [f"s{i}" for i in range(12)]


def test_markers_and_subtypes_are_scored_and_named() -> None:
    kinds = {"A_MARKERS": "marker", "B": "curated", "LUMINAL_IDENTITY": "curated"}
    sets = {name: GeneSet(name, "test", ("X",)) for name in kinds}
    assert list(scored_sets(sets, kinds)) == ["A_MARKERS", "LUMINAL_IDENTITY"]
    assert column_name("LUMINAL_IDENTITY") == "LuminalScore"


def test_a_level_without_a_fit_is_refused() -> None:
    with pytest.raises(DesignError, match="a fit and a contrast"):
        tissue_scores(GeneLevel(mixed(0.0).results), SETS)
