"""Placing labels: never over one another, never out of the frame, near where there is room."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.figure import Figure

from resist_epi.io.figures import laid_out_once
from resist_epi.plots.labels import add_labels, place_labels


def boxes(centres: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return centres - sizes / 2, centres + sizes / 2


def test_crowded_labels_do_not_overlap() -> None:
    rng = np.random.default_rng(5)
    anchors = rng.uniform(60, 140, (30, 2))
    sizes = np.stack([rng.uniform(15, 40, 30), np.full(30, 6.3)], axis=1)
    centres = place_labels(sizes, anchors, anchors, (220.0, 200.0))
    kept = ~np.isnan(centres[:, 0])
    assert kept.sum() >= 20
    low, high = boxes(centres[kept], sizes[kept])
    assert (low >= 0).all()
    assert (high <= [220, 200]).all()
    for i in range(len(low)):
        for j in range(i):
            assert (low[i] >= high[j]).any() or (high[i] <= low[j]).any()


def crossings(anchors: np.ndarray, centres: np.ndarray) -> int:
    """Pairs of leader lines that cross, by the orientation of their ends."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    n = 0
    for i in range(len(centres)):
        for j in range(i):
            a, b, c, d = anchors[i], centres[i], anchors[j], centres[j]
            across = side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
            n += across
    return n


def test_no_leader_line_crosses_another() -> None:
    named = []
    for seed in range(12):  # few points close together: where lines crossed
        rng = np.random.default_rng(seed)
        anchors = rng.normal([60, 80], [6, 9], (12, 2))
        sizes = np.stack([rng.uniform(14, 38, 12), np.full(12, 6.3)], axis=1)
        centres = place_labels(sizes, anchors, anchors, (200.0, 170.0))
        kept = ~np.isnan(centres[:, 0])
        assert crossings(anchors[kept], centres[kept]) == 0
        named.append(kept.mean())
    assert np.mean(named) > 0.85


def test_no_leader_line_strikes_out_another_named_point() -> None:
    anchors = np.array([[100.0, 100.0], [112.0, 100.0], [124.0, 100.0]])
    wide = np.array([[30.0, 6.0]] * 3)
    # The places above and below are taken, so that lines along the row would be shortest.
    rows = np.arange(0.0, 224.0, 1.5)
    crowd = np.array([[x, y] for x in rows for y in (88.0, 91.0, 94.0, 106.0, 109.0, 112.0)])
    centres = place_labels(wide, anchors, crowd, (224.0, 200.0))
    for i, (anchor, centre) in enumerate(zip(anchors, centres, strict=True)):
        if np.isnan(centre).any():
            continue
        along = anchor + np.linspace(0, 1, 200)[:, None] * (centre - anchor)
        for other in np.delete(anchors, i, axis=0):
            assert np.abs(along - other).max(axis=1).min() > 1.4


def test_a_lonely_label_stands_close_by() -> None:
    centres = place_labels(
        np.array([[30.0, 6.0]]), np.array([[100.0, 100.0]]), np.empty((0, 2)), (200.0, 200.0)
    )
    assert np.hypot(*(centres[0] - 100)) < 25


def test_free_space_is_preferred_to_a_crowd() -> None:
    rng = np.random.default_rng(1)
    crowd = np.stack([rng.uniform(100, 200, 4000), rng.uniform(0, 200, 4000)], axis=1)
    centres = place_labels(
        np.array([[30.0, 6.0]]), np.array([[99.0, 100.0]]), crowd, (200.0, 200.0)
    )
    assert centres[0, 0] < 85


def test_no_room_leaves_the_label_out() -> None:
    centres = place_labels(
        np.array([[300.0, 6.0]]), np.array([[50.0, 50.0]]), np.empty((0, 2)), (100.0, 100.0)
    )
    assert np.isnan(centres).all()


def test_no_labels() -> None:
    assert place_labels(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2)), (9.0, 9.0)).size == 0


def test_a_line_ends_where_matplotlib_would_end_it() -> None:
    figure = Figure(figsize=(3, 3))
    ax = figure.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    xy = np.array([[0.5, 0.5], [0.52, 0.5], [0.5, 0.53]])
    made = add_labels(ax, ["one", "two", "three"], xy, points=xy)
    figure.savefig(io.BytesIO())
    assert len(made) == 3
    for label in made:
        arrow = label.arrow_patch
        assert arrow is not None
        ours = arrow.get_path().vertices
        arrow.set_connectionstyle("arc3")
        assert np.array_equal(ours, arrow.get_path().vertices)


def test_names_are_placed_on_the_layout_that_stays() -> None:
    with laid_out_once(dpi=300):
        figure = Figure(figsize=(3, 3), layout="constrained")
        ax = figure.subplots()
        add_labels(ax, ["one"], np.array([[0.5, 0.5]]), points=np.array([[0.5, 0.5]]))
    assert figure.get_layout_engine() is None
    assert figure.dpi == 300
