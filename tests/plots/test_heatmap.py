"""Signal heatmap and mean profiles: the same data in both, one scale for all samples."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError
from resist_epi.plots import plot_heatmap, plot_profile
from resist_epi.plots.style import panel
from tests.support import simulated

SHEET = simulated.sheet(4)


def sections(ax: Axes, sample: str) -> dict[str, np.ndarray]:
    """Group of regions -> what is drawn of it."""
    return {
        c.get_label().split(": ")[0]: np.asarray(c.images[0].get_array().filled(np.nan))
        for c in ax.child_axes
        if c.get_label().endswith(f": {sample}") and c.images
    }


def images(ax: Axes) -> list[Axes]:
    return [c for c in ax.child_axes if c.images and ": " in c.get_label()]


def test_rows_are_grouped_and_sorted_alike_in_every_sample() -> None:
    matrix = simulated.profile(SHEET, 300)
    ax = plot_heatmap(matrix, samples=SHEET)
    signal = matrix.mean_signal()
    for sample in matrix.samples:
        found = sections(ax, sample)
        assert list(found) == ["gain", "loss", "none"]
        for group, drawn in found.items():
            rows = np.flatnonzero(matrix.regions["direction"] == group)
            rows = rows[np.argsort(-signal[rows], kind="stable")]
            assert np.allclose(drawn, matrix.values[sample][rows])


def test_the_profile_is_the_mean_of_the_rows_below_it() -> None:
    matrix = simulated.profile(SHEET, 300)
    ax = plot_heatmap(matrix)
    for sample in matrix.samples:
        lines = {line.get_label(): line for line in panel(ax, f"profile: {sample}").lines}
        for group, drawn in sections(ax, sample).items():
            assert np.allclose(lines[group].get_ydata(), drawn.mean(axis=0), rtol=1e-6)


def test_all_samples_share_the_colour_scale_and_the_profile_axis() -> None:
    matrix = simulated.profile(SHEET, 200)
    strong = {s: v * (5 if s == "poor04" else 1) for s, v in matrix.values.items()}
    ax = plot_heatmap(ProfileMatrix(strong, matrix.regions, 100, 3000, 3000))
    assert len({c.images[0].get_clim() for c in images(ax)}) == 1
    profiles = [c for c in ax.child_axes if c.get_label().startswith("profile")]
    assert len({c.get_ylim() for c in profiles}) == 1
    top = max(float(np.max(line.get_ydata())) for c in profiles for line in c.lines)
    assert top <= profiles[0].get_ylim()[1]


def test_many_regions_are_averaged_not_skipped() -> None:
    matrix = simulated.profile(simulated.sheet(2), 5000)
    drawn = sections(plot_heatmap(matrix), "good01")["none"]
    rows = (matrix.regions["direction"] == "none").to_numpy()
    assert len(drawn) < rows.sum() / 3
    parts = [len(p) for p in np.array_split(np.arange(rows.sum()), len(drawn))]
    mean = np.average(drawn.mean(axis=1), weights=parts)
    assert np.isclose(mean, matrix.values["good01"][rows].mean(), rtol=1e-6)


def test_few_gains_among_many_regions_are_seen() -> None:
    matrix = simulated.profile(simulated.sheet(2), 5000, called=0.002)
    ax = plot_heatmap(matrix)
    heights = [c.get_position().height for c in ax.child_axes if c.get_label().endswith(" good01")]
    assert min(heights) > 0.05


def test_by_condition_draws_the_mean_of_each() -> None:
    matrix = simulated.profile(SHEET, 100)
    drawn = sections(plot_heatmap(matrix, samples=SHEET, by="Condition"), "good")
    both = (matrix.values["good01"] + matrix.values["good02"]) / 2
    rows = (matrix.regions["direction"] == "gain").to_numpy()
    assert np.allclose(np.sort(drawn["gain"], axis=None), np.sort(both[rows], axis=None))


def test_unknown_bins_stay_unknown() -> None:
    matrix = simulated.profile(simulated.sheet(2), 20)
    values = {s: v.copy() for s, v in matrix.values.items()}
    values["good01"][:, :5] = np.nan
    ax = plot_heatmap(ProfileMatrix(values, matrix.regions, 100, 3000, 3000))
    for drawn in sections(ax, "good01").values():
        assert np.isnan(drawn[:, :5]).all()
        assert np.isfinite(drawn[:, 5:]).all()


def test_signal_below_zero_gets_a_scale_around_zero() -> None:
    matrix = simulated.profile(simulated.sheet(2), 50)
    values = {s: v - 3 for s, v in matrix.values.items()}
    ax = plot_heatmap(ProfileMatrix(values, matrix.regions, 100, 3000, 3000))
    low, high = images(ax)[0].images[0].get_clim()
    assert low == -high


@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("plot", [plot_heatmap, plot_profile])
def test_few_or_no_regions(plot: object, n: int) -> None:
    ax = plot(simulated.profile(SHEET, n, called=0.6), samples=SHEET)  # type: ignore[operator]
    ax.figure.draw_without_rendering()
    assert bool(ax.child_axes) == (n > 0)
    assert any("no region" in t.get_text() for t in ax.texts) == (n == 0)


def test_regions_without_groups_are_one() -> None:
    matrix = simulated.profile(simulated.sheet(2), 30)
    plain = ProfileMatrix(matrix.values, matrix.regions.drop(columns="direction"), 100, 3000, 3000)
    assert list(sections(plot_heatmap(plain), "good01")) == ["regions"]
    labels = ["a"] * 10 + ["b"] * 20
    assert list(sections(plot_heatmap(plain, groups=labels), "good01")) == ["a", "b"]


@pytest.mark.parametrize("n", [1, 12, 60])
def test_any_number_of_samples_stays_on_a_page(n: int) -> None:
    sheet = simulated.sheet(n)
    ax = plot_heatmap(simulated.profile(sheet, 40), samples=sheet)
    width, height = ax.figure.get_size_inches() * 25.4
    assert width <= 178.1
    assert height <= 260
    ax.figure.draw_without_rendering()
    profiles = [c for c in ax.child_axes if c.get_label().startswith("profile")]
    assert len(profiles) == n


def test_ticks_name_the_window() -> None:
    matrix = simulated.profile(simulated.sheet(2), 20)
    bottom = panel(plot_heatmap(matrix), "none: good01")
    assert [t.get_text() for t in bottom.get_xticklabels()] == ["−3 kb", "TSS", "+3 kb"]
    scaled = simulated.profile(simulated.sheet(2), 20, body=4000)
    bottom = panel(plot_heatmap(scaled), "none: good01")
    ticks = {
        t.get_text(): x for t, x in zip(bottom.get_xticklabels(), bottom.get_xticks(), strict=True)
    }
    assert ticks["TSS"] == 0
    assert ticks["TES"] == 4000


def test_a_heatmap_fits_into_an_axes_of_a_larger_figure() -> None:
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    assert plot_heatmap(simulated.profile(SHEET, 50), ax=right, samples=SHEET) is right
    figure.draw_without_rendering()
    frame = right.get_window_extent()
    for child in right.child_axes:
        box = child.get_window_extent()
        assert frame.x0 - 1 <= box.x0
        assert box.x1 <= frame.x1 + 1
    assert not left.child_axes


def test_names_of_conditions_are_explained() -> None:
    ax = plot_heatmap(simulated.profile(SHEET, 20), samples=SHEET)
    texts = [t.get_text() for t in ax.texts]
    assert "■ good" in texts
    assert "■ poor" in texts
    assert "■ good" not in [t.get_text() for t in plot_heatmap(simulated.profile(SHEET, 20)).texts]


def test_groups_are_counted() -> None:
    matrix = simulated.profile(SHEET, 2000)
    texts = [t.get_text() for t in plot_heatmap(matrix).texts]
    for n in pd.Series(matrix.regions["direction"]).value_counts():
        assert f"{n:,}" in texts


LONG = (
    "regions gained in the tumours of poor outcome, early relapse",
    "regions gained in the tumours of poor outcome, late relapse",
    "lost",
)


MANY = (*LONG, *(f"group {i} of many" for i in range(9)))


@pytest.mark.parametrize("groups", [LONG[:2], LONG, MANY])
def test_names_of_groups_are_within_the_figure_and_apart(groups: tuple[str, ...]) -> None:
    labels = [groups[i % len(groups)] for i in range(10 * len(groups))]
    matrix = simulated.profile(SHEET, len(labels))
    ax = plot_heatmap(matrix, groups=labels)
    figure = ax.get_figure(root=True)
    figure.draw_without_rendering()
    edge = panel(ax, f"{groups[0]}: {matrix.samples[0]}").get_window_extent().x0
    boxes = [(t, t.get_window_extent()) for t in ax.texts if t.get_text().strip()]
    beside = [(t.get_text(), b) for t, b in boxes if b.x1 < edge]
    assert all(b.x0 >= 0 for _, b in beside)
    for (_, one), (_, other) in combinations(beside, 2):
        assert not one.shrunk(0.98, 0.9).overlaps(other.shrunk(0.98, 0.9))
    words = " ".join(text for text, _ in beside)
    assert ("early" in words) == ("early" in groups[0])


def test_names_of_conditions_are_within_the_figure_and_apart() -> None:
    levels = [f"poor outcome after endocrine therapy, {when}" for when in ("early", "later")]
    ax = plot_heatmap(simulated.profile(SHEET, 60), samples=SHEET.assign(Condition=levels * 2))
    ax.get_figure(root=True).draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text().startswith("■")]
    assert len(boxes) == 2
    assert all(b.x0 >= 0 for b in boxes)
    assert not boxes[0].overlaps(boxes[1])


def two_shapes(scale: float = 1.0, samples: tuple[str, ...] = ("g1", "g2", "p1")) -> ProfileMatrix:
    """30 regions with a peak, 20 flat high, 10 with nothing."""
    rng = np.random.default_rng(4)
    x = np.arange(40)
    base = np.concatenate([
        np.tile(5 * np.exp(-(((x - 20) / 5.0) ** 2)), (30, 1)), np.full((20, 40), 6.0),
        np.zeros((10, 40)),
    ])  # fmt: skip
    noise = {s: scale * np.abs(base + rng.normal(0, 0.05, base.shape)) for s in samples}
    starts = np.arange(60) * 100
    regions = pd.DataFrame({
        "chrom": "chr1", "start": starts, "end": starts + 1 + np.arange(60),
        "region_id": [f"G{i}:ID{i}:promoter:1" for i in range(60)],
    })  # fmt: skip
    return ProfileMatrix(noise, regions, 100, 2000, 2000, tested=(-1000, 500))


@pytest.mark.parametrize("how", ["kmeans", "hierarchical"])
def test_clusters_take_the_place_of_groups(how: str) -> None:
    ax = plot_heatmap(two_shapes(), **{how: 3})
    shown = sections(ax, "g1")
    assert {name: len(rows) for name, rows in shown.items()} == {
        "cluster 1": 20, "cluster 2": 30, "cluster 3": 10,
    }  # fmt: skip
    again = sections(plot_heatmap(two_shapes(), **{how: 3}), "g1")
    assert all(np.allclose(shown[name], again[name]) for name in shown)
    panels = [p.get_title() for p in plot_profile(two_shapes(), **{how: 3}).child_axes]
    assert panels[0] == "cluster 1 (n = 20)"


def test_rows_stand_in_the_order_asked_for() -> None:
    matrix = two_shapes()
    kept = sections(plot_heatmap(matrix, sort="keep"), "g1")["regions"]
    assert np.allclose(kept, matrix.values["g1"])
    longest = sections(plot_heatmap(matrix, sort="length"), "g1")["regions"]
    assert np.allclose(longest, matrix.values["g1"][::-1])
    sheet = pd.DataFrame({"SampleID": ["g1", "g2", "p1"], "Condition": ["a", "a", "b"]})
    more = {s: v + (s == "p1") * np.arange(60)[:, None] for s, v in matrix.values.items()}
    changed = ProfileMatrix(more, matrix.regions, 100, 2000, 2000)
    by_change = sections(plot_heatmap(changed, samples=sheet, sort="change"), "p1")["regions"]
    assert np.allclose(by_change, more["p1"][::-1])


def test_marks_stand_side_by_side_on_scales_of_their_own() -> None:
    marks = {"K27": two_shapes(), "K36": two_shapes(10.0, ("g1", "p1"))}
    ax = plot_heatmap(marks, kmeans=2, limits={"K27": (0, 3)})
    labels = [str(child.get_label()) for child in ax.child_axes]
    assert "profile: K27 g2" in labels
    assert "cluster 2: K36 p1" in labels
    assert {"colourbar: K27", "colourbar: K36"} <= set(labels)
    assert panel(ax, "cluster 1: K27 g1").images[0].get_clim() == (0, 3)
    assert panel(ax, "cluster 1: K36 g1").images[0].get_clim()[1] > 10
    sheet = pd.DataFrame({"SampleID": ["g1", "g2", "p1"], "Condition": ["good", "good", "poor"]})
    averaged = plot_heatmap(marks, samples=sheet, by="Condition")
    assert "profile: K36 good" in [str(child.get_label()) for child in averaged.child_axes]


def test_regions_are_named_beside_their_rows_and_apart() -> None:
    names = [f"G{i}" for i in range(6)]
    ax = plot_heatmap(two_shapes(), label=[*names, "NOT_THERE"])
    written = {t.get_text(): t.get_position()[1] for t in ax.texts if t.get_text() in names}
    assert set(written) == set(names)
    heights = sorted(written.values())
    assert min(np.diff(heights)) > 0


def test_the_tested_window_is_marked_and_said() -> None:
    ax = plot_heatmap(two_shapes())
    lines = panel(ax, "regions: g1").lines
    assert [float(line.get_xdata()[0]) for line in lines] == [-1000, 500]
    assert any("tested (dashed): −1 to +0.5 kb" in t.get_text() for t in ax.texts)


def test_many_small_groups_keep_a_height() -> None:
    matrix = two_shapes()
    groups = [f"c{i}" for i in range(8)] + ["rest"] * 52
    ax = plot_heatmap(matrix, groups=groups)
    heights = [panel(ax, f"{g}: g1").get_position().height for g in (*groups[:8], "rest")]
    assert min(heights) > 0.03


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kmeans": 2, "hierarchical": 2}, "ask for one"),
        ({"kmeans": 0}, "1 cluster or more"),
        ({"sort": "lenght"}, "Did you mean 'length'"),
        ({"cmap": "viridiss"}, "Did you mean 'viridis'"),
        ({"limits": (3, 1)}, "the lower one first"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        plot_heatmap(two_shapes(), **options)
    other = two_shapes().select(np.arange(5))
    with pytest.raises(InputFormatError, match="not of the same regions"):
        plot_heatmap({"a": two_shapes(), "b": other})
