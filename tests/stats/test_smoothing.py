from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from statsmodels.nonparametric.smoothers_lowess import lowess as other

from resist_epi.stats.smoothing import lowess, natural_spline_basis


def test_lowess_equals_statsmodels() -> None:
    rng = np.random.default_rng(1)
    x = np.sort(rng.uniform(size=200))
    y = np.sin(6 * x) + rng.standard_t(3, size=200)
    expected = other(y, x, frac=0.4, it=3, delta=0.0, return_sorted=False)
    np.testing.assert_allclose(lowess(x, y, span=0.4, delta=0.0), expected, rtol=1e-7)
    order = rng.permutation(200)
    found = lowess(x[order], y[order], span=0.4, delta=0.0)
    np.testing.assert_allclose(found, expected[order], rtol=1e-7)


def test_lowess_follows_a_line_and_survives_ties() -> None:
    x = np.repeat(np.arange(10.0), 5)
    np.testing.assert_allclose(lowess(x, 2 * x + 1, span=0.5), 2 * x + 1)
    np.testing.assert_allclose(lowess(np.ones(9), np.arange(9.0), span=0.5, robust_steps=0)[0], 4)
    assert lowess(np.ones(1), np.ones(1), span=0.4).tolist() == [1]


def test_spline_basis_spans_constant_and_line() -> None:
    x = np.random.default_rng(2).gamma(2, size=300)
    basis = natural_spline_basis(x, 4)
    assert basis.shape == (300, 4)
    np.testing.assert_allclose(basis.sum(axis=1), 1)
    for target in (np.ones(300), x):
        residual = target - basis @ np.linalg.lstsq(basis, target, rcond=None)[0]
        assert np.abs(residual).max() < 1e-9
    knots = np.quantile(x, np.linspace(0, 1, 4))
    expected = CubicSpline(knots, np.eye(4), bc_type="natural")(x)
    np.testing.assert_allclose(basis, expected, rtol=1e-12, atol=1e-14)
    assert natural_spline_basis(np.ones(5), 4).shape == (5, 1)
    assert natural_spline_basis(x, 2).shape == (300, 2)
