"""Libraries unlike the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.report.flags import median_correlation, quality_flags


def quality(**columns: list[float]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "sample": list("abcd"),
            "library_size": [1e6, 1.2e6, 0.9e6, 1e6],
            "n_peaks": [100.0, 120, 90, 110],
            "fraction_in_peaks": [0.2, 0.25, 0.22, 0.2],
            "fraction_in_promoters": np.nan,
            "fraction_zero": 0.1,
        }
    )
    return table.assign(**columns)


def correlation(outlier: float = 0.9) -> pd.DataFrame:
    values = np.full((4, 4), 0.9)
    values[3, :3] = values[:3, 3] = outlier
    np.fill_diagonal(values, 1.0)
    return pd.DataFrame(values, index=list("abcd"), columns=list("abcd"))


def test_like_libraries_have_no_flag() -> None:
    assert quality_flags(quality(), correlation()) == {s: [] for s in "abcd"}


@pytest.mark.parametrize(
    ("columns", "sample", "text"),
    [
        ({"library_size": [1e6, 1e6, 1e6, 4e6]}, "d", "library size 4 times"),
        ({"library_size": [1e6, 1e6, 0.2e6, 1e6]}, "c", "library size 0.2 times"),
        ({"n_peaks": [100.0, 100, 100, 20]}, "d", "few peaks"),
        ({"fraction_in_peaks": [0.2, 0.05, 0.2, 0.2]}, "b", "little signal in peaks"),
        ({"fraction_zero": [0.1, 0.1, 0.1, 0.7]}, "d", "70% of the main regions"),
    ],
)
def test_each_rule_flags_its_library_alone(
    columns: dict[str, list[float]], sample: str, text: str
) -> None:
    flags = quality_flags(quality(**columns), correlation())
    assert [s for s, reasons in flags.items() if reasons] == [sample]
    assert text in flags[sample][0]


def test_an_outlier_by_correlation() -> None:
    assert median_correlation(correlation(0.6))["d"] == pytest.approx(0.6)
    flags = quality_flags(quality(), correlation(0.6))
    assert [s for s, reasons in flags.items() if reasons] == ["d"]


def test_libraries_that_all_agree_little_are_no_outliers() -> None:
    noisy = correlation() * 0.4 + np.eye(4) * 0.6
    assert not any(quality_flags(quality(), noisy).values())
    pair = pd.DataFrame([[1.0, 0.3], [0.3, 1.0]], index=list("ab"), columns=list("ab"))
    assert all(quality_flags(quality().iloc[:2], pair).values())


def test_undefined_values_flag_nothing() -> None:
    table = quality(n_peaks=[np.nan] * 4, library_size=[1e6, np.nan, 1e6, 1e6])
    assert not any(quality_flags(table, None).values())
    assert not any(quality_flags(quality().iloc[:1], correlation().iloc[:1, :1]).values())
