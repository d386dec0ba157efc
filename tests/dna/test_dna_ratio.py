"""Which bins tell the amount of DNA."""

from __future__ import annotations

import numpy as np

from resist_epi.dna.dna_ratio import log_ratios, usable_bins


def test_unruly_bins_are_left_out() -> None:
    values = np.array([[10.0, 10], [9, 11], [0, 5], [100, 100], [1, 1], [10, 10]])
    autosomal = np.ones(6, dtype=bool)
    assert usable_bins(values, autosomal).tolist() == [True, True, False, False, False, True]
    assert not usable_bins(np.zeros((4, 2)), np.ones(4, dtype=bool)).any()
    assert usable_bins(np.empty((0, 2)), np.empty(0, dtype=bool)).tolist() == []
    ratio, used = log_ratios(np.zeros((4, 2)), np.ones(4, dtype=bool))
    assert ratio.shape == (0, 2)
    assert not used.any()
