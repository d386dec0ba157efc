"""Principal components against those of a covariance matrix."""

from __future__ import annotations

import numpy as np

from resist_epi.stats.components import leading_components


def test_components_are_those_of_the_covariance() -> None:
    values = np.random.default_rng(3).normal(size=(50, 6))
    centred = values - values.mean(axis=1, keepdims=True)
    scores, shares = leading_components(centred, n_components=3)
    eigenvalues, vectors = np.linalg.eigh(centred.T @ centred)
    for k, score in enumerate(scores):
        expected = vectors[:, -1 - k] * np.sqrt(eigenvalues[-1 - k])
        np.testing.assert_allclose(np.abs(score), np.abs(expected), atol=1e-9)
        assert score[np.argmax(np.abs(score))] > 0
    np.testing.assert_allclose(shares, eigenvalues[::-1][:3] / eigenvalues.sum())


def test_without_variation_there_is_none() -> None:
    assert leading_components(np.zeros((4, 3))) == ([], [])
    assert leading_components(np.zeros((0, 3))) == ([], [])
    assert leading_components(np.ones((4, 1))) == ([], [])
