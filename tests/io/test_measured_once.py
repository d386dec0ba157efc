"""Matplotlib measures once; what is drawn is the same."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from resist_epi.io.measured_once import measured_once


def _drawn(kind: str) -> bytes:
    figure = Figure(figsize=(3, 2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([1, 20], [1e-3, 1e4])
    left.set(yscale="log", title="a\ntitle", xlabel="x", ylabel="y")
    left.tick_params(axis="x", labelrotation=30)
    right.imshow(np.arange(6.0).reshape(2, 3))
    inside = right.inset_axes((0.5, 0.5, 0.4, 0.4))
    inside.annotate("name", (0.2, 0.2), (0.8, 0.8), arrowprops={"arrowstyle": "-"}, wrap=True)
    made = io.BytesIO()
    figure.savefig(made, format=kind, metadata={"Date": None} if kind == "svg" else None, dpi=120)
    return made.getvalue()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_is_drawn(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("matplotlib").rcParams, "svg.hashsalt", "a")
    plain = _drawn(kind)
    with measured_once():
        assert _drawn(kind) == plain
        assert _drawn(kind) == plain  # with all of the sizes known


def test_matplotlib_is_as_it_was_afterwards() -> None:
    names: list[tuple[Any, str]] = [
        (Axes, "draw"),
        (Axes, "get_tightbbox"),
        (Axis, "_update_ticks"),
        (Axis, "_get_ticklabel_bboxes"),
        (Text, "_get_layout"),
    ]
    before = [getattr(owner, name) for owner, name in names]
    with measured_once():
        within = [getattr(owner, name) for owner, name in names]
    assert not any(own is other for own, other in zip(within, before, strict=True))
    assert [getattr(owner, name) for owner, name in names] == before


def test_ticks_are_found_once_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {False: 0, True: 0}
    for once in asked:
        with monkeypatch.context() as counting:
            real = Axis._update_ticks

            def count(axis: Axis, once: bool = once, real: Any = real) -> Any:
                asked[once] += 1
                return real(axis)

            counting.setattr(Axis, "_update_ticks", count)
            if once:
                with measured_once():
                    _drawn("png")
            else:
                _drawn("png")
    assert asked[True] <= asked[False] / 2
