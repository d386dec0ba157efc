"""Random sets like a given one: how many of them are called, and how many would have to be."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.genes.gene_level import GeneLevel
from resist_epi.mechanism.matched_sets import matched_sets, relabelled_pvalues
from tests.mechanism.test_layers import changed

MEMBERS = np.arange(400, 430)


@pytest.fixture(scope="module")
def level() -> GeneLevel:
    scattered = dict.fromkeys(range(0, 400, 10), 1.8)
    analysis = changed({**scattered, **{i: (1.8 if i % 2 else -1.8) for i in range(400, 412)}})
    return GeneLevel(
        analysis.results, analysis.fit, analysis.contrast, analysis.design, analysis.matrix
    )


def test_called_members_are_held_against_random_sets(level: GeneLevel) -> None:
    quiet = np.arange(600, 630)
    sets = {"both": MEMBERS, "quiet": quiet, "few": MEMBERS[:4]}
    found = matched_sets(level, sets, fdr=0.05, n_random=500, seed=1)
    called = (level.directions(0.05) != "none").astype(int)
    assert found.n_called.tolist() == [called[i].sum() for i in sets.values()]
    share = called[np.setdiff1d(np.arange(1200), MEMBERS)].mean()
    assert found.n_called_matched[0] == pytest.approx(30 * share, rel=0.5)
    assert found.pvalue[0] == pytest.approx(1 / 501)
    assert found.pvalue[1] > 0.5
    assert np.isnan(found.pvalue[2])  # four genes cannot be more than others


def test_what_is_needed_is_the_smallest_number_that_would_do(level: GeneLevel) -> None:
    found = matched_sets(level, {"both": MEMBERS}, fdr=0.05, n_random=499, seed=1)
    drawn = found.drawn_called["both"]
    for at in (0.05, 0.01, 0.002):
        needed = found.needed(at)[0]
        enough = (1 + (drawn >= needed).sum()) / 500
        fewer = (1 + (drawn >= needed - 1).sum()) / 500
        assert enough <= at
        assert fewer > at or needed == 2
    assert np.isnan(found.needed(0.001)[0])  # 499 draws give no P of .001


def test_exchanged_labels_keep_the_correlation_between_genes(level: GeneLevel) -> None:
    found = relabelled_pvalues(level, {"both": MEMBERS, "quiet": np.arange(600, 630)})
    # Splits that exchange one unit a side find much of it again.
    assert 2 / 924 <= found["both"] <= 0.05
    assert found["quiet"] > 0.05
    assert relabelled_pvalues(GeneLevel(level.results), {"both": MEMBERS}) == {}
    assert relabelled_pvalues(level, {}) == {}
