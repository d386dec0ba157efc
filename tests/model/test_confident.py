"""Regions that two results call together, against a rule written out; what stands against what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.model.confident import called_by_both, opposed
from resist_epi.model.normalization_data import NormalizationInputs
from tests.support.builders import matrix


def results(change: list[float], p: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"log2FoldChange": change, "pvalue": p})


def test_the_larger_p_of_one_sign_is_adjusted_over_all_regions() -> None:
    one = results([1, 1, -1, 1, 2, np.nan], [0.001, 0.02, 0.001, 0.9, 0.03, np.nan])
    other = results([1, 2, 1, 1, 1, 1], [0.002, 0.001, 0.001, 0.001, 0.9, 0.001])
    # The larger P: .002, .02, none (signs differ), .9, .9; five regions are tested.
    assert called_by_both(one, other, fdr=0.05).tolist() == [True, True] + [False] * 4
    assert called_by_both(one, other, fdr=0.02).tolist() == [True] + [False] * 5
    np.testing.assert_array_equal(
        called_by_both(one, other, fdr=0.05), called_by_both(other, one, fdr=0.05)
    )


@pytest.mark.parametrize("seed", range(3))
def test_where_one_assumption_holds_the_rate_holds(seed: int) -> None:
    """The other calls everything, as a wrong factor does in a large study."""
    rng = np.random.default_rng(seed)
    right = np.where(np.arange(2000) < 400, rng.uniform(0, 1e-4, 2000), rng.uniform(size=2000))
    called = called_by_both(
        results([1.0] * 2000, list(right)), results([1.0] * 2000, [1e-9] * 2000), fdr=0.05
    )
    assert called[:400].all()
    assert called[400:].sum() / called.sum() < 0.08


def test_what_stands_against_what() -> None:
    counts = matrix(np.ones((3, 4)))
    with_bins = NormalizationInputs(background=counts)
    assert opposed(["background", "tmm_enriched", "tmm"], with_bins)[1] == "tmm_enriched"
    assert opposed(["background", "tmm"], with_bins) == ("background", "tmm")
    assert opposed(["background"], with_bins) == ("background", None)
    assert opposed(["tmm", "library_size"], NormalizationInputs()) == (None, "tmm")
