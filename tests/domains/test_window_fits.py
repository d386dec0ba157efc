"""Windows of float32 are fitted a block at a time as the models fit them all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains import window_fits
from resist_epi.domains.window_fits import fit_windows, windows_with_signal
from resist_epi.genome.bins import genome_bins
from resist_epi.model.differential import contrast_statistics
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.hazards import hazard_contrast
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import make_sheet
from resist_epi.stats.groups import exchange
from resist_epi.stats.linear import outlying, responses, weights
from resist_epi.stats.rows import Rows, gathered
from tests.support.memory import peak_memory

N, UNITS = 3_000, 10


def cohort(quantity: str = "recovered_reads") -> tuple[CountMatrix, CountMatrix]:
    """Windows, as float32 and as float64 of the same numbers."""
    rng = np.random.default_rng(3)
    level = rng.gamma(2, 40, size=(N, 1)) * rng.lognormal(0, 0.3, size=(N, UNITS))
    level[:200, UNITS // 2 :] *= 2
    sizes = rng.uniform(0.7, 1.5, size=UNITS)
    values = rng.poisson(level * sizes).astype(np.float32) * np.float32(1.01)
    regions = genome_bins({"chr1": N * 2_000}, 2_000)
    samples = tuple(f"s{i}" for i in range(UNITS))
    single = CountMatrix(values, regions, samples, quantity, sizes * 1e6)
    return single, replace(single, values=values.astype(np.float64))


def question() -> tuple:
    table = {"SampleID": [f"s{i}" for i in range(UNITS)], "Factor": "H3K27me3"}
    table["Condition"] = ["good"] * (UNITS // 2) + ["poor"] * (UNITS // 2)
    design = make_design(make_sheet(pd.DataFrame(table)), "~ Condition")
    return design, make_contrast(design, "Condition:poor-good")


OPTIONS = {
    "plain": FitOptions(),
    "weights": FitOptions(weights=True, centred=True),
    "values left out": FitOptions(leave_out=True),
}


@pytest.mark.parametrize(
    ("method", "options"),
    [("trend", "plain"), ("trend", "weights"), ("trend", "values left out"), ("ql", "plain"),
     ("voom", "weights"), ("wilcoxon", "plain")],
)  # fmt: skip
def test_p_and_changes_are_those_of_the_models(
    method: str, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    single, double = cohort()
    design, contrast = question()
    chosen = OPTIONS[options]
    whole = contrast_statistics(fit_model(double, design, method=method, options=chosen), contrast)
    fitted = fit_windows(single, design, method=method, options=chosen)
    found = contrast_statistics(fitted, contrast)
    for name in ("log2FoldChange", "lfcSE", "pvalue"):
        np.testing.assert_allclose(found[name], whole[name], rtol=2e-4, atol=1e-6)
    if fitted.unweighted is not None:
        assert np.isfinite(contrast_statistics(fitted.unweighted, contrast)["pvalue"]).all()


def told_blocks(design):
    """The same design, whose units have a site, two units a site, and an outcome."""
    units = design.units.assign(
        Site=[f"p{i // 4}" for i in range(UNITS)],
        TimeToProgression=np.arange(UNITS) * 7.0 % 11 + 1,
        Progressed=[1, 1, 0, 1, 1] * (UNITS // 5),
    )
    return replace(design, units=units)


BY_ROWS = {
    "voom": ("voom", FitOptions()),
    "voom, weights": ("voom", FitOptions(weights=True, centred=True)),
    "voom, blocks": ("voom", FitOptions(block="Site")),
    "trend, blocks": ("trend", FitOptions(block="Site")),
    "trend, blocks and weights": ("trend", FitOptions(block="Site", weights=True, centred=True)),
    "values left out": ("trend", FitOptions(leave_out=True)),
    "values left out, blocks and weights": (
        "trend",
        FitOptions(leave_out=True, block="Site", weights=True, centred=True),
    ),
    "wilcoxon": ("wilcoxon", FitOptions()),
    "welch": ("welch", FitOptions()),
    "cox": ("cox", FitOptions()),
}


@pytest.mark.parametrize("copy_number", [False, True], ids=["plain", "copy number"])
@pytest.mark.parametrize("case", BY_ROWS)
def test_by_rows_in_blocks_of_any_size_as_at_once(
    case: str, copy_number: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, options = BY_ROWS[case]
    single, double = cohort()
    design, contrast = question()
    design = told_blocks(design)
    if method == "cox":
        contrast = hazard_contrast(design)
    if options.leave_out:
        gaps = np.random.default_rng(9).uniform(size=single.values.shape) < 0.03
        single, double = (replace(m, values=np.where(gaps, 0, m.values)) for m in (single, double))
        assert single.values.dtype == np.float32
        # What a typical scale is, the first block says, so these stay of one size.
        monkeypatch.setattr(outlying, "row_blocks", blocks_of((1 << 14) // UNITS))
    if copy_number:
        single, double = with_offsets(single, double)
    whole = fit_model(double, design, method=method, options=options)
    expected = contrast_statistics(whole, contrast)
    for block in (1 << 14, 1_000, 256):
        monkeypatch.setattr(responses, "_BLOCK", block)
        fitted = fit_windows(single, design, method=method, options=options)
        assert isinstance(fitted.linear.response, Rows)
        found = contrast_statistics(fitted, contrast)
        for name, values in expected.items():
            # In other blocks BLAS may add up in another order, which costs the last digits.
            np.testing.assert_allclose(found[name], values, rtol=1e-8, atol=1e-11, err_msg=name)
        np.testing.assert_array_equal(fitted.base_mean, whole.base_mean)
        correlation = whole.settings.get("block_correlation", 0.0)
        known = fitted.settings.get("block_correlation", 0.0)
        assert known == pytest.approx(correlation, rel=1e-12)
        assert fitted.settings.get("left_out") == whole.settings.get("left_out")
        assert ("left_out" in whole.settings) == options.leave_out


def with_offsets(single: CountMatrix, double: CountMatrix) -> tuple[CountMatrix, CountMatrix]:
    """The two with an offset a domain of 30 windows and unit: by rows, and laid out."""
    rng = np.random.default_rng(8)
    table = np.log(single.library_sizes) + rng.normal(0, 0.2, size=(N // 30, UNITS))
    member = np.arange(N) // 30
    return replace(single, offsets=gathered(table, member)), replace(double, offsets=table[member])


@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_offsets_by_rows_are_those_of_a_matrix(threshold: float) -> None:
    design, contrast = question()
    single, _ = cohort()
    by_rows, _ = with_offsets(single, single)
    laid_out = replace(by_rows, offsets=np.asarray(by_rows.offsets))
    for method in ("ql", "trend"):
        found, expected = (
            contrast_statistics(
                fit_windows(matrix, design, method=method), contrast, lfc_threshold=threshold
            )
            for matrix in (by_rows, laid_out)
        )
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=name)


# Each of them with most of what it may do.
LARGEST = (
    "voom, weights",
    "voom, blocks",
    "values left out, blocks and weights",
    "wilcoxon",
    "cox",
    "ql, copy number",
)


@pytest.mark.parametrize("case", LARGEST)
def test_no_matrix_of_all_windows_is_made(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Blocks small beside a matrix of all windows, also those of samples x samples a window.
    monkeypatch.setattr(responses, "_BLOCK", 256)
    monkeypatch.setattr(weights, "row_blocks", blocks_of(8))
    monkeypatch.setattr(exchange, "row_blocks", blocks_of(32))
    monkeypatch.setattr(outlying, "row_blocks", blocks_of(64))
    few, many, windows = 40, 100, 4_000
    peak_of(case, 10, 500)  # what is imported, whatever the number of windows
    grown = peak_of(case, many, windows) - peak_of(case, few, windows)
    one = 8 * windows * (many - few)  # by which one matrix of float64 grows; there were 4 to 8
    # Which values are left out is a byte each, told four times over.
    allowed = 0.75 if "left out" in case else 0.5
    assert grown < allowed * one, f"{grown / one:.2f} matrices"


def blocks_of(size: int) -> Callable[..., list[slice]]:
    return lambda n, width=1: [slice(a, min(a + size, n)) for a in range(0, n, size)]


def peak_of(case: str, units: int, n: int) -> int:
    """Bytes at most that fit and tests of n windows take beside the windows."""
    rng = np.random.default_rng(6)
    level = rng.gamma(2, 20, size=(n, 1)) * rng.lognormal(0, 0.4, size=(n, units))
    level[rng.uniform(size=level.shape) < 0.01] = 0
    values = rng.poisson(level).astype(np.float32)
    values.flags.writeable = False
    names = [f"s{i}" for i in range(units)]
    regions = genome_bins({"chr1": n * 2_000}, 2_000)
    single = CountMatrix(values, regions, tuple(names), "recovered_reads", np.full(units, 1e6))
    table = {"SampleID": names, "Factor": "H3K27me3", "Condition": ["good", "poor"] * (units // 2)}
    table["Site"] = [f"p{i // 4}" for i in range(units)]
    table["TimeToProgression"] = np.arange(units) + 1.0
    table["Progressed"] = (np.arange(units) % 7 == 0).astype(int)
    design = make_design(make_sheet(pd.DataFrame(table)), "~ Condition")
    contrast = make_contrast(design, "Condition:poor-good")
    method, options = BY_ROWS.get(case, ("ql", FitOptions()))
    if method == "ql":
        table = np.full((n // 100, units), np.log(1e6))
        single = replace(single, offsets=gathered(table, np.arange(n) // 100))
    if method == "cox":
        contrast = hazard_contrast(design)
    fit = partial(fit_windows, single, design, method=method, options=options)
    return peak_memory(lambda: contrast_statistics(fit(), contrast))[0]


def test_nothing_of_the_size_of_the_windows_is_kept_but_they_themselves() -> None:
    single, _ = cohort()
    design, _ = question()
    fitted = fit_windows(single, design, method="ql")
    assert fitted.model.data.counts is single.values
    assert fitted.linear.response.strides == (0, 0)
    trend = fit_windows(single, design, method="trend", options=OPTIONS["weights"])
    assert trend.linear.response.strides == (0, 0)


@pytest.mark.parametrize("options", ["plain", "weights"])
def test_spent_windows_are_fitted_to_the_bit_without_a_second_matrix(options: str) -> None:
    design, contrast = question()
    chosen = OPTIONS[options]
    kept, spent = cohort()[0], cohort()[0]
    before = kept.values.copy()
    expected = contrast_statistics(
        fit_windows(kept, design, method="trend", options=chosen), contrast
    )
    np.testing.assert_array_equal(kept.values, before)
    found = contrast_statistics(
        fit_windows(spent, design, method="trend", options=chosen, spend=True), contrast
    )
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_weights_of_spent_windows_take_no_second_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "_BLOCK", 256)
    monkeypatch.setattr(weights, "row_blocks", blocks_of(64))

    def at_most(units: int) -> int:
        rng = np.random.default_rng(6)
        values = rng.gamma(2, 20, size=(8_000, units)).astype(np.float32)
        values.flags.writeable = False
        names = [f"s{i}" for i in range(units)]
        regions = genome_bins({"chr1": 8_000 * 2_000}, 2_000)
        windows = CountMatrix(values, regions, tuple(names), "recovered_reads", np.ones(units))
        table = {"SampleID": names, "Factor": "H3K27me3", "Condition": ["a", "b"] * (units // 2)}
        design = make_design(make_sheet(pd.DataFrame(table)), "~ Condition")
        return peak_memory(
            lambda: fit_windows(
                windows, design, method="trend", options=OPTIONS["weights"], spend=True
            )
        )[0]

    at_most(20)
    grown = at_most(120) - at_most(40)
    assert grown < 0.4 * 4 * 8_000 * 80, f"{grown / (4 * 8_000 * 80):.2f} matrices"


def test_the_filter_in_blocks_is_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    single, double = cohort("reads")
    kept, rule = windows_with_signal(single, min_units=5)
    expected, words = regions_with_signal(double, min_units=5)
    assert (kept == expected).all()
    assert rule == words
    monkeypatch.setattr(
        window_fits, "row_blocks", lambda n: (slice(a, min(a + 70, n)) for a in range(0, n, 70))
    )
    assert (windows_with_signal(single, min_units=5)[0] == expected).all()
