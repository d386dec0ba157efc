"""PCA and correlation of samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_correlation, plot_pca
from resist_epi.plots.style import panel
from tests.support import simulated


def legend_texts(ax: Axes) -> list[str]:
    found = ax.get_legend()
    return [] if found is None else [t.get_text() for t in found.get_texts()]


def shown(ax: Axes) -> np.ndarray:
    return np.asarray(panel(ax, "heatmap").images[0].get_array().filled(np.nan))


def test_pca_shows_every_sample_at_its_place() -> None:
    sheet = simulated.sheet(12)
    table = simulated.pca(sheet)
    ax = plot_pca(table, samples=sheet)
    points = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    assert np.allclose(points, table[["PC1", "PC2"]])
    share = table.attrs["explained"]
    assert ax.get_xlabel() == f"PC1 ({share[0]:.0%} of variance)"
    assert legend_texts(ax) == ["good", "poor", "b1", "b2", "b3"]
    names = {t.get_text() for t in ax.texts if isinstance(t, Annotation)}
    assert names <= set(sheet["SampleID"])
    assert len(names) >= 10


def test_groups_differ_in_colour_and_without_batches_in_shape() -> None:
    sheet = simulated.sheet(6).drop(columns="Batch")
    ax = plot_pca(simulated.pca(simulated.sheet(6)), samples=sheet, names=False)
    looks = {
        (tuple(np.round(c.get_facecolor()[0], 3)), c.get_paths()[0].vertices.shape)
        for c in ax.collections
    }
    assert len(looks) == 2
    assert len({shape for _, shape in looks}) == 2


def test_more_batches_than_markers_are_left_out_and_long_names_wrap() -> None:
    sheet = simulated.sheet(24)
    sheet["Batch"] = [f"batch {i % 11}" for i in range(24)]
    names = {"good": "stable for five years", "poor": "progressed within two years or before"}
    ax = plot_pca(simulated.pca(sheet), samples=sheet.replace({"Condition": names}))
    assert len(legend_texts(ax)) == 2
    ax.figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= ax.figure.bbox.x1


def test_sixty_samples_are_not_named() -> None:
    sheet = simulated.sheet(60)
    ax = plot_pca(simulated.pca(sheet), samples=sheet)
    assert not [t for t in ax.texts if isinstance(t, Annotation)]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_pca_of_hardly_any_samples(n: int) -> None:
    ax = plot_pca(simulated.pca(simulated.sheet(n)))
    ax.figure.draw_without_rendering()
    assert bool(ax.collections) == (n > 1)


def test_correlation_keeps_the_values_and_orders_alike_down_and_across() -> None:
    sheet = simulated.sheet(12)
    table = simulated.correlation(sheet)
    ax = plot_correlation(table, samples=sheet)
    names = [t.get_text() for t in panel(ax, "heatmap").get_yticklabels()]
    assert sorted(names) == sorted(sheet["SampleID"])
    expected = table.loc[names, names].to_numpy(copy=True)
    np.fill_diagonal(expected, np.nan)  # 1 whatever the samples: apart from the scale
    assert np.allclose(shown(ax), expected, equal_nan=True)


def test_clustering_brings_the_groups_together() -> None:
    sheet = simulated.sheet(12)
    ax = plot_correlation(simulated.correlation(sheet), samples=sheet)
    names = [t.get_text()[:4] for t in panel(ax, "heatmap").get_yticklabels()]
    assert sum(a != b for a, b in pairwise(names)) == 1


def test_strips_follow_the_order_of_the_samples() -> None:
    sheet = simulated.sheet(12)
    ax = plot_correlation(simulated.correlation(sheet), samples=sheet)
    names = [t.get_text() for t in panel(ax, "heatmap").get_yticklabels()]
    cells = np.asarray(panel(ax, "Condition").images[0].get_array())[0]
    colours = {tuple(c) for n, c in zip(names, cells, strict=True) if n.startswith("good")}
    others = {tuple(c) for n, c in zip(names, cells, strict=True) if n.startswith("poor")}
    assert len(colours) == len(others) == 1
    assert colours != others


def test_annotations_that_tell_nothing_are_left_out() -> None:
    sheet = simulated.sheet(12)
    ax = plot_correlation(simulated.correlation(sheet), samples=sheet)
    labels = [c.get_label() for c in ax.child_axes]
    assert "Factor" not in labels
    assert "Batch" in labels


def test_a_sample_without_variation_is_shown_as_unknown() -> None:
    sheet = simulated.sheet(6)
    table = simulated.correlation(sheet)
    table.iloc[2] = np.nan
    table.iloc[:, 2] = np.nan
    ax = plot_correlation(table.reset_index(), samples=sheet)
    assert np.isnan(shown(ax)).sum() == 11 + 5  # and the diagonal of the others


@pytest.mark.parametrize("n", [0, 1, 2])
def test_correlation_of_hardly_any_samples(n: int) -> None:
    table = simulated.correlation(simulated.sheet(4)).iloc[:n, :n]
    ax = plot_correlation(table)
    ax.figure.draw_without_rendering()
    if n == 0:
        assert [t.get_text() for t in ax.texts] == ["no sample to show"]
    else:
        assert shown(ax).shape == (n, n)


def test_equal_samples() -> None:
    names = simulated.sheet(3)["SampleID"]
    table = pd.DataFrame(np.ones((3, 3)), index=names.rename("sample"), columns=names)
    plot_correlation(table).figure.draw_without_rendering()


def test_the_scale_is_the_same_whatever_the_samples() -> None:
    table = simulated.correlation(simulated.sheet(12))
    for shown_table in (table, 0.3 * table + 0.7 * np.eye(12)):
        assert panel(plot_correlation(shown_table), "heatmap").images[0].get_clim() == (0, 1)
    against = table.copy()
    against.iloc[0, 1:] = against.iloc[1:, 0] = -0.5
    assert panel(plot_correlation(against), "heatmap").images[0].get_clim() == (-1, 1)


def test_a_table_that_is_not_square_is_refused() -> None:
    table = simulated.correlation(simulated.sheet(4)).iloc[:3]
    with pytest.raises(InputFormatError, match="square table"):
        plot_correlation(table)


def test_long_names_stay_apart_and_inside() -> None:
    sheet = simulated.sheet(12, long_names=True)
    ax = plot_correlation(simulated.correlation(sheet), samples=sheet)
    ax.figure.draw_without_rendering()
    labels = panel(ax, "heatmap").get_yticklabels()
    assert len({t.get_text() for t in labels}) == 12
    right = ax.figure.bbox.x1
    assert max(t.get_window_extent().x1 for t in labels) <= right
