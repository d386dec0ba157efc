"""Small pilots: reads and signal of tumours whose variation is known."""

from __future__ import annotations

import numpy as np

from resist_epi.counting.matrix import CountMatrix
from resist_epi.samples.sheet import SampleSheet
from tests.support import builders

DISPERSION, SPREAD_DF, VARIANCE = 0.08, 10.0, 0.15  # of reads; of both; of log2 signal


def reads(per_group: int, *, n: int = 500, seed: int = 1, change: float = 0.0) -> CountMatrix:
    """Negative binomial reads; a tenth of the regions change, half up and half down."""
    rng = np.random.default_rng(seed)
    level = 2.0 ** rng.normal(6, 1.2, size=n)
    dispersion = DISPERSION * SPREAD_DF / rng.chisquare(SPREAD_DF, size=n)
    phi = np.repeat(dispersion[:, None], 2 * per_group, axis=1)
    mean = level[:, None] * 2.0 ** np.outer(
        _truth(n, change), np.arange(2 * per_group) >= per_group
    )
    mean = mean * rng.lognormal(0, 0.2, size=2 * per_group)
    return builders.matrix(rng.poisson(mean * rng.gamma(1 / phi) * phi), quantity="reads")


def signal(per_group: int, *, n: int = 500, seed: int = 1, change: float = 0.0) -> CountMatrix:
    """Log-normal signal."""
    rng = np.random.default_rng(seed)
    variance = VARIANCE * SPREAD_DF / rng.chisquare(SPREAD_DF, size=n)
    level = rng.normal(2, 1.2, size=(n, 1)) + rng.normal(size=(n, 2 * per_group)) * np.sqrt(
        variance[:, None]
    )
    level += np.outer(_truth(n, change), np.arange(2 * per_group) >= per_group)
    return builders.matrix(2.0**level, library_sizes=np.full(2 * per_group, 1e6))


def _truth(n: int, change: float) -> np.ndarray:
    truth = np.zeros(n)
    truth[: n // 10] = change * np.resize([1.0, -1.0], n // 10)
    return truth


def sheet(per_group: int, **columns: object) -> SampleSheet:
    """Good ones, then poor ones."""
    return builders.sheet(["good"] * per_group + ["poor"] * per_group, **columns)  # type: ignore[arg-type]
