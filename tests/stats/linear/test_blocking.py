from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from resist_epi.errors import DesignError
from resist_epi.stats.linear.blocking import block_correlation, correlation_matrix
from resist_epi.stats.linear.least_squares import contrast, fit_linear
from resist_epi.stats.linear.moderation import moderated_t, squeeze_variances

BLOCKS = np.array([1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7])
DESIGN = np.column_stack([np.ones(12), np.repeat([0, 1], 6)])


@pytest.mark.parametrize("tag", ["plain", "weighted"])
def test_unequal_blocks_equal_r(golden, tag) -> None:
    y, answer = golden("blocks.response").to_numpy(), golden("blocks.answer")
    weights = golden("blocks.weights").to_numpy() if tag == "weighted" else None
    found = block_correlation(y, DESIGN, BLOCKS, weights=weights)
    assert found.consensus == pytest.approx(answer[f"{tag}.consensus"][0], abs=1e-10)
    np.testing.assert_allclose(np.arctanh(found.regions), answer[tag], atol=1e-8)
    corr = correlation_matrix(BLOCKS, found.consensus)
    fit = fit_linear(y, DESIGN, weights=weights, correlation=corr)
    test = moderated_t(*contrast(fit, [0, 1]), squeeze_variances(fit.sigma2, fit.df_residual))
    assert np.abs(test.statistic - answer[f"{tag}.t"]).max() < 1e-8
    assert np.abs(np.log10(test.pvalue) - np.log10(answer[f"{tag}.p"])).max() < 1e-8


def test_pairs_equal_r(golden) -> None:
    from tests.support.golden import load

    case = load("paired")
    blocks = np.tile(np.arange(6), 2)
    found = block_correlation(case.log_cpm, DESIGN, blocks)
    table = golden("prior").query("scenario == 'paired'")
    assert found.consensus == pytest.approx(table["correlation"].iloc[0], abs=1e-10)
    fit = fit_linear(case.log_cpm, DESIGN, correlation=correlation_matrix(blocks, found.consensus))
    squeezed = squeeze_variances(fit.sigma2, fit.df_residual, covariate=fit.mean, robust=True)
    test = moderated_t(*contrast(fit, [0, 1]), squeezed)
    assert np.abs(test.statistic - case.answer["block.t"]).max() < 1e-8
    assert np.abs(np.log10(test.pvalue) - np.log10(case.answer["block.p"])).max() < 1e-8


def test_maximises_the_restricted_likelihood() -> None:
    """Region by region against the profile of the definition, on balanced pairs."""
    blocks = np.repeat(np.arange(6), 2)
    y = np.random.default_rng(1).normal(size=(10, 6)).repeat(2, axis=1)
    y += np.random.default_rng(2).normal(size=y.shape)
    design = np.column_stack([np.ones(12), np.tile([0, 1], 6)])
    found = block_correlation(y, design, blocks).regions

    def deviance(rho: float, row: np.ndarray) -> float:
        inverse = np.linalg.inv(correlation_matrix(blocks, rho))
        gram = design.T @ inverse @ design
        r = row - design @ np.linalg.solve(gram, design.T @ inverse @ row)
        return float(
            10 * np.log(r @ inverse @ r)
            - np.linalg.slogdet(inverse)[1]
            + np.linalg.slogdet(gram)[1]
        )

    for row, rho in zip(y, found, strict=True):
        best = optimize.minimize_scalar(
            deviance, bounds=(-0.99, 0.99), args=(row,), method="bounded"
        )
        assert rho == pytest.approx(best.x, abs=1e-3)


def test_planted_correlation_is_found_in_any_order() -> None:
    rng = np.random.default_rng(3)
    blocks = np.repeat(np.arange(8), 2)
    y = np.sqrt(0.6) * rng.normal(size=(800, 8)).repeat(2, axis=1)
    y += np.sqrt(0.4) * rng.normal(size=y.shape)
    design = np.column_stack([np.ones(16), np.tile([0, 1], 8)])
    found = block_correlation(y, design, blocks).consensus
    assert found == pytest.approx(0.6, abs=0.05)
    order = rng.permutation(16)
    again = block_correlation(y[::-1][:, order], design[order], blocks[order]).consensus
    assert again == pytest.approx(found, abs=1e-9)


def test_errors() -> None:
    y = np.random.default_rng(1).normal(size=(5, 12))
    with pytest.raises(DesignError, match="two samples"):
        block_correlation(y, DESIGN, np.arange(12))
    with pytest.raises(DesignError, match="12 samples"):
        block_correlation(y, DESIGN, [1, 1])
    with pytest.raises(DesignError, match="part of the design"):
        block_correlation(y, np.eye(6)[np.repeat(np.arange(6), 2)], np.repeat(np.arange(6), 2))
    with pytest.raises(DesignError, match="3 residual"):
        block_correlation(y[:, :4], DESIGN[[0, 1, 6, 7]], [0, 0, 1, 1])
    with pytest.raises(DesignError, match="no region"):
        block_correlation(np.full((2, 12), np.nan), DESIGN, BLOCKS)
