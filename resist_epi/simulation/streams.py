"""Streams of random numbers, one a purpose: options add to a cohort of one seed."""

from __future__ import annotations

import numpy as np

from resist_epi.simulation.settings import CohortSettings

GENES, LANDSCAPE, TUMOURS, DEPTHS, UNITS, READS, SPIKE, INPUTS = range(8)

CUT_READS, NARROW, CARRIERS, FACTORS = range(8, 12)


def stream(settings: CohortSettings, *key: int) -> np.random.Generator:
    """Random numbers of one purpose, which no other disturbs."""
    return np.random.default_rng([settings.seed, *key])
