"""What the figures share."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

import resist_epi.plots
from resist_epi.plots import PLOTS, figure_function, plot_volcano
from resist_epi.plots.profile import region_colours
from resist_epi.plots.style import (
    CLUSTER_COLOURS,
    DIRECTION_COLOURS,
    GROUP_COLOURS,
    level_colours,
    lookup,
    panel,
    paper_style,
    shorten,
    shorten_all,
    text_colour,
)
from tests.support import simulated
from tests.support.colour_vision import SEEN, distance, grey_difference, lab


def test_importing_the_figures_does_not_import_matplotlib() -> None:
    code = "import sys, resist_epi.plots; print('matplotlib' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


@pytest.mark.parametrize("kind", PLOTS)
def test_every_kind_has_its_function(kind: str) -> None:
    function = figure_function(kind)
    assert function is getattr(resist_epi.plots, PLOTS[kind][1])
    assert function.__doc__
    assert PLOTS[kind][1] in dir(resist_epi.plots)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="plot_nothing"):
        resist_epi.plots.plot_nothing  # noqa: B018


def test_colours_belong_to_levels_not_to_their_order() -> None:
    assert level_colours(["poor", "good", ""]) == level_colours(["good", "poor"])
    many = level_colours(map(str, range(30)))
    assert len({v for k, v in many.items() if k}) == 30
    assert all(mpl.colors.is_color_like(c) for c in many.values())


def test_long_names_lose_their_middle() -> None:
    assert shorten("short") == "short"
    assert shorten("a" * 20 + "b" * 20, 11) == "aaaaa…bbbbb"


def test_names_lose_first_what_they_share() -> None:
    names = [f"GSM45000{i}_tumour_from_the_study_H3K27me3" for i in range(3)]
    assert shorten_all(names, 20) == ["…0", "…1", "…2"]
    assert shorten_all(["a1", "a2"], 20) == ["a1", "a2"]


def test_names_that_become_equal_get_numbers() -> None:
    names = ["x" * 10 + c + "y" * 10 + d for c, d in ("ab", "bb", "ca", "bb")]
    assert len(set(shorten_all(names, 9))) == 4


def test_looking_up_a_column_ignores_case_and_missing_samples() -> None:
    sheet = pd.DataFrame({"SampleID": ["s1", "s2"], "Condition": ["good", None], "Batch": [1.0, 2]})
    assert list(lookup(sheet, ["s2", "s1", "s3"], "condition")) == ["", "good", ""]
    assert list(lookup(sheet, ["s1", "s2"], "BATCH")) == ["1", "2"]
    assert list(lookup(None, ["s1"], "Condition")) == [""]
    assert list(lookup(sheet, ["s1"], "Purity")) == [""]


def test_a_panel_that_is_not_there_is_named_with_those_that_are() -> None:
    import matplotlib.pyplot as plt

    ax = plt.figure().add_axes((0, 0, 1, 1))
    ax.inset_axes((0, 0, 1, 1), label="heatmap")
    with pytest.raises(KeyError, match=r"no panel 'tree'.*heatmap"):
        panel(ax, "tree")


def test_the_reader_s_own_settings_do_not_change_a_figure() -> None:
    table = simulated.results(60, changed=0.2)
    pictures = []
    for settings in ({}, {"font.family": "serif", "font.size": 20.0, "axes.labelsize": 30.0}):
        with mpl.rc_context(settings):
            out = io.BytesIO()
            plot_volcano(table).figure.savefig(out, format="png", dpi=80)
            pictures.append(out.getvalue())
    assert pictures[0] == pictures[1]


def test_no_figure_writes_mathematics_that_is_not_set() -> None:
    """Names of people's files may hold `$`, so no text is read as mathematics, ours neither."""
    folder = Path(resist_epi.plots.__file__).parent
    assert {p.name for p in folder.glob("*.py") if "$_" in p.read_text(encoding="utf-8")} == set()


def test_of_names_that_would_be_equal_what_differs_is_kept() -> None:
    names = ["x", *(f"group number {i} with words" for i in range(3))]
    assert shorten_all(names, 14) == ["x", "group numbe…0…", "group numbe…1…", "group numbe…2…"]
    ends = [f"regions gained in poor outcome, {when} relapse" for when in ("early", "later")]
    assert shorten_all(["none", *ends], 16) == ["none", "regions g…early…", "regions g…later…"]
    # What differs is longer than there is room for.
    long = ["a" * 8 + "b" * 30 + "c" * 8, "a" * 8 + "d" * 30 + "c" * 8, "y"]
    assert len(set(shorten_all(long, 12))) == 3


def test_a_backend_that_is_loaded_inside_a_block_goes_on_showing_figures() -> None:
    """As a notebook's does with its first figure."""
    before = mpl.is_interactive()
    try:
        with paper_style():
            mpl.interactive(True)
        assert mpl.is_interactive()
        with paper_style():
            mpl.interactive(False)
        assert not mpl.is_interactive()
    finally:
        mpl.interactive(before)


FOUR = {
    "gain": DIRECTION_COLOURS["gain"],
    "loss": DIRECTION_COLOURS["loss"],
    "first group": GROUP_COLOURS[0],
    "second group": GROUP_COLOURS[1],
}


@pytest.mark.parametrize(("one", "other"), list(combinations(FOUR, 2)))
def test_gain_loss_and_two_groups_differ_for_all_eyes_and_in_grey(one: str, other: str) -> None:
    for seen in SEEN:
        assert distance(FOUR[one], FOUR[other], seen) >= 30
    assert grey_difference(FOUR[one], FOUR[other]) >= 15


def test_a_third_group_differs_from_them_for_all_eyes() -> None:
    for colour in FOUR.values():
        assert min(distance(GROUP_COLOURS[2], colour, seen) for seen in SEEN) >= 25
        assert grey_difference(GROUP_COLOURS[2], colour) >= 12


def test_the_measure_is_that_of_the_field() -> None:
    assert lab("#ffffff")[0] == pytest.approx(100, abs=0.1)
    assert lab("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.1)
    # Red and green of one lightness are told apart by usual eyes alone.
    assert distance("#b35a00", "#5d7d00") > 2 * distance("#b35a00", "#5d7d00", "deuteranopia")


def test_clusters_never_look_like_groups_or_directions() -> None:
    others = [*GROUP_COLOURS, *(DIRECTION_COLOURS[name] for name in ("gain", "loss"))]
    assert min(distance(c, o) for c in CLUSTER_COLOURS for o in others) >= 20
    assert set(region_colours(["A", "B", "C"]).values()).isdisjoint(others)


def test_pale_colours_are_written_darker() -> None:
    assert text_colour(GROUP_COLOURS[0]) == GROUP_COLOURS[0].lower()
    for colour in (*GROUP_COLOURS, *CLUSTER_COLOURS):
        assert lab(text_colour(colour))[0] <= 50.5
