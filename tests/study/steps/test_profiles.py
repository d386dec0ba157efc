"""Which profiles a report shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.study.steps.profiles import (
    MOST,
    most_regions,
    shown_regions,
    tss_of_promoters,
)


def test_what_the_report_shows() -> None:
    n = 2000
    rng = np.random.default_rng(2)
    results = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(n) * 10,
            "end": np.arange(n) * 10 + 5,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "baseMean": np.where(np.arange(n) % 2, 1.0, 0.0),
            "shrunkenLog2FoldChange": rng.normal(size=n),
            "svalue": 0.01,
            "direction": ["gain"] * 1000 + ["loss"] * 3 + ["none"] * 997,
        }
    )
    shown = shown_regions([results])
    assert shown["direction"].value_counts().to_dict() == {"gain": MOST, "none": MOST, "loss": 3}
    kept = set(shown.loc[shown["direction"] == "gain", "region_id"])
    size = results.set_index("region_id")["shrunkenLog2FoldChange"].abs()[:1000]
    assert size[list(kept)].min() >= size[~size.index.isin(kept)].max()
    others = shown.loc[shown["direction"] == "none", "region_id"].str[1:].astype(int)
    assert (others % 2 == 1).all()
    assert shown_regions([results.iloc[:0]]).empty


def test_of_several_contrasts_the_one_that_supports_a_region_best_speaks() -> None:
    n = 3 * MOST
    rows = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(n) * 10,
            "end": np.arange(n) * 10 + 5,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "baseMean": 1.0,
            "shrunkenLog2FoldChange": 0.1,
            "svalue": 0.04,
            "direction": "gain",
        }
    )
    first = rows.assign(shrunkenLog2FoldChange=np.where(np.arange(n) < MOST / 2, 2.0, 0.1))
    second = rows.assign(shrunkenLog2FoldChange=np.where(np.arange(n) >= n - MOST / 2, -2.0, 0.1))
    shown = shown_regions([first, second])
    assert set(shown["direction"]) == {"called"}
    kept = set(shown["region_id"].str[1:].astype(int))
    assert kept == set(range(MOST // 2)) | set(range(n - MOST // 2, n))


def test_the_tss_of_a_promoter_is_told_by_its_window() -> None:
    regions = pd.DataFrame({
        "start": [7_500, 9_501, 0, 7_500], "end": [10_500, 12_501, 700, 14_000],
        "strand": ["+", "-", "+", "+"],
    })  # fmt: skip
    # Windows of 2,500 bp upstream and 500 bp downstream; one cut by the chromosome, one merged.
    found = tss_of_promoters(regions, 2500, 500)
    assert found["start"].tolist() == [10_000, 10_000, 200, 10_000]
    assert (found["end"] - found["start"] == 1).all()


def test_of_many_libraries_fewer_regions_are_shown() -> None:
    assert [most_regions(n) for n in (1, 60, 61, 120, 400, 10_000)] == [400, 400, 393, 200, 60, 50]
    n = 900
    results = pd.DataFrame(
        {
            "chrom": "chr1", "start": np.arange(n) * 1000, "end": np.arange(n) * 1000 + 500,
            "strand": "+", "region_id": [f"r{i}" for i in range(n)], "baseMean": 1.0,
            "direction": ["gain"] * 300 + ["none"] * 600, "pvalue": np.linspace(0, 1, n),
            "padj": np.linspace(0, 1, n), "log2FoldChange": 1.0, "svalue": np.linspace(0, 1, n),
            "lfcSE": 0.1, "stat": 1.0, "shrunkenLog2FoldChange": 1.0,
        }
    )  # fmt: skip
    shown = shown_regions([results], most=50)
    assert shown["direction"].value_counts().to_dict() == {"gain": 50, "none": 50}
