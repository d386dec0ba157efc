"""Annotation bars: shares of every set, in the order of the table."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.linking import CLASSES
from resist_epi.genes.where import ISLAND, NO_ISLAND, UNKNOWN
from resist_epi.plots.annotation import plot_annotation
from resist_epi.plots.style import panel


def classes(sets: list[tuple[str, str]], *, known: bool = True) -> pd.DataFrame:
    rows = [
        {"level": level, "set": name, "class": kind, "cpg": cpg, "n_peaks": i + j, "bases": 10 * j}
        for level, name in sets
        for i, kind in enumerate(CLASSES)
        for j, cpg in enumerate((ISLAND, NO_ISLAND, UNKNOWN))
    ]
    table = pd.DataFrame(rows)
    return table if known else table.assign(cpg=UNKNOWN)


SETS = [("consensus", "consensus peaks"), ("group", "good"), ("group", "poor"), ("sample", "T1")]


@pytest.mark.parametrize("bases", [False, True])
def test_every_bar_ends_at_one(bases: bool) -> None:
    bars = panel(plot_annotation(classes(SETS), bases=bases), "bars")
    assert [t.get_text() for t in bars.get_yticklabels()] == [name for _, name in SETS]
    ends: dict[float, float] = {}
    for bar in bars.patches:
        ends[bar.get_y()] = ends.get(bar.get_y(), 0) + bar.get_width()
    assert list(ends.values()) == pytest.approx([1] * 4)


def test_numbers_and_headings_are_written() -> None:
    ax = plot_annotation(classes(SETS))
    texts = [t.get_text() for t in ax.texts]
    assert texts.count("30") == 4
    assert {"groups", "samples, own peaks", "peaks"} <= set(texts)


def test_an_empty_set_has_no_bar_and_no_table_is_refused() -> None:
    table = classes(SETS).assign(n_peaks=0)
    assert "0" in [t.get_text() for t in plot_annotation(table).texts]
    assert any("no peaks" in t.get_text() for t in plot_annotation(table.iloc[:0]).texts)
    with pytest.raises(InputFormatError, match="cpg"):
        plot_annotation(table.drop(columns="cpg"))


def test_the_legend_leaves_out_what_is_nowhere() -> None:
    (legend,) = [a for a in plot_annotation(classes(SETS)).artists if hasattr(a, "texts")]
    assert "promoter, CpG class not known" in [t.get_text() for t in legend.texts]
    own = classes(SETS)
    own.loc[own["cpg"] == UNKNOWN, "n_peaks"] = 0
    (legend,) = [a for a in plot_annotation(own).artists if hasattr(a, "texts")]
    assert "promoter, CpG class not known" not in [t.get_text() for t in legend.texts]
