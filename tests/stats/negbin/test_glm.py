from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError, QuantityError
from resist_epi.stats.negbin.dispersion import estimate_trend
from resist_epi.stats.negbin.glm import average_log_cpm, count_data, fit_counts
from tests.support.negative_binomial import ADJUSTED, TWO, counts


@pytest.mark.parametrize("design", [TWO, ADJUSTED], ids=["groups", "general"])
@pytest.mark.parametrize("phi", [0.0, 0.08])
def test_fit_equals_statsmodels(design, phi) -> None:
    import statsmodels.api as sm

    x = counts()
    data = count_data(x, design, x.sum(axis=0))
    fit = fit_counts(data, phi)
    family = sm.families.NegativeBinomial(alpha=phi) if phi else sm.families.Poisson()
    for y, beta, deviance in zip(x, fit.coefficients, fit.deviance, strict=True):
        other = sm.GLM(y, design, family=family, offset=np.log(x.sum(axis=0))).fit(tol=1e-13)
        np.testing.assert_allclose(beta, other.params, atol=1e-6)
        assert deviance == pytest.approx(other.deviance, rel=1e-5, abs=1e-5)
    assert (fit.df_residual == 8 - design.shape[1]).all()


def test_zero_group_is_fitted_exactly() -> None:
    x = np.vstack([np.r_[np.zeros(4), [3, 5, 2, 8]], np.zeros(8), np.r_[1, np.zeros(7)]])
    fit = fit_counts(count_data(x, TWO, np.full(8, 1e6)), 0.1)
    assert fit.df_residual.tolist() == [3, 0, 3]
    assert fit.smallest_mean[0] == 0
    assert fit.deviance[1] == 0
    general = fit_counts(count_data(x, ADJUSTED, np.full(8, 1e6)), 0.1)
    assert general.df_residual[0] == 2


def test_offsets_of_every_observation() -> None:
    x = counts()
    sizes = x.sum(axis=0)
    plain = fit_counts(count_data(x, ADJUSTED, sizes), 0.1)
    full = fit_counts(count_data(x, ADJUSTED, offsets=np.tile(np.log(sizes), (30, 1))), 0.1)
    np.testing.assert_allclose(full.coefficients, plain.coefficients, rtol=1e-10)
    own = np.log(sizes) + np.arange(30)[:, None] / 10
    moved = fit_counts(count_data(x, ADJUSTED, offsets=own), 0.1)
    np.testing.assert_allclose(moved.deviance, plain.deviance, rtol=1e-6)
    np.testing.assert_allclose(
        moved.coefficients[:, 0], plain.coefficients[:, 0] - np.arange(30) / 10, atol=1e-6
    )


def test_average_log_cpm_of_equal_libraries() -> None:
    x = np.full((3, 8), 10.0) * np.array([[1], [5], [0]])
    level = average_log_cpm(count_data(x, TWO, np.full(8, 1e6)))
    np.testing.assert_allclose(level, np.log2((np.array([10, 50, 0]) + 2) / (1e6 + 4) * 1e6))


def test_one_region_and_few_reads() -> None:
    one = estimate_trend(count_data(counts(1), TWO, np.full(8, 1e4)))
    assert np.isfinite(one.trended).all()
    x = np.vstack([counts(20), np.zeros(8), np.r_[1, np.zeros(7)]])
    found = estimate_trend(count_data(x, TWO))
    assert np.isfinite(found.trended).all()
    assert found.trended[20] == found.trended[21]


def test_errors() -> None:
    x = counts()
    with pytest.raises(QuantityError, match="region 0, sample 0"):
        count_data(-x - 1, TWO)
    with pytest.raises(QuantityError, match="positive"):
        count_data(x, TWO, np.zeros(8))
    with pytest.raises(DesignError, match="offsets of shape"):
        count_data(x, TWO, offsets=np.zeros((3, 8)))
    with pytest.raises(QuantityError, match="finite"):
        count_data(x, TWO, offsets=np.full(8, np.nan))
    with pytest.raises(DesignError, match="replicates"):
        estimate_trend(count_data(x[:, :2], np.eye(2)))
    with pytest.raises(DesignError, match="5 reads"):
        estimate_trend(count_data(np.zeros((3, 8)), TWO, np.ones(8)))


def test_any_memory_layout_gives_the_same() -> None:
    x = counts()
    expected = estimate_trend(count_data(x, ADJUSTED))
    for array in (np.asfortranarray(x), x.astype(np.int32)):
        found = estimate_trend(count_data(array, ADJUSTED))
        np.testing.assert_allclose(found.trended, expected.trended, rtol=1e-12)
