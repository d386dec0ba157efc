"""Every test of the registry: truth found, nulls quiet, and what each refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError, QuantityError
from resist_epi.model.analysis import analyse
from resist_epi.model.differential import METHODS, choose_method, contrast_results, f_results, fit
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.normalization import normalize
from resist_epi.samples.design import make_contrast, make_design
from tests.support.builders import matrix, planted, regions, sheet

GROUP_METHODS = [m for m in METHODS if m != "cox"]


def counts(
    *, per_group: int = 6, n: int = 300, changed: int = 30, fold: float = 4.0, seed: int = 4
) -> CountMatrix:
    """Negative binomial reads; the first `changed` regions are higher in the second half."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(2, 60, size=(n, 1)) * np.ones(2 * per_group)
    mean[:changed, per_group:] *= fold
    reads = rng.negative_binomial(20, 20 / (20 + mean)).astype(float)
    sizes = np.full(2 * per_group, 1e6)
    names = tuple(f"s{i}" for i in range(2 * per_group))
    return CountMatrix(reads, regions(n), names, "reads", sizes)


def groups(per_group: int) -> list[str]:
    return ["good"] * per_group + ["poor"] * per_group


@pytest.mark.parametrize("method", GROUP_METHODS)
def test_planted_changes_are_found(method: str) -> None:
    made = counts(per_group=8, fold=8.0)
    results = analyse(made, sheet(groups(8)), method=method).results
    found = (results["direction"] == "gain").to_numpy()
    assert found[:30].mean() > 0.9
    assert found[30:].sum() <= 0.15 * found.sum()
    near = results.loc[:29, "log2FoldChange"] - 3
    assert near.abs().median() < 0.35


@pytest.mark.parametrize("method", GROUP_METHODS)
def test_nulls_are_calibrated(method: str) -> None:
    p = np.concatenate(
        [
            analyse(counts(per_group=8, changed=0, seed=s), sheet(groups(8)), method=method)
            .results["pvalue"]
            .dropna()
            .to_numpy()
            for s in range(6)
        ]
    )
    # 1,800 regions: four standard errors of .05 are .021. The exact rank test may be below.
    assert (p <= 0.05).mean() <= 0.05 + 0.021
    if method != "wilcoxon":
        assert (p <= 0.05).mean() >= 0.05 - 0.021


@pytest.mark.parametrize("method", GROUP_METHODS)
def test_swapping_the_groups_flips_the_signs(method: str) -> None:
    made, rows = counts(n=60), sheet(groups(6))
    one = analyse(made, rows, method=method, contrast="poor-good").results
    other = analyse(made, rows, method=method, contrast="good-poor").results
    np.testing.assert_allclose(one["log2FoldChange"], -other["log2FoldChange"], atol=1e-9)
    np.testing.assert_allclose(one["pvalue"], other["pvalue"], rtol=1e-6)
    np.testing.assert_allclose(one["stat"], -other["stat"], rtol=1e-6)


@pytest.mark.parametrize("method", ["trend", "voom", "ql", "welch"])
def test_intervals_hold_the_truth(method: str) -> None:
    made = counts(per_group=6, n=1500, changed=1500, fold=2.0)
    found = analyse(made, sheet(groups(6)), method=method, normalize="library_size")
    results = found.results.dropna(subset=["ci_low"])
    held = (results["ci_low"] <= 1) & (results["ci_high"] >= 1)
    # Trend's prior draws regions with hardly any reads a little towards no change.
    assert abs(held.mean() - 0.95) < 0.03


@pytest.mark.parametrize(
    ("quantity", "sizes", "fragment", "expected"),
    [
        ("mean_signal", (6, 6), None, "trend"),
        ("coverage_sum", (3, 3), None, "trend"),
        ("reads", (4, 9), None, "ql"),
        ("reads", (5, 5), None, "voom"),
        ("recovered_reads", (3, 3), 200.0, "ql"),
        ("recovered_reads", (6, 6), 200.0, "voom"),
        ("recovered_reads", (6, 6), 201.0, "trend"),
        ("recovered_reads", (6, 6), None, "trend"),
    ],
)
def test_the_default_follows_quantity_and_group_size(
    quantity: str, sizes: tuple[int, int], fragment: float | None, expected: str
) -> None:
    made = matrix(np.ones((3, 12)), quantity=quantity)
    assert choose_method(made, sizes, fragment_length=fragment)[0] == expected


def test_the_choice_and_its_reason_stand_in_the_header() -> None:
    made = counts(n=60)
    few = analyse(made.select(samples=made.samples[3:9]), sheet(groups(6)))
    assert few.header["method"].startswith("ql: ")
    assert "chosen: counts, and 3 units in the smaller group" in few.header["method"]
    many = analyse(made, sheet(groups(6)))
    assert many.header["method"].startswith("voom: ")
    assert "units weighted by REML" in many.header["method"]


def test_signal_is_no_count() -> None:
    with pytest.raises(QuantityError, match="ql needs reads or recovered_reads; this matrix holds"):
        analyse(planted(n=20), sheet(groups(4)), method="ql")


def test_weights_from_five_units_a_group_with_the_unweighted_result_beside() -> None:
    noisy = planted(n=400, per_group=6, changed=40, change=1.0)
    values = noisy.values.copy()
    values[:, 0] *= 2 ** np.random.default_rng(1).normal(0, 1.5, size=len(values))
    noisy = replace(noisy, values=values)
    results = analyse(noisy, sheet(groups(6)))
    assert results.fit.weights is not None
    assert results.fit.weights.argmin() == 0
    table = results.results
    assert (table["padj"] < 0.05)[:40].sum() > (table["padj_unweighted"] < 0.05)[:40].sum()
    few = analyse(planted(n=50, per_group=4), sheet(groups(4)))
    assert few.fit.weights is None
    assert "pvalue_unweighted" not in few.results


@pytest.mark.parametrize("method", ["voom", "ql"])
def test_a_threshold_is_a_harder_question(method: str) -> None:
    made, rows = counts(), sheet(groups(6))
    plain = analyse(made, rows, method=method).results["pvalue"]
    harder = analyse(made, rows, method=method, lfc_threshold=1.0)
    assert ((harder.results["pvalue"] - plain).dropna() >= -1e-12).all()
    assert "|log2FoldChange| <= 1" in harder.header["threshold"]
    with pytest.raises(DesignError, match="no test against a threshold"):
        analyse(made, rows, method="welch", lfc_threshold=1.0)


def test_f_of_two_contrasts_asks_whether_any_group_differs() -> None:
    rng = np.random.default_rng(2)
    level = rng.normal(5, 2, size=(200, 1)) + rng.normal(0, 0.2, size=(200, 12))
    level[:20, 8:] += 2
    made = normalize(matrix(2.0**level, library_sizes=np.ones(12)))
    design = make_design(sheet(["a"] * 4 + ["b"] * 4 + ["c"] * 4))
    contrasts = [make_contrast(design, "b-a"), make_contrast(design, "c-a")]
    table = f_results(fit(made, design), contrasts)
    assert (table["padj"] < 0.05)[:20].all()
    assert table["df1"].eq(2).all()
    flat = f_results(fit(made, design), [contrasts[0]])
    single = contrast_results(fit(made, design), contrasts[0])
    np.testing.assert_allclose(flat["pvalue"], single["pvalue"], rtol=1e-9)
    np.testing.assert_allclose(flat["F"], single["stat"] ** 2, rtol=1e-9)


def test_blocks_make_pairs_count() -> None:
    rng = np.random.default_rng(3)
    patient = rng.normal(0, 1.0, size=(300, 6))
    noise = rng.normal(0, 0.2, size=(300, 12))
    level = rng.normal(6, 1, size=(300, 1)) + np.tile(patient, 2) + noise
    level[:30, 6:] += 0.6
    made = matrix(2.0**level, library_sizes=np.ones(12))
    rows = sheet(["before"] * 6 + ["after"] * 6, Patient=[f"p{i % 6}" for i in range(12)])
    alone = analyse(made, rows, contrast="after-before").results
    blocked = analyse(made, rows, contrast="after-before", block="patient")
    assert (blocked.results["padj"] < 0.05)[:30].sum() > (alone["padj"] < 0.05)[:30].sum() + 10
    assert blocked.fit.settings["block_correlation"] > 0.7
    assert "Patient as a random effect" in blocked.header["method"]
    with pytest.raises(DesignError, match="another level in every unit"):
        analyse(made, sheet(groups(6), Batch=[str(i) for i in range(12)]), block="Batch")


def test_one_residual_degree_of_freedom_and_perfect_separation() -> None:
    tiny = counts(per_group=2, n=50).select(samples=["s0", "s1", "s2"])
    design = make_design(sheet(["good", "good", "poor", "poor"]).for_samples(tiny.samples))
    for method in ("ql", "voom", "trend"):
        table = contrast_results(
            fit(normalize(tiny), design, method=method, options=FitOptions()),
            make_contrast(design),
        )
        assert table["pvalue"].between(0, 1).all()
    reads = np.vstack([np.r_[np.zeros(4), np.full(4, 200.0)], counts(per_group=4, n=60).values])
    names = tuple(f"s{i}" for i in range(8))
    apart = CountMatrix(reads, regions(61), names, "reads", np.full(8, 1e6))
    table = analyse(apart, sheet(groups(4)), method="ql").results
    assert np.isfinite(table.loc[0, "log2FoldChange"])
    assert table.loc[0, "padj"] < 0.05
    assert (table["ci_low"] <= table["log2FoldChange"]).all()


def tenfold(per_group: int) -> CountMatrix:
    """20 i reads against 2 i, of libraries of one size, and a region that is hardly there."""
    reads = np.arange(1.0, 201)[:, None] * ([2.0] * per_group + [20.0] * per_group)
    reads[0] = [1.0] * per_group + [0.0] * per_group
    return matrix(reads, quantity="reads", library_sizes=np.full(2 * per_group, 1e6))


@pytest.mark.parametrize("per_group", [1, 2])
def test_without_a_test_fold_changes_are_the_methods_own(per_group: int) -> None:
    counts = tenfold(per_group)
    rows = sheet(["poor"] * per_group + ["good"] * per_group)
    asked = {"contrast": "poor-good", "normalize": "library_size", "fold_changes": "always"}

    def change(method: str) -> FloatArray:
        table = analyse(counts, rows, method=method, **asked).results
        assert table["pvalue"].isna().all()
        assert (table["direction"] == "none").all()
        np.testing.assert_allclose(table["baseMean"], counts.values.mean(axis=1))
        return table["log2FoldChange"].to_numpy()

    np.testing.assert_allclose(change("ql")[1:], np.log2(0.1), atol=0.12)
    assert change("ql")[0] == pytest.approx(np.log2(1.125 / 0.125), abs=0.01)
    low, high = counts.values[:, 0], counts.values[:, -1]
    np.testing.assert_allclose(change("voom"), np.log2((low + 0.5) / (high + 0.5)), atol=1e-9)
    for method in ("trend", "welch", "wilcoxon"):
        said = analyse(counts, rows, method=method, **asked).header["fold changes"]
        prior = float(said.removeprefix("from log2(value + ").removesuffix(")"))
        expected = np.log2((low + prior) / (high + prior))
        np.testing.assert_allclose(change(method), expected, atol=1e-3)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_fold_changes_are_the_same_with_and_without_a_test(method: str) -> None:
    rng = np.random.default_rng(8)
    reads = rng.negative_binomial(5, 0.1, size=(300, 12)) * 1.0
    reads[:60] = rng.poisson(0.4, size=(60, 12))  # not tested
    reads[:20, :6] = 0
    counts = matrix(reads, quantity="reads", library_sizes=rng.uniform(1e6, 2e6, 12))
    times = {"TimeToProgression": list(range(1, 13)), "Progressed": [1, 0] * 6}
    rows = sheet(["good"] * 6 + ["poor"] * 6, **times)
    tested, plain = (
        analyse(counts, rows, method=method, fold_changes=how).results
        for how in ("never", "always")
    )
    assert plain["pvalue"].isna().all()
    pd.testing.assert_series_equal(tested["log2FoldChange"], plain["log2FoldChange"])
    pd.testing.assert_series_equal(tested["baseMean"], plain["baseMean"])
    assert plain["log2FoldChange"].notna().sum() >= 200


def test_regions_that_were_not_tested_have_the_count_models_fold_change() -> None:
    counts = tenfold(3)
    values = counts.values.copy()
    values[1:] += np.arange(6)  # no two libraries are one
    found = analyse(
        replace(counts, values=values),
        sheet(["good"] * 3 + ["poor"] * 3),
        method="ql",
        normalize="library_size",
    )
    assert not found.fit.tested[0]
    untested = found.results["log2FoldChange"][0]
    assert untested == pytest.approx(np.log2(0.125 / 1.125), abs=0.01)
