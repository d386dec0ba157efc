"""Figures along the genome: every region at its place, arms named where they shift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_copy_number, plot_genome


def results(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    chrom = np.repeat(["chr10", "chr2", "chrX"], n // 3)
    start = np.tile(np.arange(n // 3) * 10_000, 3)
    change = rng.normal(0, 0.3, n)
    direction = np.where(change > 0.7, "gain", np.where(change < -0.7, "loss", "none"))
    return pd.DataFrame(
        {
            "chrom": chrom,
            "start": start,
            "end": start + 1000,
            "log2FoldChange": change,
            "direction": direction,
        }
    )


def arms() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["2p", "2q", "10q"],
            "chrom": ["chr2", "chr2", "chr10"],
            "log2FoldChange": [0.4, 0.0, -0.1],
            "shifted": [True, False, False],
            "varies": [False, False, True],
        }
    )


def points(ax: Axes) -> np.ndarray:
    return np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])


def test_every_region_stands_at_its_place() -> None:
    table = results()
    ax = plot_genome(table)
    assert len(points(ax)) == 300
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "10", "X"]
    # chr2 comes first, then chr10, then X, apart from one another.
    x = np.sort(points(ax)[:, 0])
    assert np.allclose(x[:100], np.arange(100) * 10_000 + 500)
    assert (np.diff(x[[99, 100]]) > 10_000).all()


def test_arms_that_shift_are_named_and_drawn_over_their_half() -> None:
    ax = plot_genome(results(), arms=arms(), borders={"chr2": 400_000, "chr10": 300_000})
    assert {t.get_text() for t in ax.texts if isinstance(t, Annotation)} == {"2p", "10q"}
    lines = {line.get_gid(): line for line in ax.lines if line.get_gid()}
    assert set(lines) == {"arm 2p", "arm 2q", "arm 10q"}
    assert np.allclose(lines["arm 2p"].get_xdata(), [0, 400_000])
    assert np.allclose(lines["arm 2q"].get_xdata(), [400_000, 991_000])
    assert np.allclose(lines["arm 2p"].get_ydata(), 0.4)


def test_whole_chromosomes_where_arms_are_unknown() -> None:
    table = arms().assign(arm=["chr2", "chrX", "chr10"], chrom=["chr2", "chrX", "chr10"])
    ax = plot_genome(results(), arms=table)
    line = next(line for line in ax.lines if line.get_gid() == "arm chr2")
    assert np.allclose(line.get_xdata(), [0, 991_000])


def test_extreme_values_stand_on_the_edge() -> None:
    table = results()
    table.loc[0, "log2FoldChange"] = 50.0
    ax = plot_genome(table)
    assert points(ax)[:, 1].max() <= ax.get_ylim()[1]
    table["log2FoldChange"] = np.nan
    assert "no fold changes" in [t.get_text() for t in plot_genome(table).texts]


def test_samples_stand_in_rows_with_their_segments() -> None:
    segments = pd.DataFrame(
        {
            "sample": ["T1", "T1", "T2"],
            "chrom": ["chr1", "chr2", "chr1"],
            "start": [0, 0, 0],
            "end": [100, 50, 100],
            "log2_ratio": [0.0, 1.0, -9.0],
        }
    )
    ax = plot_copy_number(segments)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["T1", "T2"]
    bars = [c for c in ax.collections if len(c.get_paths())]
    assert [len(c.get_paths()) for c in bars[:2]] == [2, 1]
    gained, normal = (np.asarray(bars[0].get_facecolor())[i] for i in (1, 0))
    assert gained[0] > gained[2]  # orange: more red than blue
    assert np.ptp(normal[:3]) < 0.05
    assert "no segments" in [t.get_text() for t in plot_copy_number(segments.iloc[:0]).texts]


def test_missing_columns_are_named() -> None:
    with pytest.raises(InputFormatError, match="direction"):
        plot_genome(results().drop(columns="direction"))
    with pytest.raises(InputFormatError, match="log2_ratio"):
        plot_copy_number(pd.DataFrame({"sample": [], "chrom": [], "start": [], "end": []}))
