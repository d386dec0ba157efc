"""What records show in a notebook: facts, never arrays, and no markup of the user's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.io.shown import Shown
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import make_sheet


def matrix(n: int = 6) -> CountMatrix:
    regions = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(400) * 5000,
            "end": np.arange(400) * 5000 + 2000,
            "strand": ".",
            "region_id": [f"r{i}" for i in range(400)],
            "gene_id": "",
            "symbol": "",
            "kind": "promoters",
        }
    )
    values = np.random.default_rng(1).poisson(50, size=(400, n)).astype(np.float64)
    return CountMatrix(values, regions, tuple(f"T{i}" for i in range(n)), "reads", np.full(n, 1e6))


def sheet(n: int = 6, condition: str = "poor") -> pd.DataFrame:
    groups = [condition if i % 2 else "good" for i in range(n)]
    ids = [f"T{i}" for i in range(n)]
    return pd.DataFrame({"SampleID": ids, "Factor": "H3K27me3", "Condition": groups})


def short(shown: Shown) -> str:
    text = repr(shown)
    assert len(text) < 900
    assert "array(" not in text
    return text


def test_counts() -> None:
    text = short(matrix())
    assert text.startswith("CountMatrix: 400 regions x 6 samples")
    assert "reads" in text
    assert "T0, T1" in text
    assert "T5" in short(matrix())
    assert "and 34 more" in short(matrix(40))


def test_a_sheet() -> None:
    text = short(make_sheet(sheet()))
    assert text.startswith("SampleSheet: 6 libraries")
    assert "H3K27me3 (6)" in text
    assert "good (3), poor (3)" in text


def test_a_fit_says_its_coefficients() -> None:
    found = analyse(matrix(), make_sheet(sheet()), contrast="poor-good", normalize="tmm")
    text = short(found.fit)
    assert "Intercept, Condition[T.poor]" in text
    assert "of 400 regions" in text


def test_a_profile() -> None:
    profile = ProfileMatrix(
        {"T1": np.zeros((3, 40))}, pd.DataFrame({"chrom": ["chr1"] * 3}), 50, 1000, 1000
    )
    text = short(profile)
    assert text.startswith("ProfileMatrix: 3 regions x 40 bins")
    assert "TSS: 1,000 bp before and 1,000 bp after" in text


def test_names_are_no_markup() -> None:
    html = make_sheet(sheet(condition="<script>x</script>"))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_analysis() -> None:
    values = np.random.default_rng(3).lognormal(4, 0.1, size=(400, 6))
    values[:5, 1::2] *= 6
    made = replace(matrix(), values=values, quantity="mean_signal")
    analysis = analyse(made, make_sheet(sheet()), contrast="poor-good")
    text = short(analysis)
    assert text.startswith("Analysis: 5 gain and 0 lose of 400 tested regions (of 400)")
    assert "poor minus good" in text
    assert "<table>" in analysis._repr_html_()
    alone = analyse(made, make_sheet(sheet()), fold_changes="always")
    assert short(alone).startswith("Analysis: fold changes of 400 regions, without a test")
