"""UpSet and Venn show every peak of a set once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.occupancy import set_overlaps
from resist_epi.plots.overlap import plot_upset, plot_venn
from resist_epi.plots.style import panel

RNG = np.random.default_rng(4)


def overlaps(n_sets: int, n_peaks: int = 3000) -> pd.DataFrame:
    names = [f"T{i}" for i in range(n_sets)]
    return set_overlaps(pd.DataFrame(RNG.integers(0, 2, (n_peaks, n_sets)), columns=names))


def test_bars_are_the_largest_combinations_and_the_rest_is_said() -> None:
    table = overlaps(6)
    ax = plot_upset(table, most=10)
    assert [t.get_text() for t in panel(ax, "bars").texts] == [
        str(n) for n in table["n_peaks"][:10]
    ]
    share = table["n_peaks"][:10].sum() / table["n_peaks"].sum()
    assert any(f"the 10 largest\nhold {share:.0%}" in t.get_text() for t in ax.texts)
    sizes = [bar.get_width() for bar in panel(ax, "sizes").patches]
    assert sizes == [(table[f"T{i}"] * table["n_peaks"]).sum() for i in range(6)]


def test_samples_stand_by_their_groups() -> None:
    table = overlaps(4)
    sheet = pd.DataFrame({"SampleID": [f"T{i}" for i in range(4)], "Condition": list("baba")})
    ax = plot_upset(table, samples=sheet)
    names = [t.get_text() for t in ax.texts if t.get_text().startswith("T")]
    assert names == ["T1", "T3", "T0", "T2"]
    colours = [bar.get_facecolor() for bar in panel(ax, "sizes").patches]
    assert colours[0] == colours[1] != colours[2]


def test_groups_have_their_own_colours() -> None:
    table = set_overlaps(pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1]}))
    sheet = pd.DataFrame({"SampleID": ["x", "y"], "Condition": ["a", "b"]})
    bars = panel(plot_upset(table, samples=sheet), "sizes").patches
    assert bars[0].get_facecolor() != bars[1].get_facecolor()


@pytest.mark.parametrize("n_sets", [1, 2, 30])
def test_any_number_of_sets(n_sets: int) -> None:
    names = [f"a tumour with a long name {i}" for i in range(n_sets)]
    held = pd.DataFrame(np.eye(n_sets, dtype=int), columns=names)
    panel(plot_upset(set_overlaps(held)), "matrix")


def test_nothing_and_no_table_of_overlaps() -> None:
    empty = set_overlaps(pd.DataFrame({"a": [0], "b": [0]}))
    assert any("no peak" in t.get_text() for t in plot_upset(empty).texts)
    with pytest.raises(InputFormatError, match="n_sets, n_peaks"):
        plot_upset(pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize("n_sets", [2, 3])
def test_venn_holds_every_peak(n_sets: int) -> None:
    table = overlaps(n_sets)
    texts = [t.get_text() for t in panel(plot_venn(table), "circles").texts]
    numbers = [int(t.replace(",", "")) for t in texts if t.replace(",", "").isdigit()]
    assert sum(numbers) == table["n_peaks"].sum()
    total = (table["T0"] * table["n_peaks"]).sum()
    assert f"T0\n{total:,} peaks" in texts


def test_venn_of_other_numbers_is_refused() -> None:
    with pytest.raises(InputFormatError, match=r"4 sets.*plot upset"):
        plot_venn(overlaps(4))
