"""Splits of the units, and the statistics of all of them at once."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.groups.permutation import (
    label_splits,
    null_calls,
    null_space_design,
    relabelled_statistics,
)
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import Squeezed, moderated_t, squeeze_variances
from resist_epi.stats.multiple import benjamini_hochberg


def sides(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.arange(a + b) < a
    return first, ~first


def test_all_splits_are_given_once_and_the_true_one_is_among_them() -> None:
    splits, complete = label_splits(sides(6, 6))
    assert complete
    assert len(splits) == comb(12, 6) == 924
    assert len(np.unique(splits, axis=0)) == 924
    assert (splits.sum(axis=1) == 6).all()
    assert (splits == (np.arange(12) < 6)).all(axis=1).sum() == 1


def test_labels_are_exchanged_within_pairs_and_units_of_other_groups_keep_theirs() -> None:
    first = np.array([1, 0, 1, 0, 1, 0, 0], dtype=bool)
    second = np.array([0, 1, 0, 1, 0, 1, 0], dtype=bool)
    splits, complete = label_splits((first, second), np.array([0, 0, 1, 1, 2, 2, 2]))
    assert complete
    assert len(splits) == 8
    assert (splits.reshape(8, 7)[:, :6].reshape(8, 3, 2).sum(axis=2) == 1).all()
    assert not splits[:, 6].any()


def test_many_splits_are_sampled_from_a_seed() -> None:
    one, complete = label_splits(sides(12, 12), sampled=50, seed=3)
    assert not complete
    assert one.shape == (50, 24)
    assert (one.sum(axis=1) == 12).all()
    np.testing.assert_array_equal(one, label_splits(sides(12, 12), sampled=50, seed=3)[0])
    assert (one != label_splits(sides(12, 12), sampled=50, seed=4)[0]).any()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("batches", [1, 2])
def test_equals_a_fit_of_each_split(weighted: bool, batches: int) -> None:
    """The slow way: fit each relabelling anew, with the prior of the true labels."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(300, 8)) * np.sqrt(rng.chisquare(4, size=(300, 1)) / 4)
    y[:60, 4:] += 4
    label = (np.arange(8) >= 4).astype(float)
    batch = np.array([0, 1] * 4)
    others = [np.ones(8)] + ([batch.astype(float)] if batches == 2 else [])
    weights = rng.uniform(0.3, 2, size=8) if weighted else None
    X = np.column_stack([*others, label])
    last = np.eye(X.shape[1])[-1]
    fit = fit_linear(y, X, weights=weights)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
    strata = batch if batches == 2 else None
    splits, _ = label_splits((label == 1, label == 0), strata)
    asked = y, null_space_design(X, last), splits
    how = {"squeezed": squeezed, "weights": weights, "sets": [np.arange(20)]}
    null, sets_alone = null_calls(*asked, **how), null_calls(*asked, **how, counted=False)
    assert (sets_alone.set_statistics == null.set_statistics).all()
    assert not sets_alone.calls.any()
    for i in range(0, len(splits), 7):
        again = fit_linear(y, np.column_stack([*others, splits[i]]), weights=weights)
        d0 = squeezed.df_prior
        posterior = (d0 * squeezed.prior + again.df_residual * again.sigma2) / (
            d0 + again.df_residual
        )
        posterior = np.where(np.isfinite(d0), posterior, squeezed.prior)
        estimate, sd = contrast(again, last)
        moderated = replace(squeezed, posterior=posterior)
        tests = moderated_t(estimate, sd, moderated)
        assert null.calls[i] == (benjamini_hochberg(tests.pvalue) <= 0.05).sum()
        assert list(null.extremes[i]) == [(tests.pvalue <= p).sum() for p in (1e-2, 1e-3, 1e-4)]
        expected = tests.statistic[:20].mean() - tests.statistic.mean()
        assert null.set_statistics[i, 0] == pytest.approx(expected)
    assert null.calls.max() > 40


def test_a_label_that_the_other_coefficients_determine_has_no_statistic() -> None:
    t = relabelled_statistics(
        np.ones((3, 4)), np.zeros((4, 1)), np.ones(3), np.full(3, np.inf), 2.0
    )
    assert np.isnan(t).all()


def test_no_residual_degree_of_freedom_is_an_error() -> None:
    with pytest.raises(DesignError, match="residual degree of freedom"):
        null_calls(
            np.ones((3, 2)),
            np.ones((2, 1)),
            np.array([[True, False]]),
            squeezed=Squeezed(*np.ones((4, 3))),
        )
