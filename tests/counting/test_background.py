"""Which bins of the genome are background, and what normalisations get from a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.background import background_bins
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins
from tests.support.builders import matrix

LENGTHS = {"chr1": 3_000_000, "chr2": 1_000_000, "chrX": 500_000}


def bins(samples: int = 4) -> CountMatrix:
    """450 bins with signal everywhere."""
    values = np.random.default_rng(1).gamma(5, 4, size=(450, samples))
    made = matrix(values, library_sizes=[1e4] * samples)
    return replace(made, regions=genome_bins(LENGTHS, 10_000))


def table(*rows: Sequence[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["chrom", "start", "end"])


def test_sex_chromosomes_gaps_blacklist_and_peaks_are_left_out() -> None:
    made = bins()
    values = made.values.copy()
    values[:30] = 0
    kept = background_bins(
        replace(made, values=values),
        exclude={"chr2": (np.array([0]), np.array([95_000]))},
        peaks=table(("chr1", 300_001, 300_002), ("chr1", 2_990_000, 3_000_000)),
    )
    found = set(kept.regions["region_id"])
    assert len(found) == 450 - 50 - 30 - 10 - 2
    assert not {i for i in found if "chrX" in i}
    assert "bin:chr1:300000-310000" not in found
    assert "bin:chr2:90000-100000" not in found
    assert "bin:chr2:100000-110000" in found


def test_sparse_and_few_bins_are_refused() -> None:
    made = bins()
    values = made.values.copy()
    values[::4, 2] = 0
    with pytest.raises(DesignError, match=r"25% of the 400 background bins are zero in s2"):
        background_bins(replace(made, values=values))
    with pytest.raises(DesignError, match="only 100 of 450 bins"):
        background_bins(made, peaks=table(("chr1", 0, 3_000_000)))
    assert len(background_bins(made).regions) == 400
