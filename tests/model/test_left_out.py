"""A fit without some units is the fit that these units were never part of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.model import differential
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.left_out import leave_out
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.method import METHODS
from resist_epi.samples.design import make_contrast, make_design
from tests.support import builders
from tests.support.small_stability import GROUPS, odd_matrix

ALL = np.arange(600)


def _refit(analysis: Analysis, gone: int) -> pd.DataFrame:
    """The results of an analysis without a unit, its normalisation and filter held."""
    kept = [s for i, s in enumerate(analysis.matrix.samples) if i != gone]
    sheet = analysis.units.for_samples(tuple(kept))
    design = make_design(sheet, analysis.question.formula)
    own = METHODS[analysis.fit.method].own_contrast
    contrast = make_contrast(design, "poor-good") if own is None else own(design)
    fitted = differential.fit(
        analysis.matrix.select(samples=kept),
        design,
        method=analysis.fit.method,
        tested=analysis.fit.tested,
        options=replace(analysis.options, weights=False),
    )
    return differential.contrast_results(fitted, contrast)


@pytest.mark.parametrize(
    ("method", "apart"),
    [("trend", 0.02), ("voom", 0.25), ("ql", 0.05), ("welch", 0.02), ("wilcoxon", 1e-9)],
)
def test_a_fit_without_a_unit_agrees_with_a_true_refit(method: str, apart: float) -> None:
    matrix = odd_matrix(reads=True)
    sheet = builders.sheet(GROUPS)
    analysis = analyse(
        matrix, sheet, contrast="poor-good", method=method, weights="none", hidden="none",
        normalize="library_size",
    )  # fmt: skip
    for gone in (1, 9):
        left = leave_out(analysis.fit, analysis.contrast, np.arange(12) == gone, ALL)
        assert left is not None
        refit = METHODS[method].without
        assert refit is not None
        fitted, rows = refit(analysis.fit, left)
        mine = differential.contrast_statistics(fitted, left.contrast)
        naive = _refit(analysis, gone).iloc[rows]
        near = (naive["pvalue"] < 0.2).to_numpy()
        ratio = np.log(mine["pvalue"][near] / naive["pvalue"][near])
        assert np.median(np.abs(ratio)) < apart
        assert np.abs(mine["log2FoldChange"] - naive["log2FoldChange"])[near].max() < 0.05


def test_weights_and_blocks_are_those_of_the_whole_fit() -> None:
    matrix = odd_matrix()
    sheet = builders.sheet(GROUPS, Centre=[f"c{i // 2}" for i in range(12)])
    analysis = analyse(matrix, sheet, contrast="poor-good", method="trend", block="Centre")
    assert analysis.fit.linear.correlation is not None
    left = leave_out(analysis.fit, analysis.contrast, np.arange(12) < 2, ALL)
    assert left is not None
    refit = METHODS["trend"].without
    assert refit is not None
    fitted, _ = refit(analysis.fit, left)
    assert np.array_equal(fitted.linear.correlation, analysis.fit.linear.correlation[2:, 2:])
    assert fitted.df_design == 8


def test_values_left_out_stay_out() -> None:
    matrix = odd_matrix()
    values = matrix.values.copy()
    values[200:215, 4] /= 2**9
    matrix = replace(matrix, values=values)
    design = make_design(builders.sheet(GROUPS))
    contrast = make_contrast(design, "poor-good")
    fitted = differential.fit(matrix, design, options=FitOptions(leave_out=True))
    assert fitted.settings["left_out"] > 0
    left = leave_out(fitted, contrast, np.arange(12) == 0, ALL)
    assert left is not None
    refit = METHODS["trend"].without
    assert refit is not None
    again, _ = refit(fitted, left)
    lost = (fitted.linear.weights < 1e-6)[:, 1:].sum(axis=1)
    assert np.array_equal(again.df_residual, 9.0 - lost)


def test_nothing_is_left_of_a_side_of_two() -> None:
    matrix = odd_matrix()
    few = matrix.select(samples=[f"s{i}" for i in (0, 1, 6, 7, 8)])
    sheet = builders.sheet(GROUPS).for_samples(few.samples)
    analysis = analyse(few, sheet, contrast="poor-good", method="trend")
    assert leave_out(analysis.fit, analysis.contrast, np.arange(5) == 0, ALL) is None
    assert leave_out(analysis.fit, analysis.contrast, np.arange(5) == 4, ALL) is not None


def test_hazards_without_a_tumour() -> None:
    matrix = odd_matrix()
    rng = np.random.default_rng(1)
    sheet = builders.sheet(
        GROUPS, TimeToProgression=list(rng.exponential(10, 12)), Progressed=[1, 0] * 6
    )
    analysis = analyse(matrix, sheet, method="cox", formula="~ 1", normalize="library_size")
    left = leave_out(analysis.fit, analysis.contrast, np.arange(12) == 3, np.arange(50))
    assert left is not None
    refit = METHODS["cox"].without
    assert refit is not None
    fitted, rows = refit(analysis.fit, left)
    mine = differential.contrast_statistics(fitted, left.contrast)["stat"]
    naive = analyse(
        matrix.select(samples=[s for s in matrix.samples if s != "s3"]),
        sheet.for_samples(tuple(s for s in matrix.samples if s != "s3")),
        method="cox", formula="~ 1", normalize="library_size",
    ).results["stat"]  # fmt: skip
    assert np.allclose(mine, naive.iloc[rows], atol=0.02, equal_nan=True)


def test_quasi_likelihood_of_many_units_keeps_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = odd_matrix(reads=True)
    analysis = analyse(
        matrix, builders.sheet(GROUPS), contrast="poor-good", method="ql", hidden="none",
        normalize="library_size",
    )  # fmt: skip
    near = np.flatnonzero(analysis.results["pvalue"] < 0.2)
    left = leave_out(analysis.fit, analysis.contrast, np.arange(12) == 8, near)
    refit = METHODS["ql"].without
    assert left is not None
    assert refit is not None
    whole, rows = refit(analysis.fit, left)
    monkeypatch.setattr("resist_epi.model.left_out.MOST_UNITS", 11)
    kept, same_rows = refit(analysis.fit, left)
    assert (rows == same_rows).all()
    one, other = (differential.contrast_statistics(f, left.contrast) for f in (whole, kept))
    assert np.allclose(one["log2FoldChange"], other["log2FoldChange"])
    ratio = np.log(one["pvalue"] / other["pvalue"])
    assert not np.allclose(ratio, 0)
    assert np.median(np.abs(ratio)) < 0.3
