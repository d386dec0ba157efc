"""Windows of float32 are fitted a block at a time as the models fit them all at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains import window_fits
from resist_epi.domains.window_fits import fit_windows, windows_with_signal
from resist_epi.genome.regions import genome_bins
from resist_epi.model.differential import contrast_statistics
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.linear_models import FitOptions
from resist_epi.samples.design import make_contrast, make_design
from resist_epi.samples.sheet import make_sheet

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


def test_nothing_of_the_size_of_the_windows_is_kept_but_they_themselves() -> None:
    single, _ = cohort()
    design, _ = question()
    fitted = fit_windows(single, design, method="ql")
    assert fitted.model.data.counts is single.values
    assert fitted.linear.response.strides == (0, 0)
    trend = fit_windows(single, design, method="trend", options=OPTIONS["weights"])
    assert trend.linear.response.strides == (0, 0)


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
