"""The bins that rise above background, with and without inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.bins import TrackBins
from resist_epi.domains.filter import (
    BackgroundLevel,
    ChromosomeBins,
    Control,
    background_level,
    domain_bins,
    joined_bins,
)
from resist_epi.domains.find import find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.errors import DesignError
from tests.support.domain_cohort import (
    STEP,
    bins_of,
    domain_cohort,
)


def test_the_filter_and_the_domains_do_not_look_at_the_groups() -> None:
    cohort = domain_cohort(6)
    domains = find_domains(bins_of(cohort))
    swapped = replace(cohort, tracks=dict(reversed(cohort.tracks.items())))
    again = find_domains(bins_of(swapped))
    pd.testing.assert_frame_equal(domains.regions, again.regions)


def test_inputs_take_away_what_is_in_them_too() -> None:
    cohort = domain_cohort(20, per_group=2, spacing=120_000)
    inputs = domain_cohort(20, per_group=1, enrichment=0.0)
    ends, starts = cohort.domains["end"].iloc[:-1], cohort.domains["start"].iloc[1:]
    free = int(ends.iloc[int(np.argmax(starts.to_numpy()[:8] - ends.to_numpy()[:8]))]) + 12_000
    amplified = slice(free // STEP, free // STEP + 300)  # 30 kb, in the inputs as in the samples
    for track in (*cohort.tracks.values(), *inputs.tracks.values()):
        track.values["chr1"][amplified] *= 8
    level = background_level(cohort.bins())
    control = Control(TrackBins(inputs.tracks), background_level(inputs.bins()))
    both = [
        domain_bins(
            TrackBins(cohort.tracks),
            cohort.lengths,
            level,
            library_sizes=np.ones(4),
            control=one,
        )
        for one in (None, control)
    ]
    held = [
        ((b.regions["chrom"] == "chr1") & b.regions["start"].between(free, free + 29_999)).sum()
        for b in both
    ]
    assert held[0] == 60
    assert held[1] <= 6
    assert both[1].metadata["domains"]["inputs"] is True
    assert len(both[1].regions) > 0.7 * (len(both[0].regions) - 100)


def test_no_signal_is_no_background() -> None:
    cohort = domain_cohort(21, per_group=1)
    for track in cohort.tracks.values():
        for values in track.values.values():
            values[:] = 0.0
    empty = CountMatrix(
        np.zeros((20, 2)), cohort.bins_table(20), ("s0", "s1"), "mean_signal", np.ones(2)
    )
    with pytest.raises(DesignError, match="no background"):
        background_level(empty)


def test_bins_of_chromosomes_are_let_go_as_they_are_joined() -> None:
    step = DomainSettings().step
    parts = {}
    for chrom, n in (("chr2", 3), ("chr10", 2), ("chr1", 4)):
        starts = np.arange(n, dtype=np.int64) * step
        table = pd.DataFrame({"start": starts, "end": starts + step, "bases": step})
        for size in DomainSettings().sizes:
            table[f"window_{size}"] = np.arange(n) == 0
        values = np.full((n, 2), float(chrom[3:]), dtype=np.float32)
        parts[chrom] = ChromosomeBins(values, table, n)
    level = BackgroundLevel(np.ones(2), 1.0, 0.1)
    joined = joined_bins(
        parts, level, DomainSettings(), samples=("a", "b"), quantity="reads",
        library_sizes=np.ones(2),
    )  # fmt: skip
    assert not parts
    assert joined.values.dtype == np.float32
    assert joined.values[:, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 10, 10]
    assert (
        joined.regions["chrom"].astype(str).tolist() == ["chr1"] * 4 + ["chr2"] * 3 + ["chr10"] * 2
    )
