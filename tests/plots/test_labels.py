"""Placing labels: never over one another, never out of the frame, near where there is room."""

from __future__ import annotations

import numpy as np

from resist_epi.plots.labels import place_labels


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
