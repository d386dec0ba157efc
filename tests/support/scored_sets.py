"""A cohort in which the first of a few gene sets gained."""

from __future__ import annotations

import numpy as np

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genes.gene_sets import GeneSet
from tests.support.builders import regions, sheet

N = 600
SETS = {
    "UP": GeneSet("UP", "test", tuple(f"S{i}" for i in range(25))),
    "QUIET": GeneSet("QUIET", "test", tuple(f"S{i}" for i in range(100, 130))),
    "TWO": GeneSet("TWO", "test", ("S0", "S1")),
    "ABSENT": GeneSet("ABSENT", "test", ("nobody",)),
}


def counts(change: float = 1.3, seed: int = 1) -> CountMatrix:
    rng = np.random.default_rng(seed)
    level = rng.normal(6, 1, size=(N, 1)) + 0.4 * rng.normal(size=(N, 12))
    level[:25, 6:] += change
    names = tuple(f"s{i}" for i in range(12))
    return CountMatrix(
        2.0**level, regions(N, width=100_000), names, "mean_signal", np.full(12, 1e6)
    )


def own_sheet():
    return sheet(["good"] * 6 + ["poor"] * 6, Patient=[f"P{i}" for i in range(12)])
