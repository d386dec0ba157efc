"""Towers of the inputs are found; amplified arms are none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.greylist import greylist
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins


def test_greylist_finds_towers_and_spares_amplified_arms() -> None:
    rng = np.random.default_rng(3)
    regions = genome_bins({"chr1": 4_000_000, "chr2": 2_000_000}, 1000)
    level = np.full((len(regions), 2), 30.0)
    level[2000:3000, 0] *= 4  # a gained arm of the first tumour
    level[500:504] *= 30
    level[510, 1] *= 30
    level[5000, 1] *= 30
    level[0] *= 30
    level[3999] *= 30
    values = rng.negative_binomial(50, 50 / (50 + level)).astype(float)
    bins = CountMatrix(values, regions, ("a", "b"), "reads", values.sum(axis=0))
    found = greylist(bins, quantile=0.99999)
    spans = [
        (c, s, e) for c, s, e in zip(found["chrom"], found["start"], found["end"], strict=True)
    ]
    assert ("chr1", 500_000, 511_000) in spans
    assert ("chr2", 1_000_000, 1_001_000) in spans
    assert ("chr1", 0, 1000) in spans
    assert not any(c == "chr1" and 2_000_000 <= s < 3_000_000 for c, s, _ in spans)
    assert found.set_index("start")["n_inputs"].loc[500_000] == 2
    assert found[found["chrom"] == "chr2"]["n_inputs"].tolist() == [1]
    with pytest.raises(DesignError, match=r"quantile of 1"):
        greylist(bins, quantile=1.0)
    assert greylist(replace(bins, values=0 * values)).empty
