"""Tracks over one gene."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_locus
from resist_epi.plots.style import panel
from tests.support import simulated

SHEET = simulated.sheet(12)


def heights(ax: Axes, sample: str) -> np.ndarray:
    return np.asarray(panel(ax, sample).collections[0].get_paths()[0].vertices[:, 1])


def samples_shown(ax: Axes) -> list[str]:
    return [c.get_label() for c in ax.child_axes if c.get_label() != "genes"]


def test_every_tumour_has_its_track_on_one_scale() -> None:
    table = simulated.bins(SHEET)
    ax = plot_locus(table, genes=simulated.genes(), gene="NSD2", samples=SHEET)
    assert samples_shown(ax) == list(SHEET["SampleID"])
    assert len({panel(ax, s).get_ylim() for s in samples_shown(ax)}) == 1
    low, high = panel(ax, "good01").get_xlim()
    assert low < 1_871_393
    assert high > 1_982_207
    seen = table[(table["start"] < high) & (table["end"] > low)]
    for sample in ("good01", "poor12"):
        assert np.isclose(heights(ax, sample).max(), seen[sample].max())


def test_tracks_stand_by_condition() -> None:
    mixed = SHEET.sample(frac=1, random_state=1)
    ax = plot_locus(simulated.bins(mixed), samples=mixed)
    shown = [s[:4] for s in samples_shown(ax)]
    assert shown == sorted(shown)


def test_a_region_in_words_and_the_genes_in_it() -> None:
    ax = plot_locus(
        simulated.bins(SHEET), genes=simulated.genes(), region="chr4:1,865,000-1,990,000"
    )
    assert panel(ax, "genes").get_xlim() == (1_865_000, 1_990_000)
    assert [t.get_text() for t in panel(ax, "genes").texts] == ["NSD2", "NELFA", "SCARNA22"]
    assert panel(ax, "genes").get_xlabel() == "chr4 (Mb)"


def test_the_arrow_points_the_way_of_transcription() -> None:
    ax = plot_locus(simulated.bins(SHEET), genes=simulated.genes())
    bent = [line.get_xdata() for line in panel(ax, "genes").lines if len(line.get_xdata()) == 3]
    by_start = {int(x[0]): x[2] - x[0] for x in bent}
    assert by_start[1_871_393] > 0  # NSD2, plus strand
    assert by_start[1_856_156] < 0  # LETM1, minus strand


def test_genes_that_overlap_stand_in_lanes_of_their_own() -> None:
    ax = plot_locus(simulated.bins(SHEET), genes=simulated.genes())
    ax.figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in panel(ax, "genes").texts]
    for i, a in enumerate(boxes):
        assert not any(a.overlaps(b) for b in boxes[i + 1 :])


def test_called_regions_are_shaded() -> None:
    called = pd.DataFrame(
        {"chrom": ["chr4", "chr5"], "start": [1_900_000] * 2, "end": [1_950_000] * 2}
    )
    ax = plot_locus(simulated.bins(SHEET), highlight=called)
    patches = panel(ax, "good01").patches
    assert len(patches) == 1
    assert patches[0].get_x() == 1_900_000


def test_domains_show_their_direction_and_their_best_window() -> None:
    called = pd.DataFrame(
        {
            "chrom": "chr4",
            "start": [1_900_000, 1_930_000],
            "end": [1_920_000, 1_950_000],
            "direction": ["gain", "loss"],
            "best_start": pd.array([1_902_000, None], dtype="Int64"),
            "best_end": pd.array([1_904_000, None], dtype="Int64"),
        }
    )
    ax = plot_locus(simulated.bins(SHEET), highlight=called)
    gain, loss, best = panel(ax, "good01").patches
    assert gain.get_facecolor() == best.get_facecolor() != loss.get_facecolor()
    assert (best.get_x(), best.get_width()) == (1_902_000, 2_000)


def test_long_names_of_conditions_do_not_run_into_the_scale() -> None:
    names = {"good": "stable for five years", "poor": "progressed within two years"}
    ax = plot_locus(simulated.bins(SHEET), samples=SHEET.replace({"Condition": names}))
    ax.figure.draw_without_rendering()
    scale = next(t for t in ax.texts if t.get_text().startswith("all tracks"))
    levels = [t for t in ax.texts if t.get_text().startswith("■")]
    assert len(levels) == 2
    for text in levels:
        assert not text.get_window_extent().overlaps(scale.get_window_extent())


def test_gaps_between_bins_are_empty() -> None:
    table = pd.DataFrame({"chrom": "c", "start": [0, 300], "end": [100, 400], "s1": [5.0, 7.0]})
    ax = plot_locus(table)
    x, y = panel(ax, "s1").collections[0].get_paths()[0].vertices.T
    assert y[(x > 100) & (x < 300)].max(initial=0.0) == 0
    assert list(y[(x == 100) | (x == 300)]).count(0) >= 2


def test_one_wild_tumour_does_not_flatten_the_others() -> None:
    table = simulated.bins(SHEET)
    table["poor12"] *= 50
    ax = plot_locus(table, samples=SHEET)
    assert panel(ax, "good01").get_ylim()[1] < table["poor12"].max() / 5
    assert any("cut above" in t.get_text() for t in ax.texts)


@pytest.mark.parametrize("n", [1, 60])
def test_one_and_sixty_tumours(n: int) -> None:
    sheet = simulated.sheet(n)
    ax = plot_locus(simulated.bins(sheet), genes=simulated.genes(), gene="NSD2", samples=sheet)
    ax.figure.draw_without_rendering()
    assert len(samples_shown(ax)) == n
    assert ax.figure.get_figheight() * 25.4 < 260


def test_a_table_of_zeros() -> None:
    table = simulated.bins(SHEET)
    table[list(SHEET["SampleID"])] = 0.0
    plot_locus(table).figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gene": "NSD3"}, "no gene 'NSD3'"),
        ({"region": "chr4"}, "not a region"),
        ({"region": "chr4:20-10"}, "not a region"),
        ({"region": "chr9:10-20"}, "no bin of any sample lies in chr9:10-20"),
    ],
)
def test_what_cannot_be_shown_is_said(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        plot_locus(simulated.bins(SHEET), genes=simulated.genes(), **options)


def test_a_gene_without_a_table_of_genes() -> None:
    with pytest.raises(InputFormatError, match="not known"):
        plot_locus(simulated.bins(SHEET), gene="NSD2")


def test_two_chromosomes_need_a_choice() -> None:
    table = simulated.bins(SHEET)
    table.loc[0, "chrom"] = "chr5"
    with pytest.raises(InputFormatError, match="which locus"):
        plot_locus(table)


def grouped_table() -> tuple[pd.DataFrame, pd.DataFrame]:
    starts = np.arange(0, 8000, 500)
    table = pd.DataFrame({"chrom": "chr1", "start": starts, "end": starts + 500})
    for i, name in enumerate(("g1", "g2", "p1", "p2")):
        table[name] = float(i + 1)
    sheet = pd.DataFrame({"SampleID": ["g1", "g2", "p1", "p2"],
                          "Condition": ["good", "good", "poor", "poor"]})  # fmt: skip
    return table, sheet


def test_groups_are_averaged_with_their_range() -> None:
    table, sheet = grouped_table()
    ax = plot_locus(table, samples=sheet, grouped="mean")
    labels = [str(child.get_label()) for child in ax.child_axes]
    assert labels == ["good (n = 2)", "poor (n = 2)", "genes"]
    fills = panel(ax, "poor (n = 2)").collections
    mean, band = (f.get_paths()[0].get_extents() for f in fills[:2])
    assert mean.y1 == pytest.approx(3.5)
    assert band.y1 == pytest.approx(4.0)


def test_groups_are_overlaid_as_lines() -> None:
    table, sheet = grouped_table()
    lines = panel(plot_locus(table, samples=sheet, grouped="overlay"), "overlay").lines
    means = {line.get_label(): float(np.max(line.get_ydata())) for line in lines}
    assert means == {"good": 1.5, "poor": 3.5}
    with pytest.raises(InputFormatError, match="way to group tracks"):
        plot_locus(table, samples=sheet, grouped="men")


def test_peaks_stand_below_a_row_a_sample() -> None:
    table, sheet = grouped_table()
    peaks = {"g1": pd.DataFrame({"chrom": ["chr1", "chr2"], "start": [1000, 1], "end": [2000, 9]}),
             "p1": pd.DataFrame({"chrom": ["chr1"], "start": [1200], "end": [2500]})}  # fmt: skip
    ax = plot_locus(table, samples=sheet, peaks=peaks)
    bars = panel(ax, "peaks").collections
    assert [len(b.get_paths()) for b in bars] == [1, 1]
    assert "peaks" not in [str(c.get_label()) for c in plot_locus(table).child_axes]
