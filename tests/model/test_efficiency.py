"""Differences of efficiency between groups, from ratios and from shares of bins."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.model.efficiency import composition_disagreement, share_tests, top_share
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import matrix, sheet


def test_disagreement_is_a_t_test_of_the_units() -> None:
    design = make_design(sheet(["good"] * 3 + ["poor"] * 3), "~ Condition")
    contrast = make_contrast(design, None)
    ratio = np.array([0.0, 0.1, -0.1, 0.5, 0.6, 0.4])
    found = composition_disagreement(
        2.0**ratio, np.ones(6), design, contrast, reference="background"
    )
    assert found.difference == pytest.approx(0.5)
    assert found.error == pytest.approx(0.1 * np.sqrt(2 / 3))
    assert found.df == 4
    assert found.disagree
    small = composition_disagreement(
        2.0 ** (ratio / 10), np.ones(6), design, contrast, reference="background"
    )
    assert small.pvalue == pytest.approx(found.pvalue)
    assert not small.disagree  # as certain, but too small to matter


def test_without_replicates_a_difference_of_twofold_is_said() -> None:
    pair = make_design(sheet(["good", "poor"]), "~ Condition")
    sizes, contrast = np.array([1.0, 2]), make_contrast(pair, "poor-good")
    found = composition_disagreement(
        sizes, np.ones(2), pair, contrast, reference="spike_in", headline="tmm"
    )
    assert np.isnan(found.pvalue)
    assert "factor of 2.00 (log2 +1.00, no replicates tell its noise)" in found.warnings[0]
    assert found.warnings[0].endswith("The fold changes hold only if the assumption of tmm does")
    assert not composition_disagreement(
        sizes**0.5, np.ones(2), pair, contrast, reference="spike_in"
    ).disagree


def test_share_of_the_top_bins() -> None:
    values = np.ones((100, 2))
    values[:5] = [10, 30]
    bins = matrix(values)
    assert top_share(bins) == {"s0": pytest.approx(50 / 145), "s1": pytest.approx(150 / 245)}
    assert np.isnan(top_share(matrix(np.zeros((3, 2)), library_sizes=[1, 1]))["s0"])


def test_a_difference_of_the_share_that_moves_nothing_is_not_said() -> None:
    rows = sheet(["good", "poor"] * 4)
    design = make_design(rows, "~ Condition")
    contrast = make_contrast(design, None)

    def said(factor: float) -> list[str]:
        level = {f"s{i}": 0.2 * (1 + 0.002 * (i // 2)) for i in range(8)}
        return share_tests(
            {s: v * (factor if i % 2 else 1.0) for i, (s, v) in enumerate(level.items())},
            *(design, contrast),
        )

    assert said(0.97) == []
    assert "a factor of 0.85" in said(0.85)[0]
    assert "a factor of 1.15" in said(1.15)[0]


def test_the_share_is_tested_against_covariates_too() -> None:
    rows = sheet(["good", "poor"] * 4, Batch=["a"] * 4 + ["b"] * 4, Purity=[0.5, 0.6] * 4)
    design = make_design(rows, "~ Condition")
    shares = {f"s{i}": 0.2 + 0.2 * (i >= 4) + 0.003 * (i % 3) for i in range(8)}
    found = share_tests(shares, design, make_contrast(design, None))
    assert len(found) == 1
    assert "goes with Batch" in found[0]
    assert share_tests({}, design, make_contrast(design, None)) == []
