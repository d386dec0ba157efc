from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from resist_epi.errors import QuantityError
from resist_epi.stats.scaling import size_factors

METHODS = {
    "TMM": size_factors.tmm,
    "TMMwsp": size_factors.tmmwsp,
    "RLE": size_factors.rle,
    "upperquartile": size_factors.upper_quartile,
}


@pytest.mark.parametrize(
    ("method", "tolerance"),
    [("TMM", 1e-12), ("TMMwsp", 1e-12), ("RLE", 1e-12), ("upperquartile", 1e-12)],
)
def test_equals_r(scenario, golden: Callable[[str], pd.DataFrame], method, tolerance) -> None:
    expected = golden("factors").query("scenario == @scenario.name and method == @method")
    if expected.empty:
        pytest.skip(f"R gives no {method} factors for {scenario.name}")
    factors = METHODS[method](scenario.counts)
    np.testing.assert_allclose(factors, expected["factor"], rtol=tolerance)


def test_given_reference_equals_r(scenario, golden) -> None:
    expected = golden("factors").query("scenario == @scenario.name and method == 'TMM_ref3'")
    factors = size_factors.tmm(scenario.counts, reference=2)
    np.testing.assert_allclose(factors, expected["factor"], rtol=1e-12)


def test_naive_tmm() -> None:
    """The definition of Robinson & Oshlack, region by region."""
    rng = np.random.default_rng(3)
    x = rng.poisson(rng.gamma(2, 20, size=(300, 1)), size=(300, 2)).astype(float)
    total = x.sum(axis=0)
    rows = [
        (
            np.log2((a / total[0]) / (b / total[1])),
            (np.log2(a / total[0]) + np.log2(b / total[1])) / 2,
            1 / ((total[0] - a) / total[0] / a + (total[1] - b) / total[1] / b),
        )
        for a, b in x
        if a > 0 and b > 0
    ]
    m, a, w = map(np.array, zip(*rows, strict=True))
    n = len(m)
    keep = (
        (rankdata(m) >= np.floor(n * 0.3) + 1)
        & (rankdata(m) <= n - np.floor(n * 0.3))
        & (rankdata(a) >= np.floor(n * 0.05) + 1)
        & (rankdata(a) <= n - np.floor(n * 0.05))
    )
    ratio = 2 ** ((m * w)[keep].sum() / w[keep].sum())
    factors = size_factors.tmm(x, reference=1)
    assert factors[0] / factors[1] == pytest.approx(ratio, rel=1e-12)


@pytest.mark.parametrize("method", METHODS.values())
def test_properties(dense, method) -> None:
    factors = method(dense.counts)
    assert np.prod(factors) == pytest.approx(1)
    shuffled = np.random.default_rng(1).permutation(len(dense.counts))
    loose = 1e-5 if method is size_factors.tmmwsp else 1e-10  # its ties are cut in row order
    np.testing.assert_allclose(method(dense.counts[shuffled]), factors, rtol=loose)
    zeros = np.vstack([dense.counts, np.zeros((50, dense.counts.shape[1]))])
    np.testing.assert_allclose(method(zeros), factors, rtol=1e-10)


def test_depth_alone_changes_no_factor(dense) -> None:
    one = dense.counts[:, :1]
    np.testing.assert_allclose(size_factors.tmm(one * np.array([1, 2, 5])), 1, rtol=1e-12)
    np.testing.assert_allclose(size_factors.rle(one * np.array([1, 2, 5])), 1, rtol=1e-12)


def test_composition_is_undone() -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(2, 50, size=4000)
    other = mean.copy()
    other[:200] *= 20
    x = np.column_stack([rng.poisson(mean), rng.poisson(other)]).astype(float)
    factors = size_factors.tmm(x)
    effective = x.sum(axis=0) * factors
    assert effective[1] / effective[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("method", METHODS.values())
def test_edges(method) -> None:
    assert method(np.zeros((5, 3)), [1, 1, 1]).tolist() == [1, 1, 1]
    assert method(np.ones((5, 1))).tolist() == [1]
    np.testing.assert_allclose(method(np.full((1, 3), 1e9)), 1)
    with pytest.raises(QuantityError, match="region 1, sample 0"):
        method(np.array([[1.0, 2], [-1, 3]]))
    with pytest.raises(QuantityError, match="region 0, sample 1"):
        method(np.array([[1.0, np.nan], [1, 3]]))
    with pytest.raises(QuantityError, match="library sizes must be positive; samples 1"):
        method(np.array([[1.0, 0], [1, 0]]))
    with pytest.raises(QuantityError, match="shape"):
        method(np.ones((5, 3)), [1, 1])


def test_no_common_region() -> None:
    with pytest.raises(QuantityError, match="positive in every sample"):
        size_factors.rle(np.eye(3))
    with pytest.raises(QuantityError, match="quantile is zero in samples 0"):
        size_factors.upper_quartile(np.column_stack([np.r_[1, np.zeros(9)], np.ones(10)]))
    np.testing.assert_allclose(size_factors.tmm(np.eye(3)), 1)
