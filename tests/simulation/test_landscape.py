"""The marks have their shapes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.simulation.cohort import library_track, simulate_cohort
from tests.support.small_cohort import SMALL


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_marks_have_their_shapes(strand: str) -> None:
    cohort = simulate_cohort(replace(SMALL, fragments=1e6, biological_sd=0.0, null=True))
    genes = cohort.landscape.genes
    own = (genes["strand"] == strand).to_numpy()
    active = genes[own & (cohort.landscape.marks["H3K36me3"].unit_of_gene >= 0)]
    active = active[active["length"] > 10_000]
    sign = 1 if strand == "+" else -1
    edges = active["tss"].to_numpy()[:, None] + sign * np.outer(
        active["length"], [0.1, 0.3, 0.7, 0.9]
    ).astype(np.int64)
    low, high = edges.min(axis=1), edges.max(axis=1)
    track = library_track(cohort, "G01_H3K36me3")
    near = track.summarise("chr21", low, low + (high - low) // 4).sum.sum()
    far = track.summarise("chr21", high - (high - low) // 4, high).sum.sum()
    five, three = (near, far) if strand == "+" else (far, near)
    assert three > 1.5 * five
    silent = genes[own & (cohort.landscape.marks["H3K27me3"].unit_of_gene >= 0)]
    tss = silent["tss"].to_numpy()
    track = library_track(cohort, "G01_H3K27me3")
    at = track.summarise("chr21", tss - 1000, tss + 1000).sum.sum()
    away = track.summarise("chr21", tss - 300_000, tss - 298_000).sum.sum()
    assert at > 4 * away
