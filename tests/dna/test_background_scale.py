"""The scale of an input moves with its depth and needs signal."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.dna.background_scale import background_scale
from resist_epi.errors import QuantityError


def test_scale_moves_with_depth_and_needs_signal() -> None:
    rng = np.random.default_rng(2)
    chip, control = (rng.poisson(50, 1000).astype(float) for _ in range(2))
    assert background_scale(3 * chip, control) == pytest.approx(3 * background_scale(chip, control))
    assert background_scale(chip, control) == pytest.approx(1, abs=0.02)
    with pytest.raises(QuantityError, match="no signal"):
        background_scale(chip, np.zeros(1000))
    with pytest.raises(QuantityError, match="no signal"):
        background_scale(np.empty(0), np.empty(0))
