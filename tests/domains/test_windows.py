"""Windows hold what bins, counted one by one, hold."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.domains.filter import background_level
from resist_epi.domains.find import find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.windows import window_matrix
from tests.support.domain_cohort import (
    STEP,
    DomainCohort,
    Exclude,
    bins_of,
    domain_cohort,
)


def naive_windows(
    cohort: DomainCohort, settings: DomainSettings, exclude: Exclude
) -> dict[tuple[str, int, int], np.ndarray]:
    """Every window by itself from the tracks' values; those above background with their means."""
    level = background_level(cohort.bins(), exclude=exclude)
    found = {}
    for chrom, length in cohort.lengths.items():
        free = np.ones(length, dtype=bool)
        for start, end in zip(*exclude.get(chrom, ([], [])), strict=True):
            free[start:end] = False
        base = np.stack([np.repeat(t.values[chrom], STEP)[:length] for t in cohort.tracks.values()])
        for size in settings.sizes:
            for start in range(0, max(length - size, 0) + settings.step, settings.spacing(size)):
                if start > 0 and start + size > -(-length // settings.step) * settings.step:
                    break
                end = min(start + size, length)
                inside = np.arange(start, end)[free[start:end]]
                if len(inside) < 0.5 * min(size, -(-length // settings.step) * settings.step):
                    continue
                means = base[:, inside].mean(axis=1)
                if (means / level.divisors).mean() >= level.threshold(size, settings.fold):
                    found[chrom, start, end] = means
    return found


@pytest.mark.parametrize("blacklist", [False, True])
def test_windows_are_those_counted_one_by_one(blacklist: bool) -> None:
    lengths = {"chr1": 203_300, "chr2": 90_000, "chr3": 1_300}
    cohort = domain_cohort(3, per_group=2, lengths=lengths)
    exclude: Exclude = {}
    if blacklist:
        exclude = {"chr1": (np.array([0, 60_250]), np.array([20_000, 61_999]))}
    settings = DomainSettings()
    bins = bins_of(cohort, settings, exclude=exclude)
    domains = find_domains(bins)
    windows = domains.windows
    ours = window_matrix(bins, windows, quantity="mean_signal")
    naive = naive_windows(cohort, settings, exclude)
    keys = list(
        zip(
            ours.regions["chrom"].astype(str), ours.regions["start"], ours.regions["end"],
            strict=True,
        )
    )  # fmt: skip
    assert sorted(keys) == sorted(naive)
    np.testing.assert_allclose(ours.values, [naive[k] for k in keys], rtol=2e-7)  # float32
    assert bins.metadata["domains"]["above_background"]["2000"] == int((windows.size == 2000).sum())
