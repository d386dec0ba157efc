"""Signal along regions as one checked value."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.profile_matrix import ProfileMatrix, nan_mean
from resist_epi.errors import InputFormatError


def small(**changes: object) -> ProfileMatrix:
    values = {"a": np.arange(12.0).reshape(2, 6), "b": np.ones((2, 6))}
    given = {"values": values, "regions": pd.DataFrame({"direction": ["gain", "none"]})}
    window = {"bin_size": 10, "before": 20, "after": 40}
    return ProfileMatrix(**(given | window | changes))  # type: ignore[arg-type]


def test_positions_of_the_bins() -> None:
    assert list(small().edges) == [-20, -10, 0, 10, 20, 30, 40]
    assert list(small().centres) == [-15, -5, 5, 15, 25, 35]
    assert small(before=10, body=20, after=30).edges[-1] == 50


def test_arrays_are_read_only_and_the_caller_s_is_not() -> None:
    mine = np.zeros((2, 6))
    matrix = small(values={"a": mine})
    with pytest.raises(ValueError, match="read-only"):
        matrix.values["a"][0, 0] = 1
    mine[0, 0] = 1


def test_another_process_gets_the_same_matrix() -> None:
    matrix = small(title="H3K27me3", tested=(-10, 10))
    sent = pickle.loads(pickle.dumps(matrix))
    assert (sent.samples, sent.title, sent.tested) == (matrix.samples, "H3K27me3", (-10, 10))
    np.testing.assert_array_equal(sent.values["a"], matrix.values["a"])
    with pytest.raises(ValueError, match="read-only"):
        sent.values["a"][0, 0] = 1


def test_means() -> None:
    matrix = small()
    assert list(matrix.mean_profile("a", np.array([True, True]))) == [3, 4, 5, 6, 7, 8]
    assert list(matrix.mean_signal()) == [(2.5 + 1) / 2, (8.5 + 1) / 2]
    average = matrix.average({"a": "x", "b": "x"})
    assert average.samples == ("x",)
    assert np.allclose(average.values["x"], (matrix.values["a"] + 1) / 2)


def test_unknown_values_are_left_out_of_means() -> None:
    assert list(nan_mean(np.array([[np.nan, 1.0], [np.nan, 3.0]]), 0)[1:]) == [2.0]
    assert np.isnan(nan_mean(np.full((2, 2), np.nan), 0)).all()
    assert np.isnan(small(values={"a": np.full((2, 6), np.nan)}).mean_signal()).all()


def test_selecting_rows() -> None:
    one = small().select(np.array([1]))
    assert list(one.regions["direction"]) == ["none"]
    assert one.values["a"][0, 0] == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bin_size": 7}, "60 bp cannot be cut into bins of 7 bp"),
        ({"bin_size": 0}, "bins of 0 bp"),
        ({"values": {"a": np.zeros((2, 5))}}, "sample 'a'.*expected 2 x 6; found 2 x 5"),
        ({"values": {"a": np.zeros((3, 6))}}, "found 3 x 6"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        small(**changes)
