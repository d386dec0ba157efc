from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.negbin.glm import count_data
from resist_epi.stats.negbin.quasi import fit_quasi, quasi_f_test, quasi_treat

TWO = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])


def counts(n=400, seed=1, changed=0):
    rng = np.random.default_rng(seed)
    mu = rng.gamma(2, 30, size=(n, 1)) * np.linspace(0.6, 1.6, 8)
    mu[:changed, 4:] *= 6
    return rng.poisson(mu * rng.gamma(12, 1 / 12, size=mu.shape)).astype(float)


def test_equals_r(scenario) -> None:
    """Designs of groups to 1e-6 in F, others (where R stops early) to 2e-4 in log10 P."""
    answer = scenario.answer
    data = count_data(scenario.counts, scenario.design, scenario.library_sizes)
    found = quasi_f_test(fit_quasi(data), scenario.contrast)
    groups = scenario.name not in {"covariate", "paired"}
    distance = np.abs(np.log10(found.pvalue) - np.log10(answer["ql.p"]))
    assert distance.max() < (1e-6 if groups else 2e-4)
    if groups:
        np.testing.assert_allclose(found.log2_fold_change, answer["ql.lfc"], atol=1e-5)
        np.testing.assert_allclose(found.statistic, answer["ql.f"], rtol=1e-6, atol=1e-9)
    for level in (0.05, 0.01):
        np.testing.assert_array_equal(
            benjamini_hochberg(found.pvalue) <= level,
            benjamini_hochberg(answer["ql.p"].to_numpy()) <= level,
        )


def test_swapping_groups_flips_signs_only() -> None:
    x = counts()
    a = quasi_f_test(fit_quasi(count_data(x, TWO)), [0, 1])
    other = np.column_stack([np.ones(8), 1 - TWO[:, 1]])
    b = quasi_f_test(fit_quasi(count_data(x, other)), [0, 1])
    np.testing.assert_allclose(a.log2_fold_change, -b.log2_fold_change, atol=1e-9)
    np.testing.assert_allclose(a.pvalue, b.pvalue, rtol=1e-7)


def test_parametrisation_does_not_matter() -> None:
    x = counts()
    cells = np.column_stack([1 - TWO[:, 1], TWO[:, 1]])
    a = quasi_f_test(fit_quasi(count_data(x, TWO)), [0, 1])
    b = quasi_f_test(fit_quasi(count_data(x, cells)), [-1, 1])
    np.testing.assert_allclose(a.pvalue, b.pvalue, rtol=1e-6)
    np.testing.assert_allclose(a.log2_fold_change, b.log2_fold_change, atol=1e-8)


def test_order_does_not_matter() -> None:
    x = counts()
    first = quasi_f_test(fit_quasi(count_data(x, TWO)), [0, 1])
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(len(x)), rng.permutation(8)
    data = count_data(x[rows][:, columns], TWO[columns])
    again = quasi_f_test(fit_quasi(data), [0, 1])
    np.testing.assert_allclose(again.pvalue, first.pvalue[rows], rtol=1e-8)


def test_planted_changes_are_found() -> None:
    found = quasi_f_test(
        fit_quasi(count_data(counts(changed=40), TWO, np.linspace(0.6, 1.6, 8))), [0, 1]
    )
    called = benjamini_hochberg(found.pvalue) <= 0.05
    assert called[:40].mean() > 0.9
    assert called[40:].mean() < 0.02
    assert np.median(found.log2_fold_change[:40]) == pytest.approx(np.log2(6), abs=0.5)


def test_null_is_held() -> None:
    found = quasi_f_test(fit_quasi(count_data(counts(8000), TWO)), [0, 1])
    assert np.mean(found.pvalue < 0.05) == pytest.approx(0.05, abs=0.01)


def test_two_contrasts_together() -> None:
    design = np.column_stack([np.ones(8), np.tile([0, 1], 4), np.repeat([0, 1], 4)])
    fit = fit_quasi(count_data(counts(), design))
    joint = quasi_f_test(fit, np.eye(3)[:, 1:])
    assert np.mean(joint.pvalue < 0.05) < 0.12
    with pytest.raises(DesignError, match="depend"):
        quasi_f_test(fit, np.ones((3, 2)))
    with pytest.raises(DesignError, match="3 coefficients"):
        quasi_f_test(fit, [1, 0])


def test_poisson_bound_only_raises_p() -> None:
    rng = np.random.default_rng(3)
    x = rng.binomial(200, 0.5, size=(300, 8)).astype(float)  # under-dispersed
    fit = fit_quasi(count_data(x, TWO))
    bound = quasi_f_test(fit, [0, 1]).pvalue
    free = quasi_f_test(fit, [0, 1], poisson_bound=False).pvalue
    assert (bound >= free).all()
    assert (bound > free).any()


def test_edges() -> None:
    x = np.vstack([counts(50), np.zeros(8), np.r_[np.zeros(4), [9, 12, 7, 20]], np.full(8, 1e9)])
    x[3] = [3, 3, 3, 3, 3, 3, 3, 3]
    data = count_data(x, TWO, np.full(8, 1e6))
    found = quasi_f_test(fit_quasi(data), [0, 1])
    assert np.isnan(found.pvalue[50])
    assert np.isnan(found.statistic[50])
    assert found.log2_fold_change[50] == 0
    assert np.isfinite(np.delete(found.pvalue, 50)).all()
    assert np.isfinite(found.log2_fold_change).all()
    assert found.pvalue[51] < 0.05
    recovered = quasi_f_test(
        fit_quasi(count_data(x + 0.25 * (x > 0), TWO, np.full(8, 1e6))), [0, 1]
    )
    assert np.isfinite(np.delete(recovered.pvalue, 50)).all()


def test_regions_without_a_residual_degree_of_freedom_use_the_prior() -> None:
    pairs = np.column_stack([np.eye(4)[np.tile(np.arange(4), 2)], np.repeat([0, 1], 4)])
    x = counts(60)
    x[0] = 0
    x[0, [1, 5]] = 9, 12
    found = quasi_f_test(fit_quasi(count_data(x, pairs)), [0, 0, 0, 0, 1])
    assert np.isfinite(found.pvalue).all()


def test_no_test_compiles_anything() -> None:
    import subprocess
    import sys

    code = (
        "import sys, resist_epi.stats.linear.moderation, resist_epi.stats.linear.weights,"
        "resist_epi.stats.scaling.size_factors, resist_epi.stats.linear.precision,"
        "resist_epi.stats.sets.set_tests, resist_epi.model.differential;"
        "raise SystemExit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_treat_of_no_width_is_the_f_test_and_a_wider_one_is_harder() -> None:
    fit = fit_quasi(count_data(counts(changed=40), TWO))
    plain = quasi_f_test(fit, [0, 1]).pvalue
    np.testing.assert_allclose(quasi_treat(fit, [0, 1], threshold=1e-9).pvalue, plain, rtol=1e-5)
    before = plain
    for threshold in (0.2, 0.7, 1.5):
        found = quasi_treat(fit, [0, 1], threshold=threshold).pvalue
        assert (found >= before - 0.01).all()  # the two ends are not alike in a skew likelihood
        before = found


def test_treat_holds_the_level_at_its_own_end() -> None:
    """All regions change by just the threshold: the least favourable null."""
    rng = np.random.default_rng(4)
    mu = rng.gamma(4, 60, size=(4000, 1)) * np.where(TWO[:, 1] == 1, 2.0, 1.0)
    x = rng.poisson(mu * rng.gamma(12, 1 / 12, size=mu.shape)).astype(float)
    fit = fit_quasi(count_data(x, TWO, np.ones(8)))
    found = quasi_treat(fit, [0, 1], threshold=1.0).pvalue
    assert np.mean(found < 0.05) == pytest.approx(0.05, abs=0.012)
    assert np.mean(quasi_treat(fit, [0, 1], threshold=1.5).pvalue < 0.05) < 0.01


def test_treat_of_a_group_without_reads_is_clear_and_of_none_is_nan() -> None:
    x = counts(60)
    x[0, 4:] = 0
    x[1] = 0
    found = quasi_treat(fit_quasi(count_data(x, TWO)), [0, 1], threshold=1.0)
    assert found.pvalue[0] < 1e-3
    assert np.isnan(found.pvalue[1])


@pytest.mark.parametrize(("contrast", "threshold"), [([0, 1], 0.0), ([0, 0], 1.0), ([1], 1.0)])
def test_treat_refuses_what_is_no_question(contrast: list[float], threshold: float) -> None:
    with pytest.raises(DesignError):
        quasi_treat(fit_quasi(count_data(counts(60), TWO)), contrast, threshold=threshold)
