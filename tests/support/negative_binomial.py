"""Small negative-binomial counts and their designs."""

from __future__ import annotations

import numpy as np

TWO = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])
AGE = np.array([0.1, 0.5, 0.2, 0.9, 1.5, -1, 0.3, 0.2])
ADJUSTED = np.column_stack([TWO, AGE])


def counts(n=30, seed=1, mean=40.0, dispersion=0.1, samples=8):
    rng = np.random.default_rng(seed)
    mu = rng.gamma(2, mean / 2, size=(n, 1)) * np.linspace(0.6, 1.6, samples)
    return rng.poisson(mu * rng.gamma(1 / dispersion, dispersion, size=mu.shape)).astype(float)
