"""A small cohort in which one tumour alone makes some regions look changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resist_epi.counting.matrix import CountMatrix
from tests.support import builders

GROUPS = ["good"] * 6 + ["poor"] * 6
TRUE, ODD = slice(0, 60), slice(60, 100)
ODD_UNIT = 8


def odd_matrix(*, reads: bool = False, seed: int = 1) -> CountMatrix:
    """600 regions: 60 truly change; in 40 one poor tumour, s8, is far up and others a little."""
    rng = np.random.default_rng(seed)
    level = rng.normal(6, 1, size=(600, 1)) + 0.25 * rng.standard_normal((600, 12))
    level[TRUE, 6:] += 1.5
    level[ODD, 6:] += 0.35
    level[ODD, ODD_UNIT] += 0.7
    values = 2.0**level
    matrix = builders.matrix(values, library_sizes=np.full(12, 1e6))
    if not reads:
        return matrix
    return replace(matrix, values=rng.poisson(values).astype(np.float64), quantity="reads")
