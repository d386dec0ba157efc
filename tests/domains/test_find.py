from __future__ import annotations

import numpy as np
import pytest

from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.settings import DomainSettings
from tests.support.domain_cohort import (
    STEP,
    analysed,
    bins_of,
    domain_cohort,
)


def test_domains_hold_the_bases_they_say() -> None:
    cohort = domain_cohort(4, per_group=2)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    values = domain_matrix(bins, domains, quantity="mean_signal")
    sums = domain_matrix(bins, domains)
    for i, row in enumerate(domains.regions.itertuples()):
        for j, track in enumerate(cohort.tracks.values()):
            part = track.values[row.chrom][row.start // STEP : row.end // STEP]
            assert values.values[i, j] == pytest.approx(part.mean())
            assert sums.values[i, j] == pytest.approx(part.sum() * STEP)


def test_planted_domains_are_found_where_they_are() -> None:
    cohort = domain_cohort(5)
    domains = find_domains(bins_of(cohort))
    whole = domains.regions.drop_duplicates(["chrom", "whole_start"])
    assert 0.85 * len(cohort.domains) <= len(whole) <= len(cohort.domains) + 2  # near ones join
    nearest = [
        (whole.loc[whole["chrom"] == d.chrom, "whole_start"] - d.start).abs().min()
        for d in cohort.domains.itertuples()
    ]
    assert np.median(nearest) <= 2000


def test_wide_domains_are_cut_at_the_cap_and_remember_the_whole() -> None:
    cohort = domain_cohort(7, per_group=2, spacing=400_000)
    for track in cohort.tracks.values():
        track.values["chr1"][2000:3000] += 20.0  # 100 kb
    settings = DomainSettings()
    found = find_domains(bins_of(cohort, settings)).regions
    assert (found["end"] - found["start"] <= settings.max_width).all()
    cut = found[found["whole_end"] - found["whole_start"] > settings.max_width]
    assert len(cut) >= 4
    parts = cut[cut["whole_start"] == cut["whole_start"].iloc[0]]
    assert parts["start"].tolist()[1:] == parts["end"].tolist()[:-1]
    assert parts["start"].min() == parts["whole_start"].iloc[0]


def test_no_window_passes() -> None:
    cohort = domain_cohort(17, per_group=2)
    bins = bins_of(cohort, DomainSettings(fold=1000.0))
    domains = find_domains(bins)
    assert len(bins.regions) == len(domains) == len(domains.windows) == 0
    assert domain_matrix(bins, domains).values.shape == (0, 4)
    assert list(domains.regions.columns[:3]) == ["chrom", "start", "end"]


def test_one_window() -> None:
    cohort = domain_cohort(18, per_group=3, enrichment=0.0)
    for track in cohort.tracks.values():
        track.values["chr2"][1000:1020] += 30.0
    settings = DomainSettings(sizes=(2000,), step=2000)
    bins = bins_of(cohort, settings)
    domains = find_domains(bins)
    assert domains.regions[["start", "end"]].to_numpy().tolist() == [[100_000, 102_000]]
    results = analysed(cohort, bins, normalize="library_size").results
    assert results["n_windows"].tolist() == [1]
    assert results["pvalue"].notna().all()


def test_a_chromosome_shorter_than_a_window_is_one() -> None:
    cohort = domain_cohort(19, per_group=2, lengths={"chr1": 400_000, "chr2": 900})
    for track in cohort.tracks.values():
        track.values["chr2"][:] = 50.0 * track.values["chr1"].mean()
    domains = find_domains(bins_of(cohort))
    last = domains.regions.iloc[-1]
    assert (last["chrom"], last["start"], last["end"]) == ("chr2", 0, 900)
    assert (domains.windows.size[domains.member == len(domains) - 1]).tolist() == [2000, 10_000]
