"""The trend test: planted truth, a null, symmetry and edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.model.differential import contrast_results, differential, fit, fold_changes
from resist_epi.model.fit import Fit
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import Contrast, make_contrast, make_design
from resist_epi.schema import RESULTS, SHRUNKEN, names
from resist_epi.stats.best_supported import order_of_support
from tests.support.builders import matrix, planted, sheet


def run(counts: CountMatrix, contrast: str = "poor-good") -> pd.DataFrame:
    half = len(counts.samples) // 2
    rows = sheet(["good"] * half + ["poor"] * half).for_samples(counts.samples)
    design = make_design(rows)
    return differential(normalize(counts), design, make_contrast(design, contrast))[0]


def fitted_reads(method: str) -> tuple[Fit, Contrast]:
    made = planted(per_group=6, noise=0.4)
    reads = np.random.default_rng(1).poisson(made.values * 5).astype(np.float64)
    counts = replace(made, values=reads, quantity="reads", library_sizes=reads.sum(axis=0))
    design = make_design(sheet(["good"] * 6 + ["poor"] * 6).for_samples(counts.samples))
    fitted = fit(normalize(counts, "library_size"), design, method=method)
    return fitted, make_contrast(design, "poor-good")


def test_planted_gains_are_found_with_their_size() -> None:
    table = run(planted())
    assert list(table.columns[: len(RESULTS)]) == names(RESULTS)
    gained = table["direction"] == "gain"
    assert gained[:40].all()
    strong = table["baseMean"][:40] > table["baseMean"].median()
    assert (table.loc[:39, "log2FoldChange"][strong] - 3).abs().max() < 0.5
    called = table["direction"] != "none"
    assert called[40:].sum() <= 0.15 * called.sum()


def test_shrunken_changes_follow_and_point_at_what_changes() -> None:
    table = run(planted())
    at = list(table.columns).index("direction")
    assert list(table.columns[at + 1 : at + 3]) == names(SHRUNKEN)
    raw, shrunken = table["log2FoldChange"], table["shrunkenLog2FoldChange"]
    assert (shrunken.abs() <= raw.abs() + 1e-12).all()
    best = order_of_support(table)[:30]
    assert (best < 40).all()
    supported = table["svalue"] <= 0.05
    assert supported[:40].mean() > 0.9
    assert supported[40:].sum() <= 0.15 * supported.sum()
    assert not (run(planted(changed=0))["svalue"] <= 0.05).any()


@pytest.mark.parametrize("method", ["trend", "voom", "ql", "welch"])
def test_every_method_with_an_error_shrinks(method: str) -> None:
    table = contrast_results(*fitted_reads(method))
    assert table["svalue"].notna().equals(table["lfcSE"].notna())
    assert (table["svalue"] <= 0.05)[:40].mean() > 0.5
    # The evidence is that of the test.
    called, clear = table["padj"] <= 0.01, table["svalue"] <= 0.05
    assert (called & clear).sum() >= 0.9 * called.sum()


def test_without_an_error_nothing_is_shrunk() -> None:
    table = contrast_results(*fitted_reads("wilcoxon"))
    assert table[names(SHRUNKEN)].isna().all(axis=None)


def test_a_threshold_changes_no_shrunken_change_and_it_can_be_left_out() -> None:
    fitted, contrast = fitted_reads("trend")
    plain = contrast_results(fitted, contrast)
    beyond = contrast_results(fitted, contrast, lfc_threshold=0.5)
    assert (beyond["pvalue"] >= plain["pvalue"]).all()
    for name in names(SHRUNKEN):
        assert beyond[name].equals(plain[name])
    without = contrast_results(fitted, contrast, shrunken=False)
    assert without[names(SHRUNKEN)].isna().all(axis=None)
    assert without[names(RESULTS)].equals(plain[names(RESULTS)])


def test_a_null_is_calibrated() -> None:
    p = np.concatenate([run(planted(changed=0, seed=s, n=1000))["pvalue"] for s in range(5)])
    # 5,000 independent regions: four standard errors of a share of .05.
    assert abs((p <= 0.05).mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / len(p))
    assert stats.kstest(p, "uniform").pvalue > 1e-4


def test_swapping_the_groups_flips_the_signs() -> None:
    counts = planted()
    one, other = run(counts), run(counts, "good-poor")
    np.testing.assert_allclose(one["log2FoldChange"], -other["log2FoldChange"])
    np.testing.assert_allclose(one["pvalue"], other["pvalue"])
    np.testing.assert_allclose(one["ci_low"], -other["ci_high"])
    assert set(other.loc[:39, "direction"]) == {"loss"}


def test_the_order_of_samples_and_regions_does_not_matter() -> None:
    counts = planted(n=100)
    rng = np.random.default_rng(3)
    rows = rng.permutation(100)
    columns = [counts.samples[i] for i in rng.permutation(8)]
    shuffled = run(counts.select(regions=rows, samples=columns)).set_index("region_id")
    straight = run(counts).set_index("region_id")
    expected = straight["pvalue"].loc[shuffled.index]
    np.testing.assert_allclose(shuffled["pvalue"], expected, rtol=1e-8)


def test_scaling_a_library_with_its_size_changes_nothing() -> None:
    counts = planted(n=100)
    factor = np.array([1, 5, 1, 1, 1, 1, 0.2, 1])
    scaled = replace(
        counts, values=counts.values * factor, library_sizes=counts.library_sizes * factor
    )
    np.testing.assert_allclose(
        run(scaled)["log2FoldChange"], run(counts)["log2FoldChange"], atol=1e-10
    )


def test_the_unit_of_the_signal_does_not_matter() -> None:
    counts = planted(n=100)
    tiny = replace(counts, values=counts.values * 1e-6)
    np.testing.assert_allclose(run(tiny)["pvalue"], run(counts)["pvalue"], rtol=1e-6)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    table = run(planted(n=4000, changed=4000, change=1.0, per_group=5, seed=7))
    # The prior shrinks what has hardly any signal: the promise is for ordinary regions.
    strong = table[table["baseMean"] > table["baseMean"].median()]
    held = (strong["ci_low"] <= 1) & (strong["ci_high"] >= 1)
    assert abs(held.mean() - 0.95) < 0.02


def test_all_zero_regions_stay_without_p_and_outside_the_correction() -> None:
    counts = planted(n=100)
    values = counts.values.copy()
    values[50:60] = 0
    table = run(replace(counts, values=values))
    assert table.loc[50:59, "pvalue"].isna().all()
    assert table.loc[50:59, "padj"].isna().all()
    assert (table.loc[50:59, "direction"] == "none").all()
    tested = table["pvalue"].notna()
    expected = stats.false_discovery_control(table.loc[tested, "pvalue"])
    np.testing.assert_allclose(table.loc[tested, "padj"], expected)


def test_one_region_and_one_residual_degree_of_freedom() -> None:
    table = run(matrix([[1, 2, 8, 16]], library_sizes=[1, 1, 1, 1]))
    assert table["pvalue"].between(0, 1).all()
    three = matrix([[1, 2, 8], [3, 4, 2], [5, 5, 6]], library_sizes=[1, 1, 1])
    design = make_design(sheet(["good", "good", "poor"]))
    fitted = fit(normalize(three), design)
    assert contrast_results(fitted, make_contrast(design))["pvalue"].notna().all()


def test_identical_samples_do_not_crash() -> None:
    table = run(matrix(np.ones((5, 4)), library_sizes=np.ones(4)))
    assert (table["log2FoldChange"].abs() < 1e-12).all()
    assert not (table["padj"] < 0.05).any()


def test_a_group_of_one_is_refused_but_has_fold_changes() -> None:
    counts = normalize(planted(n=20, per_group=1))
    design = make_design(sheet(["good", "poor"]))
    contrast = make_contrast(design)
    with pytest.raises(DesignError, match="--fold-changes-only"):
        differential(counts, design, contrast)
    table = fold_changes(fit(counts, design), contrast)
    assert table["log2FoldChange"].notna().all()
    assert table[["lfcSE", "stat", "pvalue", "padj", "ci_low"]].isna().all().all()


def test_unknown_method_and_foreign_units() -> None:
    counts = normalize(planted(n=20))
    design = make_design(sheet(["good"] * 4 + ["poor"] * 4))
    with pytest.raises(DesignError, match="unknown method 'deseq'; expected one of trend"):
        fit(counts, design, method="deseq")
    with pytest.raises(DesignError, match="are not the matrix's"):
        fit(counts.select(samples=counts.samples[::-1]), design)


def test_rows_without_any_variance_have_no_p() -> None:
    flat = matrix(np.tile([[1.0, 1, 8, 8], [3, 3, 3, 3]], (10, 1)), library_sizes=np.ones(4))
    table = run(flat)
    assert table[["lfcSE", "stat", "pvalue", "padj"]].isna().all().all()
    assert (table["direction"] == "none").all()
