"""Matplotlib's own measuring, done once where it would be done over and over.

While a figure is laid out and drawn, matplotlib asks an axis for its ticks, and a text for its
size, several times in a row, and works out the answer each time. Nothing changes between: inside
the block the first answer is kept. What is drawn is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

_MOST = 4096  # sizes of texts that are kept


@contextmanager
def measured_once() -> Iterator[None]:
    """Keep what matplotlib measures, for the length of a block in which figures are drawn.

    What a version of matplotlib does not have is left as it is: it then takes longer.
    """
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.text import Text

    kept: list[tuple[type, str, Any]] = []

    def put(owner: type, name: str, made: Callable[[Any], Any]) -> None:
        own = owner.__dict__.get(name)
        if own is not None:
            kept.append((owner, name, own))
            setattr(owner, name, made(own))

    known = _Known()
    try:
        base = next(c for c in Axes.__mro__ if "draw" in c.__dict__)
        for name in ("draw", "get_tightbbox"):
            put(base, name, known.for_one_axes)
        put(Axis, "_update_ticks", known.ticks)
        put(Axis, "_get_ticklabel_bboxes", known.boxes)
        put(Text, "_get_layout", known.layout)
        yield
    finally:
        for owner, name, own in reversed(kept):
            setattr(owner, name, own)


class _Known:
    """What was measured: of ticks while one Axes is drawn or measured, of texts for good."""

    def __init__(self) -> None:
        self._at: list[tuple[Any, dict[Any, Any]]] = []  # Axes at work, innermost last
        self._sizes: dict[Any, Any] = {}

    def for_one_axes(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapped(axes: Any, *args: Any, **options: Any) -> Any:
            self._at.append((axes, {}))
            try:
                return work(axes, *args, **options)
            finally:
                self._at.pop()

        return wrapped

    def _of(self, axis: Any) -> dict[Any, Any] | None:
        """What is known of the axis: of the Axes at work alone, which has its size by now."""
        if self._at and self._at[-1][0] is axis.axes:
            return self._at[-1][1]
        return None

    def ticks(self, work: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(work)
        def wrapped(axis: Any) -> Any:
            known = self._of(axis)
            if known is None:
                return work(axis)
            if axis not in known:
                known[axis] = work(axis)
            return known[axis]

        return wrapped

    def boxes(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapped(axis: Any, ticks: Any, renderer: Any) -> Any:
            known = self._of(axis)
            # Only of the ticks that were found above.
            if known is None or known.get(axis) is not ticks:
                return work(axis, ticks, renderer)
            key = axis, renderer, axis.get_figure(root=True).dpi
            if key not in known:
                known[key] = work(axis, ticks, renderer)
            return known[key]

        return wrapped

    def layout(self, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapped(text: Any, renderer: Any) -> Any:
            key = _look(text, renderer)
            if key is None:
                return work(text, renderer)
            found = self._sizes.get(key)
            if found is None:
                if len(self._sizes) >= _MOST:
                    self._sizes.clear()
                found = self._sizes[key] = work(text, renderer)
            return found

        return wrapped


_LOOKS = (
    "_text",
    "_usetex",
    "_parse_math",
    "_rotation",
    "_rotation_mode",
    "_horizontalalignment",
    "_verticalalignment",
    "_multialignment",
    "_linespacing",
)


def _look(text: Any, renderer: Any) -> Any:
    """All that the size of a text depends on; None where its place is part of that."""
    own = text.__dict__
    try:
        if own["_wrap"] or own["_transform_rotates_text"]:
            return None
        look = tuple([own[name] for name in _LOOKS])
        dots = text.get_figure(root=True).dpi, getattr(renderer, "dpi", None)
        drawn_by = type(renderer), type(getattr(renderer, "_renderer", None))
        return (*drawn_by, *dots, hash(own["_fontproperties"]), *look)
    except (KeyError, AttributeError):  # of another version
        return None
