from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from resist_epi.errors import QuantityError
from resist_epi.stats.multiple import benjamini_hochberg, holm, simes


def test_bh_equals_scipy_and_statsmodels() -> None:
    p = np.random.default_rng(1).uniform(size=500) ** 2
    p[:20] = 0.01
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p))
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])


def test_bh_does_not_count_nan() -> None:
    p = np.array([0.01, np.nan, 0.2, np.nan, 0.03])
    adjusted = benjamini_hochberg(p)
    np.testing.assert_allclose(adjusted[[0, 2, 4]], false_discovery_control(p[[0, 2, 4]]))
    assert np.isnan(adjusted[[1, 3]]).all()
    assert np.isnan(benjamini_hochberg([np.nan])).all()
    assert benjamini_hochberg([]).shape == (0,)


def test_simes_by_hand() -> None:
    p = np.array([0.04, 0.01, np.nan, 0.5, 0.9, np.nan])
    group = np.array([0, 0, 0, 2, 2, 1])
    np.testing.assert_allclose(simes(p, group), [0.02, np.nan, 0.9])
    assert simes([0.04, 0.01, 0.03]).tolist() == pytest.approx([0.03])
    assert np.isnan(simes([np.nan])).all()


def test_simes_is_uniform_under_the_null() -> None:
    p = np.random.default_rng(2).uniform(size=(20_000, 5))
    combined = simes(p.ravel(), np.repeat(np.arange(20_000), 5))
    assert np.mean(combined < 0.05) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("function", [benjamini_hochberg, simes])
def test_bad_p_values(function) -> None:
    with pytest.raises(QuantityError, match="between 0 and 1"):
        function([0.5, 1.5])
    with pytest.raises(QuantityError, match="one-dimensional"):
        function([[0.5]])
    with pytest.raises(QuantityError, match="groups"):
        simes([0.5, 0.2], [0])


def test_holm_steps_down_and_leaves_what_was_not_tested() -> None:
    p = np.array([0.04, np.nan, 0.01, 0.03, 0.9])
    np.testing.assert_allclose(holm(p), [0.09, np.nan, 0.04, 0.09, 0.9], rtol=1e-12)
    drawn = np.random.default_rng(2).uniform(size=50)
    np.testing.assert_allclose(holm(drawn), multipletests(drawn, method="holm")[1], rtol=1e-12)
    assert np.isnan(holm([np.nan, np.nan])).all()
    assert len(holm([])) == 0
    with pytest.raises(QuantityError, match="between 0 and 1"):
        holm([1.5])
