"""Newton's steps converge from far starts."""

from __future__ import annotations

import numpy as np

from resist_epi.stats.negbin.glm import count_data, fit_counts
from tests.support.negative_binomial import ADJUSTED, TWO, counts


def test_far_starts_and_cells_of_zeros_converge() -> None:
    """Newton's steps are cut, so any start climbs; a cell of zeros goes to nothing."""
    x = counts(40, mean=3000)
    x[:20, :2] = 0
    x[20] = np.r_[1e6, np.ones(7)]
    data = count_data(x, ADJUSTED, np.full(8, 1e6))
    fit = fit_counts(data, 0.05)
    mean = np.exp(fit.coefficients @ ADJUSTED.T + np.log(1e6))
    score = ((x - mean) / (1 + 0.05 * mean)) @ ADJUSTED
    assert np.abs(score).max() < 1e-6 * x.max()
    cells = np.column_stack([TWO, np.tile([1, 0, 0, 0], 2)])
    zero = counts(5)
    zero[:, [0, 4]] = 0
    found = fit_counts(count_data(zero, cells, np.full(8, 1e6)), 0.1)
    assert (found.df_residual == 4).all()
    assert found.smallest_mean.max() < 1e-6
