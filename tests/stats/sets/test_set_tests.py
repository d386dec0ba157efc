from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import contrast, fit_linear, whitened_effects
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances
from resist_epi.stats.sets.set_tests import camera, fry, t_to_z

SETS = [
    np.arange(0, 40),
    np.arange(40, 45),
    np.arange(99, 400),
    np.array([499, 500]),
    np.array([699]),
    np.arange(599, 630),
]


@pytest.fixture(scope="module")
def fitted(golden, dense):
    fit = fit_linear(golden("sets.response").to_numpy(), dense.design)
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
    t = moderated_t(*contrast(fit, [0, 1]), squeezed).statistic
    return fit, squeezed, t, whitened_effects(fit, [0, 1])


def expected(golden, test):
    return golden("sets.answer").query("test == @test")


def check(found, answer) -> None:
    assert np.abs(np.log10(found.pvalue) - np.log10(answer["p"].to_numpy())).max() < 1e-8
    up = np.where(answer["direction"] == "Up", 1, -1)
    np.testing.assert_array_equal(found.direction, up)


def test_camera_equals_r(fitted, golden) -> None:
    fit, squeezed, t, effects = fitted
    z = t_to_z(t, squeezed.df_total)
    unit = effects[:, 1:] / np.sqrt(fit.sigma2)[:, None]
    check(camera(z, SETS, correlation=0.05), expected(golden, "camera_preset"))
    check(camera(t, SETS, correlation=0.01), expected(golden, "cameraPR"))
    free = camera(z, SETS, residuals=unit, floor=0.0)
    answer = expected(golden, "camera_estimated")
    check(free, answer)
    positive = np.maximum(answer["correlation"].to_numpy()[:4], 0)
    np.testing.assert_allclose(free.correlation[:4], positive, atol=1e-10)
    floored = camera(z, SETS, residuals=unit)
    assert floored.correlation[[0, 1, 2, 3, 5]].min() >= 0.01
    assert (floored.pvalue >= free.pvalue - 1e-15).all()


@pytest.mark.parametrize("standardize", ["none", "residual", "posterior"])
def test_fry_equals_r(fitted, golden, standardize) -> None:
    effects = fitted[3]
    check(fry(effects, SETS, standardize=standardize), expected(golden, f"fry_{standardize}"))


def test_camera_holds_its_null_under_correlation() -> None:
    rng = np.random.default_rng(2)
    p = []
    members = np.arange(50)
    for _ in range(400):
        y = rng.normal(size=(300, 12))
        y[members] += 0.35 * rng.normal(size=12)
        fit = fit_linear(y, np.column_stack([np.ones(12), np.repeat([0, 1], 6)]))
        squeezed = squeeze_variances(fit.sigma2, fit.df_residual)
        z = t_to_z(moderated_t(*contrast(fit, [0, 1]), squeezed).statistic, squeezed.df_total)
        unit = whitened_effects(fit, [0, 1])[:, 1:] / np.sqrt(fit.sigma2)[:, None]
        p.append(camera(z, [members], residuals=unit).pvalue[0])
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_camera_asks_about_the_others() -> None:
    z = np.random.default_rng(3).normal(size=400)
    first = camera(z, [np.arange(30)], correlation=0.01)
    moved = camera(z + 5, [np.arange(30)], correlation=0.01)
    assert moved.pvalue[0] == pytest.approx(first.pvalue[0])
    flipped = camera(-z, [np.arange(30)], correlation=0.01)
    assert flipped.effect[0] == pytest.approx(-first.effect[0])
    repeated = camera(z, [np.tile(np.arange(30), 2)], correlation=0.01)
    assert repeated.pvalue[0] == first.pvalue[0]


def test_nan_genes_are_left_out() -> None:
    z = np.random.default_rng(3).normal(size=60)
    with_nan = np.r_[z, np.nan, np.nan]
    a = camera(z, [np.arange(9)], correlation=0.02)
    b = camera(with_nan, [np.r_[np.arange(9), 60]], correlation=0.02)
    assert a.pvalue[0] == b.pvalue[0]
    assert b.n_genes[0] == 9


def test_edges() -> None:
    z = np.random.default_rng(3).normal(size=10)
    found = camera(z, [[], np.arange(10)], correlation=0.01)
    assert np.isnan(found.pvalue).all()
    assert found.direction.tolist() == [0, 0]
    assert camera(z, [], correlation=0.01).pvalue.shape == (0,)
    with pytest.raises(DesignError, match="either residuals"):
        camera(z, [[1]])
    with pytest.raises(DesignError, match="at least 3"):
        camera([1.0, 2.0], [[0]], correlation=0.1)
    with pytest.raises(DesignError, match="residual effects"):
        fry(np.ones((4, 1)), [[0]])


def test_normal_scores() -> None:
    from scipy import stats

    t = np.array([-8.0, -1.0, 0.0, 0.5, 3.0])
    for df in (4.0, 15.0, 100.0):
        exact = stats.norm.isf(stats.t.sf(t, df))
        np.testing.assert_allclose(t_to_z(t, df), exact, atol=0.01)
    np.testing.assert_array_equal(t_to_z(t, np.inf), t)
