"""Normalisations side by side: labels and data, not pixels."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import InputFormatError
from resist_epi.io.tables import write_table
from resist_epi.model.agreement import titles_compared
from resist_epi.plots import plot_normalization
from resist_epi.plots.style import panel
from tests.support import simulated


def _calls() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "background": [1, 1, 0],
            "tmm_enriched": [1, 0, 1],
            "library_size": [1, 0, 0],
            "n_regions": [20, 10, 5],
            "n_high_confidence": [15, 0, 0],
        }
    )


def _sheet(units: int = 4) -> pd.DataFrame:
    names = [f"T{i}" for i in range(units)]
    return pd.DataFrame({"SampleID": names, "Condition": ["good", "poor"] * (units // 2)})


def test_every_factor_is_a_dot_and_every_group_has_a_line() -> None:
    ax = plot_normalization(
        simulated.normalization_factors(), samples=_sheet(), names=titles_compared()
    )
    lines = panel(ax, "factors").lines
    dots = [line for line in lines if line.get_marker() == "o"]
    assert sum(len(line.get_xdata()) for line in dots) == 12
    assert len({line.get_color() for line in dots}) == 2
    flat = [x for line in dots[-2:] for x in line.get_xdata()]
    assert flat == pytest.approx([0] * 4)  # library size puts nothing on top of itself
    said = [t.get_text() for t in ax.texts]
    assert {"background", "TMM where the mark is", "library size", "poor"} <= set(said)


def test_calls_that_agree_are_bars_over_the_names_that_share_them() -> None:
    ax = plot_normalization(simulated.normalization_factors(), calls=_calls())
    bars = panel(ax, "bars")
    heights = [p.get_height() for p in bars.patches]
    assert heights == [20, 15, 10, 0, 5, 0]
    assert [t.get_text() for t in bars.texts] == ["20", "10", "5"]
    linked = [line for line in panel(ax, "calls").lines if line.get_linestyle() == "-"]
    assert [len(line.get_ydata()) for line in linked] == [3, 1, 1]
    assert "1,029" in [t.get_text() for t in ax.texts]


@pytest.mark.parametrize(("times", "rows"), [(1, 3), (1, 9), (400, 3), (400, 9), (90_000, 9)])
def test_numbers_of_bars_keep_apart_and_inside(times: int, rows: int) -> None:
    calls = pd.concat([_calls()] * (rows // 3), ignore_index=True)
    calls[["n_regions", "n_high_confidence"]] *= times
    ax = plot_normalization(simulated.normalization_factors(), calls=calls)
    bars = panel(ax, "bars")
    figure = ax.get_figure(root=True)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in bars.texts]
    assert len(boxes) == rows
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    ticks = [t.label1.get_window_extent() for t in bars.yaxis.get_major_ticks()]
    assert not [(a, b) for a in boxes for b in ticks if a.overlaps(b)]
    assert max(box.y1 for box in boxes) <= bars.get_window_extent().y1 + 1


def test_zero_of_each_normalisation_is_minus_its_shift() -> None:
    ax = plot_normalization(
        simulated.normalization_factors(),
        results=simulated.results(500),
        names=titles_compared(),
    )
    ma = panel(ax, "ma")
    lines = {line.get_label(): line.get_ydata()[0] for line in ma.lines[1:]}
    assert lines == pytest.approx(
        {"background": 0, "TMM where the mark is": 0.3, "library size": 0.6}
    )
    low, high = ma.get_ylim()
    assert low < 0
    assert high > 0.6


def test_panels_do_not_overlap() -> None:
    factors, results = simulated.normalization_factors(), simulated.results(100)
    ax = plot_normalization(
        factors, calls=_calls(), results=results, samples=_sheet(), title="a mark"
    )
    ax.figure.draw_without_rendering()
    boxes = [panel(ax, name).get_tightbbox() for name in ("factors", "calls", "ma")]
    assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


def test_nothing_to_draw_is_said() -> None:
    empty = simulated.normalization_factors().head(0)
    assert "no normalisation" in plot_normalization(empty).texts[0].get_text()
    factors, results = simulated.normalization_factors(), simulated.results(5).head(0)
    ax = plot_normalization(factors, calls=_calls().head(0), results=results)
    assert [c.get_label() for c in ax.child_axes] == ["factors", "ma"]  # no empty panel
    with pytest.raises(InputFormatError, match="median_shift"):
        plot_normalization(simulated.normalization_factors().drop(columns="median_shift"))


def test_the_command_finds_the_calls_beside_the_factors(tmp_path: Path) -> None:
    write_table(tmp_path / "H3K27me3.tsv", simulated.normalization_factors())
    write_table(tmp_path / "H3K27me3.calls.tsv", _calls())
    out = tmp_path / "n.svg"
    assert main(["plot", "normalization", str(tmp_path / "H3K27me3.tsv"), "-o", str(out)]) == 0
    assert "shared, with one sign" in out.read_text() or out.stat().st_size > 10_000
