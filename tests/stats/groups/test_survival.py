from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.groups.survival import cox_score_tests

RNG = np.random.default_rng(5)
TIME = np.ceil(RNG.exponential(10, 30))
EVENT = RNG.integers(0, 2, 30)


@pytest.fixture(scope="module")
def study(golden):
    samples = golden("cox.samples")
    adjust = {"covariates": samples["purity"].to_numpy(), "strata": samples["site"].to_numpy()}
    return (
        golden("cox.signal").to_numpy(),
        samples["time"].to_numpy(),
        samples["event"].to_numpy(),
        adjust,
    )


@pytest.mark.parametrize("tag", ["plain", "adjusted", "breslow"])
def test_equals_r(study, golden, tag) -> None:
    signal, time, event, adjust = study
    answer = golden("cox.answer")
    options = {} if tag == "plain" else adjust
    ties = "breslow" if tag == "breslow" else "efron"
    found = cox_score_tests(signal, time, event, ties=ties, **options)
    np.testing.assert_allclose(found.statistic**2, answer[f"{tag}.score"], atol=1e-8)
    np.testing.assert_allclose(found.log_hazard_ratio, answer[f"{tag}.coef"], atol=1e-8)
    np.testing.assert_allclose(found.standard_error, answer[f"{tag}.se"], atol=1e-8)
    assert found.n_events == event.sum()
    assert found.n_samples == 40


def test_equals_statsmodels(study) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    signal, time, event, adjust = study
    found = cox_score_tests(signal[:10], time, event, ties="breslow", **adjust)
    for i in range(10):
        x = np.column_stack([signal[i], adjust["covariates"]])
        other = PHReg(time, x, status=event, strata=adjust["strata"], ties="breslow").fit(
            disp=0, tol=1e-12
        )
        assert found.log_hazard_ratio[i] == pytest.approx(other.params[0], abs=1e-8)
        assert found.standard_error[i] == pytest.approx(other.bse[0], abs=1e-8)


def test_two_groups_give_the_log_rank_test() -> None:
    """Against the log-rank sum written out, without ties."""
    time = RNG.permutation(30) + 1.0
    group = np.arange(30) >= 14
    observed = expected = variance = 0.0
    for t in time[EVENT == 1]:
        risk = time >= t
        share = group[risk].mean()
        observed += group[time == t][0]
        expected += share
        variance += share * (1 - share)
    found = cox_score_tests(group[None].astype(float), time, EVENT)
    assert found.statistic[0] == pytest.approx((observed - expected) / np.sqrt(variance))


def test_properties() -> None:
    x = RNG.normal(size=(20, 30))
    first = cox_score_tests(x, TIME, EVENT)
    flipped = cox_score_tests(-3 * x + 2, TIME, EVENT)
    np.testing.assert_allclose(flipped.pvalue, first.pvalue, rtol=1e-9)
    np.testing.assert_allclose(flipped.log_hazard_ratio, -first.log_hazard_ratio / 3, rtol=1e-7)
    order = RNG.permutation(30)
    moved = cox_score_tests(x[:, order], TIME[order], EVENT[order])
    np.testing.assert_allclose(moved.pvalue, first.pvalue, rtol=1e-9)
    later = cox_score_tests(x, TIME * 7, EVENT)
    np.testing.assert_allclose(later.pvalue, first.pvalue, rtol=1e-12)
    alone = cox_score_tests(x[3:4], TIME, EVENT)
    np.testing.assert_allclose(alone.log_hazard_ratio, first.log_hazard_ratio[3:4], rtol=1e-9)


def test_planted_hazard_is_found() -> None:
    x = RNG.normal(size=(1, 3000))
    time = RNG.exponential(1 / np.exp(0.5 * x[0]))
    found = cox_score_tests(x, time, np.ones(3000))
    assert found.log_hazard_ratio[0] == pytest.approx(0.5, abs=0.06)
    assert found.pvalue[0] < 1e-20


def test_null_is_held() -> None:
    time, event = RNG.exponential(1, 60), RNG.integers(0, 2, 60)
    found = cox_score_tests(RNG.normal(size=(20_000, 60)), time, event, estimate=False)
    assert np.mean(found.pvalue < 0.05) == pytest.approx(0.05, abs=0.007)
    assert np.isnan(found.log_hazard_ratio).all()


def test_perfect_separation_has_a_p_but_no_hazard_ratio() -> None:
    time = np.arange(1.0, 11)
    found = cox_score_tests((-time)[None], time, np.ones(10))
    assert np.isnan(found.log_hazard_ratio[0])
    assert np.isnan(found.standard_error[0])
    assert 0 < found.pvalue[0] < 0.05


def test_constant_and_missing_regions_are_nan() -> None:
    x = np.vstack([np.ones(30), np.r_[np.nan, np.ones(29)], RNG.normal(size=30)])
    found = cox_score_tests(x, TIME, EVENT)
    assert np.isnan(found.pvalue[:2]).all()
    assert np.isfinite(found.pvalue[2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": -TIME}, "positive"),
        ({"event": EVENT * 2}, "1 \\(happened\\)"),
        ({"event": EVENT * 0}, "no event"),
        ({"time": TIME[:5]}, "one entry"),
        ({"ties": "exact"}, "efron"),
        ({"covariates": np.ones(30)}, "constant"),
        ({"covariates": np.ones(4)}, "finite row"),
    ],
)
def test_bad_input_is_named(change, message) -> None:
    options = {"time": TIME, "event": EVENT, **change}
    with pytest.raises(DesignError, match=message):
        cox_score_tests(RNG.normal(size=(2, 30)), **options)
