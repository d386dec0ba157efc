"""The figure of switches: genes counted by class, labels and edges."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Annotation

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_switches
from tests.support.simulated import switches


def test_genes_are_counted_by_class_and_switches_named() -> None:
    ax = plot_switches(switches(), label=1)
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == [
        "none (197)",
        "one mark (1)",
        "repressive switch (1)",
        "activating switch (1)",
    ]
    assert [t.get_text() for t in ax.texts if isinstance(t, Annotation)] == ["S1"]
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    assert len(drawn) == 200


def test_a_wild_gene_stands_on_the_edge_and_one_without_a_mark_nowhere() -> None:
    table = switches()
    table.loc[5, "H3K27me3_log2FoldChange"] = 500.0
    table.loc[6, "H3K36me3_log2FoldChange"] = np.nan
    ax = plot_switches(table)
    drawn = np.concatenate([np.asarray(c.get_offsets()) for c in ax.collections])
    assert len(drawn) == 199
    assert drawn[:, 0].max() < ax.get_xlim()[1] < 30


def test_one_mark_is_not_enough() -> None:
    with pytest.raises(InputFormatError, match="two marks"):
        plot_switches(switches().drop(columns="H3K36me3_log2FoldChange"))
    assert plot_switches(switches(0)).texts[0].get_text() == "no gene has both marks"
