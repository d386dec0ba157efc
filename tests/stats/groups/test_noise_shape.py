"""The shape of noise, found again in what was drawn from it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew

from resist_epi.stats.groups.noise_shape import Shape, fit_shape

POOR = np.repeat([False, True], 8)


DESIGN = np.column_stack([np.ones(16), POOR])


def test_shape_has_mean_zero_and_variance_one_and_can_be_found_again() -> None:
    rng = np.random.default_rng(4)
    normal = rng.standard_normal((40_000, 16))
    for shape in (Shape(0.0, 1.0), Shape(-0.4, 0.8), Shape(0.3, 0.6)):
        drawn = shape.apply(normal)
        assert drawn.mean() == pytest.approx(0, abs=0.01)
        assert drawn.var() == pytest.approx(1, abs=0.05)
        assert np.sign(round(float(skew(drawn[:, 0])), 1)) == np.sign(shape.skew)
        scale = np.exp(rng.normal(0, 0.5, size=(len(drawn), 1)))  # which regions have of their own
        projector = np.eye(16) - DESIGN @ np.linalg.pinv(DESIGN)
        residual = (drawn * scale) @ projector
        found = fit_shape(residual, POOR, projector, np.ones(16))
        assert found.skew == pytest.approx(shape.skew, abs=0.05)
        assert found.tail == pytest.approx(shape.tail, abs=0.05)
    np.testing.assert_allclose(Shape(0.0, 1.0).apply(normal), normal)
