"""Rows that are made when they are asked for are those of the matrix that nobody holds."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.stats.linear import responses
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.weights import array_weights, without_shift
from resist_epi.stats.rows import (
    GatheredRows,
    Rows,
    ShiftedRows,
    TakenRows,
    float_response,
    gathered,
    row_means,
    shifts,
    taken,
)

N, WIDTH = 700, 20


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(90, WIDTH)), rng.integers(0, 90, size=N)


def both() -> tuple[np.ndarray, GatheredRows]:
    small, member = table()
    return small[member], GatheredRows(small, member)


@pytest.mark.parametrize(
    "which", [slice(10, 300), slice(None, None, 3), np.array([5, 1, 1]), np.arange(N) % 2 == 0]
)
def test_slices_positions_and_masks(which) -> None:
    whole, rows = both()
    np.testing.assert_array_equal(rows[which], whole[which])
    np.testing.assert_array_equal(rows.cells(which, slice(2, 9)), whole[which][:, 2:9])
    part = taken(rows, which)
    assert isinstance(part, TakenRows)
    np.testing.assert_array_equal(part, whole[which])
    np.testing.assert_array_equal(part[:2], whole[which][:2])
    np.testing.assert_array_equal(taken(whole, which), whole[which])


def test_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "_BLOCK", 256)
    whole, rows = both()
    assert (len(rows), rows.shape, rows.ndim, rows.dtype) == (N, (N, WIDTH), 2, np.float64)
    np.testing.assert_array_equal(np.asarray(rows), whole)
    assert np.asarray(rows, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(row_means(rows), whole.mean(axis=1))
    np.testing.assert_array_equal(row_means(whole), whole.mean(axis=1))
    np.testing.assert_array_equal(gathered(*table()), whole)
    none = GatheredRows(table()[0], np.zeros(0, dtype=int))
    assert np.asarray(none).shape == (0, WIDTH)
    assert row_means(none).shape == (0,)


def test_rows_and_float32_stay_and_others_become_float64() -> None:
    whole, rows = both()
    assert float_response(rows) is rows
    assert float_response(whole.astype(np.float32)).dtype == np.float32
    assert float_response(whole.astype(int)).dtype == np.float64


@pytest.mark.parametrize("block", [256, 1 << 14])
def test_the_shift_of_a_sample_is_the_median_of_what_is_left(block, monkeypatch) -> None:
    monkeypatch.setattr(responses, "_BLOCK", block)
    whole, rows = both()
    design = np.column_stack([np.ones(WIDTH), np.arange(WIDTH) % 2])
    q = np.linalg.qr(design)[0]
    expected = np.median(whole - (whole @ q) @ q.T, axis=0)
    np.testing.assert_allclose(shifts(rows, q), expected, rtol=1e-12, atol=1e-15)
    made = without_shift(rows, design)
    assert isinstance(made, ShiftedRows)
    np.testing.assert_allclose(made, without_shift(whole, design), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(made.cells(slice(3, 5), slice(1, 2)), made[3:5][:, 1:2])


@pytest.mark.parametrize("correlated", [False, True])
def test_fits_and_weights_of_samples_take_them(correlated: bool) -> None:
    whole, rows = both()
    design = np.column_stack([np.ones(WIDTH), np.arange(WIDTH) % 2])
    small, member = table()
    each = 1 / (1 + small**2)
    correlation = None
    if correlated:
        pairs = np.arange(WIDTH) // 2
        correlation = np.where(pairs[:, None] == pairs, 0.3, 0.0) + 0.7 * np.eye(WIDTH)
    for weights in (None, each):
        known = None if weights is None else GatheredRows(weights, member)
        full = None if weights is None else weights[member]
        found = fit_linear(rows, design, weights=known, correlation=correlation)
        expected = fit_linear(whole, design, weights=full, correlation=correlation)
        for name in ("coefficients", "sigma2", "cov_unscaled", "mean", "df_residual"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert isinstance(found.response, Rows)
        np.testing.assert_array_equal(found.residuals(slice(9)), expected.residuals(slice(9)))
        np.testing.assert_array_equal(
            array_weights(rows, design, weights=known), array_weights(whole, design, weights=full)
        )


def test_weights_that_are_made_must_be_positive_too() -> None:
    from resist_epi.errors import DesignError

    _, rows = both()  # normal, so half of them are below 0
    with pytest.raises(DesignError, match="positive"):
        fit_linear(rows, np.ones((WIDTH, 1)), weights=rows)
