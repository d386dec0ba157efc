"""The share of the genome above background: as planted, whatever the depth, with its error."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.balance import mark_balance
from resist_epi.errors import DesignError
from resist_epi.genome.regions import make_regions
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import regions, sheet

N = 3000


def bins(share: list[float], *, quantity: str = "mean_signal", seed: int = 1) -> CountMatrix:
    """Units of any depth, in which this share of the bins holds five times the background."""
    rng = np.random.default_rng(seed)
    columns = []
    for own in share:
        marked = np.arange(N) < own * N
        level = np.where(marked, 5.0, 1.0) * rng.lognormal(0, 0.1, size=N)
        depth = rng.uniform(0.5, 3.0)
        per_bin = 8 if quantity == "reads" else 1
        columns.append(
            rng.poisson(level * depth * per_bin) if quantity == "reads" else level * depth
        )
    values = np.column_stack(columns).astype(np.float64)
    samples = tuple(f"s{i}" for i in range(len(share)))
    table = regions(N, width=10_000, kind="bins")
    return CountMatrix(values, table, samples, quantity, np.full(len(share), 1e6))  # type: ignore[arg-type]


def asked(matrix: CountMatrix, **options: object):
    n = len(matrix.samples) // 2
    design = make_design(sheet(["good"] * n + ["poor"] * n))
    return mark_balance(matrix, design, make_contrast(design, "poor-good"), **options)  # type: ignore[arg-type]


def test_the_share_and_its_difference_are_as_planted() -> None:
    share = [0.10, 0.11, 0.12, 0.09, 0.20, 0.21, 0.19, 0.22]
    row = asked(bins(share)).iloc[0]
    assert row["second"] == pytest.approx(0.105, abs=0.002)
    assert row["difference"] == pytest.approx(0.10, abs=0.003)
    by_hand = np.sqrt(np.var(share[:4], ddof=1) / 4 + np.var(share[4:], ddof=1) / 4)
    assert row["error"] == pytest.approx(by_hand, rel=0.1)
    assert row["pvalue"] < 1e-3
    assert [row[f"s{i}"] for i in range(8)] == pytest.approx(share, abs=0.002)


def test_reads_are_joined_until_noise_alone_is_not_above() -> None:
    row = asked(bins([0.2] * 8, quantity="reads")).iloc[0]
    assert row["n_bins"] < N
    assert row["first"] == pytest.approx(0.2, abs=0.01)
    assert row["difference"] == pytest.approx(0.0, abs=0.01)


def test_a_null_is_called_as_often_as_it_should() -> None:
    rng = np.random.default_rng(5)
    p = [
        asked(bins(list(rng.uniform(0.1, 0.2, size=8)), seed=s)).iloc[0]["pvalue"]
        for s in range(40)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.12


def test_classes_have_rows_of_their_own() -> None:
    matrix = bins([0.1, 0.1, 0.3, 0.3])
    kinds = np.where(np.arange(N) < N / 2, "late", "early").astype(object)
    found = asked(matrix, classes={"timing": kinds}).set_index("class")
    assert list(found.index) == ["genome", "early", "late"]
    assert found.loc["early", "difference"] == pytest.approx(0, abs=0.01)
    assert found.loc["late", "difference"] == pytest.approx(0.4, abs=0.01)


def test_what_cannot_be_balanced_is_refused() -> None:
    matrix = bins([0.1] * 4)
    few = make_regions(matrix.regions.head(50), kind="bins")
    small = CountMatrix(matrix.values[:50], few, matrix.samples, "mean_signal", np.ones(4))
    with pytest.raises(DesignError, match="50 bins are too few"):
        asked(small)
