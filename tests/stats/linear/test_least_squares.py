from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.linear.least_squares import (
    contrast,
    contrast_mean_square,
    fit_linear,
    whitened_effects,
)

RNG = np.random.default_rng(11)
DESIGN = np.column_stack([np.ones(10), np.repeat([0, 1], 5), RNG.normal(60, 8, 10)])
Y = RNG.normal(size=(25, 10)) + 3
TEN = np.eye(10)


def naive(y, design, covariance):
    """Generalised least squares of one region by the textbook formula."""
    inverse = np.linalg.inv(covariance)
    cov = np.linalg.inv(design.T @ inverse @ design)
    beta = cov @ design.T @ inverse @ y
    r = y - design @ beta
    return beta, r @ inverse @ r / (len(y) - design.shape[1]), cov


@pytest.mark.parametrize("weighting", ["none", "samples", "observations"])
@pytest.mark.parametrize("correlated", [False, True])
def test_equals_the_textbook(weighting, correlated) -> None:
    weights = {
        "none": None,
        "samples": RNG.gamma(4, 0.25, 10),
        "observations": RNG.gamma(4, 0.25, Y.shape),
    }[weighting]
    pairs = np.repeat(np.arange(5), 2)
    corr = np.where(pairs[:, None] == pairs, 0.4, 0.0) + 0.6 * TEN
    fit = fit_linear(Y, DESIGN, weights=weights, correlation=corr if correlated else None)
    c = np.array([0, 1.0, -0.1])
    estimate, sd = contrast(fit, c)
    w = np.broadcast_to(1.0 if weights is None else weights, Y.shape)
    for i, row in enumerate(Y):
        covariance = (corr if correlated else TEN) / np.sqrt(np.outer(w[i], w[i]))
        beta, s2, cov = naive(row, DESIGN, covariance)
        np.testing.assert_allclose(fit.coefficients[i], beta, rtol=1e-9)
        assert fit.sigma2[i] == pytest.approx(s2, rel=1e-10)
        assert estimate[i] == pytest.approx(c @ beta, rel=1e-9, abs=1e-9)
        assert sd[i] == pytest.approx(np.sqrt(c @ cov @ c), rel=1e-10)
        effects = whitened_effects(fit, c, np.array([i]))[0]
        assert (effects[1:] ** 2).mean() == pytest.approx(s2, rel=1e-10)
        assert effects[0] == pytest.approx(c @ beta / np.sqrt(c @ cov @ c), rel=1e-8)
    assert (fit.df_residual == 7).all()
    np.testing.assert_allclose(fit.residuals() + fit.fitted(), Y)


def test_mean_square_of_one_contrast_is_its_square() -> None:
    for weights in (None, RNG.gamma(4, 0.25, Y.shape)):
        fit = fit_linear(Y, DESIGN, weights=weights)
        c = np.array([0, 1.0, 0])
        estimate, sd = contrast(fit, c)
        np.testing.assert_allclose(contrast_mean_square(fit, c[:, None]), (estimate / sd) ** 2)


def test_mean_square_is_the_rise_of_the_residual_sum() -> None:
    full, small = fit_linear(Y, DESIGN), fit_linear(Y, DESIGN[:, :1])
    rise = small.sigma2 * small.df_residual - full.sigma2 * full.df_residual
    np.testing.assert_allclose(contrast_mean_square(full, np.eye(3)[:, 1:]), rise / 2, rtol=1e-9)


def test_nan_rows_are_kept_apart() -> None:
    y = Y.copy()
    y[3, 2] = np.nan
    for weights in (None, np.ones_like(Y)):
        fit = fit_linear(y, DESIGN, weights=weights)
        clean = fit_linear(Y, DESIGN, weights=weights)
        others = np.arange(len(Y)) != 3
        np.testing.assert_array_equal(fit.coefficients[others], clean.coefficients[others])
        assert np.isnan(fit.coefficients[3]).all()
        assert np.isnan(fit.sigma2[3])
        assert fit.df_residual[3] == 0


def test_blocks_do_not_show() -> None:
    y = np.tile(Y, (1400, 1))
    fit = fit_linear(y, DESIGN, weights=np.ones_like(y))
    np.testing.assert_allclose(fit.coefficients[-25:], fit.coefficients[:25], rtol=1e-12)
    np.testing.assert_allclose(fit.sigma2, fit_linear(y, DESIGN).sigma2, rtol=1e-10)


def test_saturated_design_has_no_variance() -> None:
    fit = fit_linear(Y[:, :3], DESIGN[[0, 1, 9]])
    assert np.isnan(fit.sigma2).all()
    assert (fit.df_residual == 0).all()
    assert np.isfinite(fit.coefficients).all()


def test_order_of_samples_does_not_matter() -> None:
    order = RNG.permutation(10)
    a, b = fit_linear(Y, DESIGN), fit_linear(Y[:, order], DESIGN[order])
    np.testing.assert_allclose(a.coefficients, b.coefficients, rtol=1e-9)
    np.testing.assert_allclose(a.sigma2, b.sigma2, rtol=1e-10)


def test_no_region() -> None:
    assert fit_linear(np.empty((0, 10)), DESIGN).coefficients.shape == (0, 3)


@pytest.mark.parametrize(
    ("design", "weights", "message"),
    [
        (np.column_stack([DESIGN, DESIGN[:, 1]]), None, "rank 3"),
        (DESIGN[:5], None, "one row for each of the 10"),
        (np.where(DESIGN == 1, np.nan, DESIGN), None, "missing"),
        (DESIGN, np.zeros(10), "positive"),
        (DESIGN, np.ones(4), "do not fit"),
    ],
)
def test_bad_input_is_named(design, weights, message) -> None:
    with pytest.raises(DesignError, match=message):
        fit_linear(Y, design, weights=weights)


def test_bad_contrasts_are_named() -> None:
    fit = fit_linear(Y, DESIGN)
    with pytest.raises(DesignError, match="needs 3 numbers"):
        contrast(fit, [0, 1])
    with pytest.raises(DesignError, match="needs 3 numbers"):
        contrast(fit, [0, 0, 0])
    with pytest.raises(DesignError, match="depend on one another"):
        contrast_mean_square(fit, np.ones((3, 2)))
    with pytest.raises(DesignError, match="not positive definite"):
        fit_linear(Y, DESIGN, correlation=np.ones((10, 10)))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_many_samples_give_what_few_would(
    monkeypatch: pytest.MonkeyPatch, weighted: bool, kind: type
) -> None:
    weights = RNG.gamma(4, 0.25, 10) if weighted else None
    y = Y.astype(kind)
    y[2, 3] = np.nan
    whole = fit_linear(y.astype(np.float64), DESIGN, weights=weights)
    monkeypatch.setattr("resist_epi.stats.linear.least_squares.MANY", 4)
    found = fit_linear(y, DESIGN, weights=weights)
    assert found.response is y
    for name in ("coefficients", "sigma2", "df_residual", "cov_unscaled", "mean"):
        own = getattr(found, name)
        assert own.dtype == np.float64
        np.testing.assert_allclose(own, getattr(whole, name), rtol=1e-9)
