"""What is expected of a sample apart from the mark: normalisation, merging and every test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import scaled
from resist_epi.counting.units import merge_units
from resist_epi.errors import InputFormatError
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization import METHODS, as_expected, normalize
from resist_epi.model.normalization_data import NormalizationInputs
from tests.support import builders

N, CHANGED = 600, slice(0, 200)


def gained(quantity: str = "mean_signal", *, per_group: int = 4, seed: int = 3):  # type: ignore[no-untyped-def]
    """Log-normal signal without any effect; the first 200 regions have 1.5 copies in poor."""
    rng = np.random.default_rng(seed)
    n = 2 * per_group
    copies = np.zeros((N, n))
    copies[CHANGED, per_group:] = np.log(1.5)
    level = rng.normal(6, 1, (N, 1)) + rng.normal(0, 0.15, (N, n)) + copies / np.log(2)
    values = 2.0**level if quantity == "mean_signal" else rng.poisson(2.0**level)
    plain = builders.matrix(values, quantity=quantity, library_sizes=np.full(n, 1e6))
    return plain, replace(plain, expected=copies)


@pytest.mark.parametrize(
    "method", [m for m, known in METHODS.items() if known.needs is None and m != "quantile"]
)
def test_what_is_expected_is_gone_after_every_normalisation(method: str) -> None:
    _, known = gained()
    normalized = normalize(known, method)
    level = np.log2(scaled(normalized))
    change = level[:, 4:].mean(axis=1) - level[:, :4].mean(axis=1)
    assert abs(np.median(change[CHANGED]) - np.median(change[200:])) < 0.05
    # The same as normalising values from which it was divided out beforehand.
    other = scaled(normalize(as_expected(known), method))
    np.testing.assert_allclose(
        level - level.mean(axis=1, keepdims=True),
        np.log2(other) - np.log2(other).mean(axis=1, keepdims=True),
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("quantity", "method"),
    [
        ("mean_signal", "trend"),
        ("mean_signal", "welch"),
        ("reads", "voom"),
        ("reads", "ql"),
        ("reads", "trend"),
    ],
)
def test_every_test_takes_it_into_account(quantity: str, method: str) -> None:
    plain, known = gained(quantity)
    sheet = builders.sheet(["good"] * 4 + ["poor"] * 4)
    options = {"method": method, "normalize": "library_size"}
    without = analyse(plain, sheet, **options).results["log2FoldChange"].to_numpy()
    with_it = analyse(known, sheet, **options).results["log2FoldChange"].to_numpy()
    assert np.median(without[CHANGED]) == pytest.approx(np.log2(1.5), abs=0.05)
    assert abs(np.median(with_it[CHANGED])) < 0.05
    np.testing.assert_allclose(with_it[200:], without[200:], atol=0.02)


def test_zero_expectation_changes_nothing() -> None:
    plain, _ = gained("reads")
    zero = replace(plain, expected=np.zeros_like(plain.values))
    sheet = builders.sheet(["good"] * 4 + ["poor"] * 4)
    for method in ("voom", "ql", "trend"):
        one, other = (
            analyse(m, sheet, method=method, normalize="tmm").results for m in (plain, zero)
        )
        np.testing.assert_allclose(one["log2FoldChange"], other["log2FoldChange"], atol=1e-9)
        np.testing.assert_allclose(one["pvalue"], other["pvalue"], rtol=1e-6)


def test_background_factors_come_from_bins_without_it() -> None:
    """A deleted arm is the less abundant half of the bins: copy number must go first."""
    rng = np.random.default_rng(1)
    n = 1000
    copies = np.zeros((n, 8))
    copies[:500, 4:] = np.log(0.5)
    values = rng.gamma(200, 0.05, (n, 8)) * np.exp(copies)
    bins = replace(builders.matrix(values, library_sizes=np.ones(8)), expected=copies)
    regions = builders.matrix(rng.gamma(50, 1.0, (50, 8)), library_sizes=np.ones(8))
    blind = replace(bins, expected=None)
    wrong, right = (
        normalize(regions, "background", inputs=NormalizationInputs(background=b)).size_factors
        for b in (blind, bins)
    )
    assert wrong is not None
    assert right is not None
    assert np.log2(wrong[4:]).mean() - np.log2(wrong[:4]).mean() < -0.8
    np.testing.assert_allclose(right, 1.0, atol=0.02)


def test_merged_libraries_pool_what_is_expected() -> None:
    values = np.array([[10.0, 40.0, 5.0]])
    expected = np.log([[1.0, 2.0, 0.5]])
    matrix = replace(
        builders.matrix(values, quantity="reads", library_sizes=[100.0, 300.0, 50.0]),
        expected=expected,
    )
    sheet = builders.sheet(["good", "good", "poor"], Patient=["a", "a", "b"])
    merged, _, _ = merge_units(matrix, sheet)
    assert merged.expected is not None
    np.testing.assert_allclose(np.exp(merged.expected), [[0.25 * 1 + 0.75 * 2, 0.5]])


def test_a_missing_expectation_is_refused_by_name() -> None:
    plain, _ = gained()
    bad = np.zeros_like(plain.values)
    bad[3, 2] = np.nan
    with pytest.raises(InputFormatError, match="expected of sample 's2'"):
        replace(plain, expected=bad)


def test_selection_keeps_it_in_step() -> None:
    _, known = gained()
    part = known.select(regions=[5, 300], samples=["s7", "s0"])
    assert part.expected is not None
    np.testing.assert_allclose(part.expected, [[np.log(1.5), 0], [0, 0]])


def test_frame_of_regions_is_untouched() -> None:
    _, known = gained()
    pd.testing.assert_frame_equal(normalize(known, "tmm").regions, known.regions)
