"""Bins that stay in their file give what those in memory do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import write_counts
from resist_epi.domains import stored_bins, windows
from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.stored_bins import StoredBins, open_bins
from resist_epi.domains.window_tests import with_windows
from resist_epi.domains.windows import window_matrix
from resist_epi.model.analysis import analyse
from tests.support.domain_cohort import bins_of, domain_cohort


@pytest.mark.parametrize("block", [1, 97, 1 << 22])
def test_windows_and_domains_are_the_same_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    cohort = domain_cohort(4)
    bins, path = bins_of(cohort), tmp_path / "w.parquet"
    write_counts(path, bins)
    assert isinstance(open_bins(path), CountMatrix)
    domains = find_domains(bins)
    whole = window_matrix(bins, domains.windows, quantity="mean_signal")
    signal = domain_matrix(bins, domains, quantity="mean_signal")
    monkeypatch.setattr(stored_bins, "_IN_MEMORY", 1)
    monkeypatch.setattr(windows, "_BLOCK", block)
    stored = open_bins(path)
    assert isinstance(stored, StoredBins)
    found = find_domains(stored)
    assert found.regions.equals(domains.regions)
    again = window_matrix(stored, found.windows, quantity="mean_signal")
    assert again.values.dtype == whole.values.dtype == np.float32
    assert (again.values == whole.values).all()
    assert (domain_matrix(stored, found, quantity="mean_signal").values == signal.values).all()


def test_results_do_not_depend_on_where_bins_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = domain_cohort(5, per_group=3)
    bins, path = bins_of(cohort), tmp_path / "w.parquet"
    write_counts(path, bins)
    domains = find_domains(bins)
    analysis = analyse(domain_matrix(bins, domains, quantity="mean_signal"), cohort.sheet)
    one = with_windows(analysis, bins, domains, cohort.sheet)
    monkeypatch.setattr(stored_bins, "_IN_MEMORY", 1)
    stored = open_bins(path)
    other = with_windows(analysis, stored, find_domains(stored), cohort.sheet)
    assert other.results.equals(one.results)
