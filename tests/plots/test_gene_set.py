"""Genes of a set in every tumour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from resist_epi.plots import plot_gene_set
from resist_epi.plots.style import panel
from tests.support import simulated


def table(sheet: pd.DataFrame, n: int = 12) -> pd.DataFrame:
    values = simulated.log_values(sheet, n)
    return pd.DataFrame(values, index=simulated.GENES[:n], columns=list(sheet["SampleID"]))


def cells(ax: Axes) -> pd.DataFrame:
    heat = panel(ax, "heatmap")
    return pd.DataFrame(
        np.asarray(heat.images[0].get_array().filled(np.nan)),
        index=[t.get_text() for t in heat.get_yticklabels()],
        columns=[t.get_text() for t in heat.get_xticklabels()],
    )


def test_rows_are_standardised() -> None:
    sheet = simulated.sheet(12)
    values = table(sheet)
    drawn = cells(plot_gene_set(values, samples=sheet))
    expected = values.sub(values.mean(axis=1), axis=0).div(values.std(axis=1), axis=0)
    assert np.allclose(drawn, expected.loc[drawn.index, drawn.columns])


def test_marks_are_standardised_apart() -> None:
    sheet = simulated.sheet(6, marks=("H3K27me3", "H3K36me3"))
    values = table(sheet)
    values.iloc[:, 6:] += 100
    drawn = cells(plot_gene_set(values, samples=sheet))
    one_mark = [c for c in drawn if c.endswith("H3K36me3")]
    assert np.allclose(drawn[one_mark].mean(axis=1), 0)


def test_columns_stand_by_mark_and_condition_with_their_strips() -> None:
    sheet = simulated.sheet(6, marks=("H3K27me3", "H3K36me3"))
    ax = plot_gene_set(table(sheet), samples=sheet)
    groups = [(c.split("_")[1], c[:4]) for c in cells(ax)]
    assert groups == sorted(groups)
    assert {"Condition", "Factor", "Batch"} <= {c.get_label() for c in ax.child_axes}
    strip = np.asarray(panel(ax, "Factor").images[0].get_array())[0]
    assert (strip[:6] == strip[0]).all()
    assert (strip[6:] == strip[6]).all()
    assert (strip[0] != strip[6]).any()


def test_only_the_genes_of_the_set_are_shown() -> None:
    sheet = simulated.sheet(4)
    drawn = cells(plot_gene_set(table(sheet), genes=["HK2", "NSD2", "ABSENT"]))
    assert set(drawn.index) == {"HK2", "NSD2"}


def test_calls_stand_beside_their_genes() -> None:
    sheet = simulated.sheet(4)
    calls = pd.Series({"NSD2": "gain", "HK2": "loss", "EZH2": "none"})
    ax = plot_gene_set(table(sheet, 4), directions=calls)
    colours = np.asarray(panel(ax, "call").images[0].get_array())[:, 0]
    of = dict(zip(cells(ax).index, colours, strict=True))
    assert np.allclose(of["NSD2"] * 255, (213, 94, 0))
    assert np.allclose(of["HK2"] * 255, (0, 93, 163))
    assert np.allclose(of["EZH2"], 1)
    assert np.allclose(of["TIGAR"], 1)


def test_a_gene_that_never_varies_is_even_and_an_unknown_value_blank() -> None:
    sheet = simulated.sheet(4)
    values = table(sheet, 3)
    values.loc["HK2"] = 0.1 + 0.2
    values.iloc[0, 0] = np.nan
    drawn = cells(plot_gene_set(values))
    assert (drawn.loc["HK2"] == 0).all()
    assert np.isnan(drawn.loc["NSD2", "good01"])


@pytest.mark.parametrize("n", [0, 1, 2, 200])
def test_any_number_of_genes(n: int) -> None:
    sheet = simulated.sheet(12)
    values = pd.DataFrame(
        simulated.log_values(sheet, n), index=[f"G{i}" for i in range(n)], columns=sheet["SampleID"]
    )
    ax = plot_gene_set(values, samples=sheet)
    ax.figure.draw_without_rendering()
    assert ax.figure.get_figheight() * 25.4 < 260
    if n == 0:
        assert "no gene of the set has a value" in [t.get_text() for t in ax.texts]


def test_sixty_tumours_fit_two_columns_of_a_page() -> None:
    sheet = simulated.sheet(60)
    ax = plot_gene_set(table(sheet), samples=sheet)
    assert ax.figure.get_figwidth() * 25.4 <= 178.1
    assert len(cells(ax).columns) == 60
