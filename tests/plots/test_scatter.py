"""MA, volcano and P histogram: labels and data, not pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_ma, plot_pvalues, plot_volcano
from tests.support import simulated

SCATTERS = [plot_ma, plot_volcano]


def drawn(ax: Axes) -> np.ndarray:
    """All points of the Axes."""
    return np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])


def named(ax: Axes) -> list[str]:
    return [t.get_text() for t in ax.texts if isinstance(t, Annotation)]


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [t.get_text() for t in found.get_texts()]


@pytest.mark.parametrize("plot", SCATTERS)
def test_every_region_is_drawn_and_counted_by_direction(plot: Callable[..., Axes]) -> None:
    table = simulated.results(3000)
    ax = plot(table)
    assert len(drawn(ax)) == 3000
    count = table["direction"].value_counts()
    assert legend(ax) == [f"{d} ({count[d]:,})" for d in ("gain", "loss", "none")]


@pytest.mark.parametrize("plot", SCATTERS)
def test_points_are_bitmaps_in_vector_files(plot: Callable[..., Axes]) -> None:
    assert all(c.get_rasterized() for c in plot(simulated.results(100)).collections)


def test_the_volcano_shows_fold_change_and_p() -> None:
    table = simulated.results(200, changed=0.1)
    ax = plot_volcano(table)
    points = drawn(ax)
    inside = np.abs(points[:, 0]) < np.abs(points[:, 0]).max()
    expected = pd.Series(-np.log10(table["pvalue"].to_numpy()), index=table["log2FoldChange"])
    for x, y in points[inside]:
        assert np.isclose(expected.loc[expected.index[np.argmin(np.abs(expected.index - x))]], y)
    assert "fold change" in ax.get_xlabel()
    assert "P" in ax.get_ylabel()


def test_the_trend_of_the_fold_changes_along_the_mean_is_drawn() -> None:
    """A normalisation that does not fit every level shows as a line that leaves zero."""
    table = simulated.results(3000, changed=0.0)
    table["log2FoldChange"] = 0.5 * (np.log10(table["baseMean"]) - 1)
    ax = plot_ma(table)
    curve = next(line for line in ax.lines if len(line.get_xdata()) > 2)
    x, y = (np.asarray(values, dtype=np.float64) for values in curve.get_data())
    np.testing.assert_allclose(y, 0.5 * (np.log10(x) - 1), atol=1e-6)
    assert "trend" in [text.get_text().strip() for text in ax.texts]


def test_few_regions_have_no_trend() -> None:
    assert all(len(line.get_xdata()) == 2 for line in plot_ma(simulated.results(150)).lines)


def test_gains_are_vermillion_losses_blue_and_the_rest_grey() -> None:
    table = simulated.results(300, changed=0.2)
    colours = {c.get_label().split(" ")[0]: c for c in plot_ma(table).collections}
    for name, rgb in {"gain": (213, 94, 0), "loss": (0, 93, 163), "none": (153, 153, 153)}.items():
        face = np.asarray(colours[name].get_facecolor())[0, :3]
        assert np.allclose(face * 255, rgb, atol=0.6)


@pytest.mark.parametrize("plot", SCATTERS)
def test_the_strongest_called_genes_are_named(plot: Callable[..., Axes]) -> None:
    table = simulated.results(2000)
    called = table[table["direction"] != "none"].sort_values("pvalue")
    names = named(plot(table, label=5))
    assert 1 <= len(names) <= 5
    assert set(names) <= set(called["symbol"].head(5))


def test_genes_asked_for_are_named_whether_called_or_not() -> None:
    table = simulated.results(400)
    quiet = table.loc[table["direction"] == "none", "symbol"].iloc[0]
    assert named(plot_volcano(table, label=[quiet, "not there"])) == [quiet]


def test_a_gene_of_several_regions_is_named_once() -> None:
    table = simulated.results(300, changed=0.3)
    table["symbol"] = "NSD2"
    assert named(plot_volcano(table)) == ["NSD2"]


@pytest.mark.parametrize("n", [12, 25])
def test_names_overlap_neither_each_other_nor_the_frame(n: int) -> None:
    ax = plot_volcano(simulated.results(20_000), label=n)
    ax.figure.draw_without_rendering()
    frame = ax.get_window_extent()
    plain = [Text.get_window_extent(t) for t in ax.texts if isinstance(t, Annotation)]
    assert len(plain) >= n - 3
    for i, a in enumerate(plain):
        assert frame.x0 - 1 <= a.x0
        assert a.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= a.y0
        assert a.y1 <= frame.y1 + 1
        for b in plain[i + 1 :]:
            assert not a.overlaps(b)


def test_a_region_without_a_call_counts_as_none() -> None:
    table = simulated.results(40).assign(direction=None)
    assert legend(plot_ma(table))[2] == "none (40)"


def test_a_p_of_zero_stands_on_the_edge() -> None:
    table = simulated.results(50)
    table.loc[3, ["pvalue", "padj"]] = 0.0
    ax = plot_volcano(table)
    assert np.isfinite(drawn(ax)).all()
    assert drawn(ax)[:, 1].max() <= ax.get_ylim()[1]


@pytest.mark.parametrize("plot", [*SCATTERS, plot_pvalues])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_or_no_regions_are_no_obstacle(plot: Callable[..., Axes], n: int) -> None:
    ax = plot(simulated.results(n))
    ax.figure.draw_without_rendering()
    if n == 0:
        assert any("no region" in t.get_text() for t in ax.texts)


@pytest.mark.parametrize("plot", [*SCATTERS, plot_pvalues])
def test_regions_without_any_p(plot: Callable[..., Axes]) -> None:
    table = simulated.results(30).assign(pvalue=np.nan, padj=np.nan, direction="none")
    ax = plot(table)
    ax.figure.draw_without_rendering()
    if plot is not plot_ma:
        assert "no region has a P value" in [t.get_text() for t in ax.texts]
    else:
        assert len(drawn(ax)) == 30


def test_no_significant_region_means_no_name_and_no_threshold() -> None:
    table = simulated.results(500, changed=0.0).assign(direction="none")
    ax = plot_volcano(table)
    assert named(ax) == []
    assert [line.get_linestyle() for line in ax.lines] == ["-"]


def test_the_histogram_counts_p_and_shows_the_uniform_expectation() -> None:
    table = simulated.results(4000)
    table.loc[:99, "pvalue"] = np.nan
    ax = plot_pvalues(table, bins=20)
    counts = ax.patches[0].get_data().values
    assert counts.sum() == 3900
    assert counts[0] == ((table["pvalue"] >= 0) & (table["pvalue"] < 0.05)).sum()
    assert ax.lines[0].get_ydata()[0] == 3900 / 20
    title = ax.get_legend().get_title().get_text()
    assert title == "3,900 tested, 100 without P"


def test_under_the_null_the_unchanged_share_is_all() -> None:
    table = pd.DataFrame({"pvalue": np.random.default_rng(0).uniform(size=20_000)})
    share = legend(plot_pvalues(table))[1]
    assert int(share.split(", ")[1].rstrip("%")) >= 97


@pytest.mark.parametrize("plot", [*SCATTERS, plot_pvalues])
def test_a_foreign_table_is_a_clear_error(plot: Callable[..., Axes]) -> None:
    with pytest.raises(InputFormatError, match=r"needs the columns .*found a b"):
        plot(pd.DataFrame({"a": [1], "b": [2]}))


@pytest.mark.parametrize("plot", [*SCATTERS, plot_pvalues])
def test_an_axes_given_is_the_axes_used(plot: Callable[..., Axes]) -> None:
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(1, 2)
    assert plot(simulated.results(100), ax=right) is right
    assert not left.has_data()


def test_every_text_is_readable_in_print() -> None:
    ax = plot_volcano(simulated.results(500))

    ax.figure.draw_without_rendering()
    assert min(t.get_fontsize() for t in ax.findobj(Text) if t.get_text()) >= 6.0
    assert ax.figure.get_figwidth() == pytest.approx(85 / 25.4)


def test_the_best_supported_are_named() -> None:
    results = pd.DataFrame(
        {
            "symbol": ["UNSURE", "SMALL", "LARGE"],
            "baseMean": [5.0, 900.0, 80.0],
            "log2FoldChange": [4.0, 0.4, 2.0],
            "shrunkenLog2FoldChange": [0.9, 0.39, 1.9],
            "svalue": [0.08, 1e-10, 1e-6],
            "pvalue": [0.01, 1e-12, 1e-7],
            "padj": [0.03, 1e-11, 1e-6],
            "direction": ["gain"] * 3,
        }
    )
    for plot in (plot_ma, plot_volcano):
        assert {text.get_text() for text in plot(results, label=1).texts} == {"LARGE"}


def test_p_of_domains_have_no_share_of_unchanged_regions() -> None:
    table = pd.DataFrame({"pvalue": [0.01, 0.02, 0.5, 0.9, 1.0]})
    plain = [line.get_label() for line in plot_pvalues(table).lines]
    combined = plot_pvalues(table, combined=True)
    assert len(plain) == 2
    assert [line.get_label() for line in combined.lines] == ["uniform expectation"]
    assert combined.get_legend().get_title().get_text() == "5 tested, Simes' P"
