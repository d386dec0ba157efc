"""Figures on disk: PNG, SVG or PDF, the same bytes from the same figure."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from resist_epi.errors import InputFormatError
from resist_epi.io.store import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Dates and the version of matplotlib would make equal figures differ.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": "resist_epi"},
    ".pdf": {"CreationDate": None, "Creator": "resist_epi", "Producer": "resist_epi"},
}

_PNG_LEVEL = 3  # of zlib: a sixth faster than 6 for a thirtieth more bytes

FIGURE_SUFFIXES = tuple(_METADATA)

_RC: dict[str, Any] = {
    "pdf.fonttype": 42,  # text stays text, as journals ask
    "svg.fonttype": "none",
    "svg.hashsalt": "resist_epi",
    "savefig.facecolor": "white",
}


_NO_LAYOUT: dict[str, Any] = {"figure.autolayout": False, "figure.constrained_layout.use": False}


def check_figure_path(path: str | Path) -> str:
    """Return the lower-case suffix of a figure's path.

    Raises
    ------
    InputFormatError
        If it is none of `FIGURE_SUFFIXES`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _METADATA:
        raise InputFormatError(
            "a figure's format is told by its name",
            path=path,
            expected=f"a name that ends in {', '.join(FIGURE_SUFFIXES)}",
            found=repr(suffix) if suffix else "no suffix",
        )
    return suffix


@contextmanager
def without_glyph_warnings() -> Iterator[None]:
    """Names may hold what the font has not; a box is drawn for it, and that is no news."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


_for_good: ContextVar[float | None] = ContextVar("resolution of the file", default=None)


@contextmanager
def laid_out_once(*, dpi: float) -> Iterator[None]:
    """Within the block a figure that is laid out before it is finished stays as it is then.

    Names are placed on the figure as laid out; a figure for files alone need not be laid out again.
    """
    token = _for_good.set(dpi)
    try:
        yield
    finally:
        _for_good.reset(token)


def lay_out(figure: Figure) -> None:
    """Lay a figure out, if it has an engine for that; in `laid_out_once` for good."""
    dpi, engine = _for_good.get(), figure.get_layout_engine()
    if dpi is not None:
        settle_layout(figure, dpi=dpi)
    elif engine is not None:
        engine.execute(figure)


def settle_layout(figure: Axes | Figure, *, dpi: float) -> None:
    """Lay a figure out at this resolution, and for good: it is then drawn the same in every format.

    Without it each `save_figure` of a figure with a layout engine draws it twice, once to lay it
    out.
    """
    import matplotlib as mpl
    from matplotlib.axes import Axes

    whole: Any = figure.get_figure(root=True) if isinstance(figure, Axes) else figure
    engine = whole.get_layout_engine()
    if engine is not None:
        whole.set_dpi(dpi)
        with mpl.rc_context(cast(Any, _NO_LAYOUT)), without_glyph_warnings():
            engine.execute(whole)
            whole.set_layout_engine(None)  # "none" leaves an engine that makes savefig draw twice


def save_figure(
    figure: Axes | Figure, path: str | Path, *, dpi: float = 300, close: bool = False
) -> None:
    """Write a figure, whole or not at all, in the format that the suffix names.

    Parameters
    ----------
    figure
        The figure, or any Axes in it.
    path
        Ends in `.png`, `.svg` or `.pdf`.
    dpi
        Dots an inch of a PNG, and of what is drawn as a bitmap inside SVG and PDF.
    close
        Take the figure from pyplot's list afterwards, for programs that make many.

    Raises
    ------
    InputFormatError
        If the suffix is another, the folder cannot be written, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(Figure(), f"{folder}/figure.pdf")
    """
    import matplotlib as mpl
    from matplotlib.axes import Axes

    suffix = check_figure_path(path)
    whole: Any = figure.get_figure(root=True) if isinstance(figure, Axes) else figure
    rc = mpl.rc_context(cast(Any, _RC))
    with rc, without_glyph_warnings(), atomic_path(path) as temporary:
        more = {"pil_kwargs": {"compress_level": _PNG_LEVEL}} if suffix == ".png" else {}
        whole.savefig(temporary, format=suffix[1:], dpi=dpi, metadata=_METADATA[suffix], **more)
    if close:
        import matplotlib.pyplot as plt

        plt.close(whole)
