"""Colours of the user's own for groups, in every figure that is drawn inside a block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from resist_epi.errors import InputFormatError, quoted

_OWN: ContextVar[Mapping[str, str]] = ContextVar("own colours of levels", default={})  # noqa: B039


@contextmanager
def own_colours(colours: Mapping[str, str]) -> Iterator[None]:
    """Draw levels of the sheet's columns in colours of your own, in all figures of a block.

    Levels without one keep the colour that they have by default.

    Parameters
    ----------
    colours
        Level (such as a `Condition` or `Batch`) -> any colour that matplotlib knows.

    Raises
    ------
    InputFormatError
        If one is no colour.

    Examples
    --------
    >>> from resist_epi.plots.style import level_colours
    >>> with own_colours({"poor": "#AA3377"}):
    ...     level_colours(["good", "poor"])["poor"]
    '#AA3377'
    """
    from matplotlib.colors import is_color_like

    for level, colour in colours.items():
        if not is_color_like(colour):
            raise InputFormatError(
                f"{quoted(colour)}, for {quoted(level)}, is no colour",
                expected="a name such as tomato, or #RRGGBB",
            )
    token = _OWN.set({str(level): colour for level, colour in colours.items()})
    try:
        yield
    finally:
        _OWN.reset(token)


def chosen_colours(levels: Iterable[str]) -> dict[str, str]:
    """Level -> colour, of those that the block at hand gives one."""
    own = _OWN.get()
    return {level: own[level] for level in levels if level in own}
