"""Figures on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from resist_epi.errors import InputFormatError
from resist_epi.io.figures import FIGURE_SUFFIXES, save_figure, settle_layout
from resist_epi.plots import plot_heatmap, plot_locus, plot_volcano
from tests.support import simulated

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def figure() -> Figure:
    made = Figure(figsize=(2, 2))
    made.add_subplot().plot([0, 1], label="a line")
    return made


@pytest.mark.parametrize("suffix", FIGURE_SUFFIXES)
def test_the_suffix_names_the_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"f{suffix}"
    save_figure(figure(), path)
    assert path.read_bytes().startswith(MAGIC[suffix])


@pytest.mark.parametrize("suffix", FIGURE_SUFFIXES)
def test_equal_figures_are_equal_bytes(tmp_path: Path, suffix: str) -> None:
    for name in "ab":
        save_figure(plot_volcano(simulated.results(200)), tmp_path / (name + suffix), close=True)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_sixty_thousand_points_stay_small_in_vector_files(tmp_path: Path) -> None:
    ax = plot_volcano(simulated.results(60_000))
    for suffix in (".svg", ".pdf"):
        path = tmp_path / f"v{suffix}"
        save_figure(ax, path)
        assert path.stat().st_size < 600_000
    assert "fold change" in (tmp_path / "v.svg").read_text()  # text stays text


def test_many_tracks_and_heatmaps_stay_small_in_vector_files(tmp_path: Path) -> None:
    sheet = simulated.sheet(12)
    save_figure(plot_locus(simulated.bins(sheet), samples=sheet), tmp_path / "l.svg")
    save_figure(plot_heatmap(simulated.profile(sheet, 5000)), tmp_path / "h.svg")
    assert (tmp_path / "l.svg").stat().st_size < 300_000
    assert (tmp_path / "h.svg").stat().st_size < 2_000_000


@pytest.mark.parametrize("name", ["f.jpg", "f", "f.tsv"])
def test_another_suffix_names_those_allowed(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputFormatError, match=r"\.png, \.svg, \.pdf"):
        save_figure(figure(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_axes_stands_for_its_figure_and_closing_forgets_it(tmp_path: Path) -> None:
    made, ax = plt.subplots()
    save_figure(ax, tmp_path / "f.png", close=True)
    assert not plt.fignum_exists(made.number)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    class Broken(Figure):
        def savefig(self, fname: object, **options: object) -> None:
            Path(str(fname)).write_bytes(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(InputFormatError, match="No space left"):
        save_figure(Broken(), tmp_path / "f.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_a_settled_figure_is_drawn_once_a_format(
    tmp_path: Path, layout: Literal["constrained"] | None
) -> None:
    made = plt.figure(figsize=(2, 2), layout=layout)
    ax = made.add_subplot(ylabel="a name that needs room")
    before = ax.get_position().bounds
    drawn: list[str] = []
    own = made.draw
    made.draw = lambda *given: (drawn.append("once"), own(*given))[1]  # type: ignore[method-assign]
    settle_layout(ax, dpi=200)
    assert (ax.get_position().bounds == before) == (layout is None)
    save_figure(ax, tmp_path / "f.png", dpi=200)
    save_figure(ax, tmp_path / "f.svg", dpi=200, close=True)
    assert drawn == ["once", "once"]
