"""Single values are left out where gaps fall on both sides, and this is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.analysis import analyse
from resist_epi.model.odd_values import find_odd_values
from resist_epi.model.relabelling import with_relabelling
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import planted, sheet

ROWS = sheet(["good"] * 8 + ["poor"] * 8)


def made(n: int = 1500) -> CountMatrix:
    return planted(n=n, per_group=8, changed=150, change=1.0, noise=0.3)


def with_gaps(matrix: CountMatrix, share: float, units: slice = slice(None)) -> CountMatrix:
    values = matrix.values.copy()
    gap = np.random.default_rng(3).uniform(size=values[:, units].shape) < share
    values[:, units][gap] = 0
    return replace(matrix, values=values)


def found(matrix: CountMatrix):
    design = make_design(ROWS)
    every = np.ones(len(matrix.regions), dtype=bool)
    return find_odd_values(matrix, design, make_contrast(design, None), every, None)


def test_gaps_are_left_out_with_their_degrees_of_freedom_and_power_comes_back() -> None:
    gaps = with_gaps(made(), 0.08)
    analysis = analyse(gaps, ROWS)
    results = analysis.results
    assert analysis.options.leave_out
    assert "of the values are far from the rest of their region" in analysis.header["method"]
    assert analysis.fit.settings["left_out"] > 1000
    assert (analysis.fit.df_residual < 14).mean() > 0.5
    called = results["padj"] <= 0.05
    plain = results["padj_unweighted"] <= 0.05
    assert called[:150].sum() > plain[:150].sum() + 50
    assert called[150:].sum() <= 0.1 * called.sum()


def test_clean_cohorts_lose_nothing() -> None:
    analysis = analyse(made(), ROWS)
    assert not analysis.options.leave_out
    assert "left_out" not in analysis.fit.settings
    assert found(made()).share < 0.0005


def test_a_change_in_some_tumours_of_one_side_is_no_gap() -> None:
    some = made()
    values = some.values.copy()
    values[200:400, 13:15] *= 16
    seen = found(replace(some, values=values))
    assert seen.share > 0.0005
    assert seen.balance < 1 / 3
    assert not seen.left_out


def test_no_weights_means_the_plain_test() -> None:
    analysis = analyse(with_gaps(made(), 0.08), ROWS, weights="none")
    assert not analysis.options.leave_out


def test_relabelling_takes_every_value_and_says_so() -> None:
    analysis = with_relabelling(analyse(with_gaps(made(400), 0.08), ROWS))
    assert analysis.options.leave_out
    assert "with the values that the test leaves out" in analysis.header["relabelling"]
