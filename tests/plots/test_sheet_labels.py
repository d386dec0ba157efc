"""Figures take a sheet or its table; a name that is asked for and not there is an error."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import resist_epi as rx
from resist_epi.errors import InputFormatError, SampleSheetError
from resist_epi.plots.style import level_colours
from resist_epi.samples.sheet import make_sheet

IDS = [f"T{i}" for i in range(6)]
SHEET = make_sheet(
    pd.DataFrame(
        {
            "SampleID": IDS,
            "Factor": "H3K27me3",
            "Condition": ["good", "poor"] * 3,
            "Stage": ["early"] * 3 + ["late"] * 3,
        }
    )
)
PROFILE = rx.ProfileMatrix(
    {name: np.full((4, 20), i + 1.0) for i, name in enumerate(IDS)},
    pd.DataFrame({"direction": ["gain", "gain", "none", "none"]}),
    bin_size=100,
    before=1000,
    after=1000,
)
COMPONENTS = pd.DataFrame({"sample": IDS, "PC1": np.arange(6.0), "PC2": [1.0, 0, 2, 1, 0, 1]})
CORRELATION = pd.DataFrame(np.eye(6) * 0.5 + 0.5, index=IDS, columns=IDS)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def texts(ax: plt.Axes) -> set[str]:
    figure = ax.get_figure()
    assert figure is not None
    found = figure.findobj(plt.Text)
    return {text.get_text() for text in found}


@pytest.mark.parametrize("samples", [SHEET, SHEET.table], ids=["sheet", "table"])
def test_a_sheet_or_its_table(samples: rx.SampleSheet | pd.DataFrame) -> None:
    assert {"early", "late"} <= texts(rx.plot_pca(COMPONENTS, samples=samples, colour="stage"))
    assert {"good", "poor"} <= texts(rx.plot_profile(PROFILE, samples=samples))
    labels = {
        a.get_label() for a in rx.plot_heatmap(PROFILE, samples=samples, by="Stage").child_axes
    }
    assert {"profile: early", "profile: late"} <= labels
    drawn = rx.plot_correlation(CORRELATION, samples=samples, annotate=["Stage"])
    assert {"early", "late"} <= texts(drawn)


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    said = r"unknown column 'Stages'.*Did you mean 'Stage'"
    with pytest.raises(InputFormatError, match=said):
        rx.plot_pca(COMPONENTS, samples=SHEET, colour="Stages")
    with pytest.raises(InputFormatError, match=said):
        rx.plot_profile(PROFILE, samples=SHEET, colour="Stages")
    with pytest.raises(InputFormatError, match=said):
        rx.plot_heatmap(PROFILE, samples=SHEET, by="Stages")
    with pytest.raises(InputFormatError, match=said):
        rx.plot_correlation(CORRELATION, samples=SHEET, annotate=["Stages"])
    other = SHEET.table.assign(SampleID=[f"tumour{i}" for i in range(6)])
    with pytest.raises(InputFormatError, match=r"unknown sample 'T0'; expected one of tumour0"):
        rx.plot_heatmap(PROFILE, samples=other, by="Stage")
    rx.plot_pca(COMPONENTS, samples=SHEET)  # without a Batch: that is a default


def test_marks_and_samples_are_named_with_the_nearest() -> None:
    with pytest.raises(SampleSheetError, match=r"unknown mark 'H3K27me'.*mean 'H3K27me3'"):
        SHEET.for_mark("H3K27me")
    with pytest.raises(SampleSheetError, match=r"no row with SampleID 'T11'.*did you mean 'T1'"):
        SHEET.for_samples(["T11"])


def test_a_gene_to_be_named_that_is_not_there_is_said(caplog: pytest.LogCaptureFixture) -> None:
    results = pd.DataFrame(
        {
            "symbol": ["NSD2", "TIGAR"],
            "log2FoldChange": [1.0, -1.0],
            "baseMean": [4.0, 5.0],
            "pvalue": [0.01, 0.2],
            "direction": ["gain", "none"],
        }
    )
    rx.plot_volcano(results, label=["NSD2", "TIGER"])
    assert "no point is of 'TIGER', which was to be named; did you mean TIGAR?" in caplog.text


def test_own_colours_hold_in_their_block_alone() -> None:
    usual = level_colours(["good", "poor"])
    with rx.own_colours({"poor": "tomato"}):
        with rx.own_colours({"good": "#123456"}):
            assert level_colours(["good", "poor"]) == {**usual, "good": "#123456"}
        assert level_colours(["good", "poor"]) == {**usual, "poor": "tomato"}
    assert level_colours(["good", "poor"]) == usual
    said = "'tomatoe', for 'poor', is no colour"
    with pytest.raises(InputFormatError, match=said), rx.own_colours({"poor": "tomatoe"}):
        pass
