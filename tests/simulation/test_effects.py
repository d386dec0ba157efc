"""Planted effects balance."""

from __future__ import annotations

import numpy as np

from resist_epi.simulation.effects import balanced_signs


def test_signs_balance_and_both_occur() -> None:
    rng = np.random.default_rng(1)
    weight, size = rng.lognormal(size=90), np.full(90, 0.9)
    signs = balanced_signs(weight, size)
    total = (weight * (2.0 ** (signs * size) - 1)).sum()
    assert abs(total) < 0.02 * weight.sum()
    tipped = balanced_signs(weight, size, before=1e6)
    assert (tipped == 1).sum() == 30
    assert len(balanced_signs(np.zeros(0), np.zeros(0))) == 0
