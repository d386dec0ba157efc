"""How every figure looks: one column wide, readable in print, safe for colour-blind readers.

Colours are those of Okabe and Ito (2008, "Color universal design") and others. Gain, loss and
the first groups stay apart for the colour-blind, and in grey print by their lightness alone
(`tests/plots/test_style.py` holds the least distances). Settings hold inside `paper_style` only;
nothing global changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError, unknown_name
from resist_epi.io.figures import without_glyph_warnings
from resist_epi.plots.own_colours import chosen_colours
from resist_epi.samples.sheet import SampleSheet

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

# A sample sheet, or its table; None where nothing is known of the samples.
Samples: TypeAlias = SampleSheet | pd.DataFrame | None


COLUMN_MM = 85.0  # one column of a journal's page

PAGE_MM = 178.0  # two columns

MM = 1 / 25.4  # inches

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"

YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#005DA3", "#D55E00", "#CC79A7"

VIOLET, TEAL, SAND, BROWN = "#2E1A47", "#3FBF9B", "#F2D16B", "#7A4B2A"

GREY, PALE, INK = "#999999", "#D9D9D9", "#333333"

DIRECTIONS = ("gain", "loss", "none")

NOT_TESTED = "not tested"

DIRECTION_COLOURS = {"gain": VERMILLION, "loss": BLUE, "none": GREY, NOT_TESTED: PALE}

# Groups keep clear of the colours of gain and loss; neighbours differ in lightness, too.
GROUP_COLOURS = (VIOLET, TEAL, SAND, PURPLE, SKY, BLACK)

# Clusters and other sets of regions never look like a group of tumours, nor like gain or loss.
CLUSTER_COLOURS = (
    "#8A8A20",
    "#E79C9C",
    "#6B7B8C",
    BROWN,
    "#B9DDAA",
    "#C9B98A",
    "#9C6FB8",
    "#404040",
)

# What became of a call from one run to another: no direction, so none of its colours.
CALL_CHANGE_COLOURS = {"kept": PALE, "gained": SKY, "lost": PURPLE, "turned": BLACK}

MARK_COLOURS = (BLACK, SKY, YELLOW, PURPLE, ORANGE, GREEN)

BATCH_COLOURS = ("#F0F0F0", "#525252", "#BDBDBD", "#000000", "#D9D9D9", "#737373", "#969696")

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<")

_FONT = 7.0

SMALL_FONT = 6.0  # the smallest that stays readable in print

LINE = 0.6

_RC: dict[str, Any] = {
    # Comes with matplotlib: names are measured and drawn alike on every machine.
    "font.family": ["DejaVu Sans"],
    "font.size": _FONT,
    "text.parse_math": False,  # names of groups and genes are names, dollar signs or not
    "axes.titlesize": _FONT,
    "axes.labelsize": _FONT,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "axes.linewidth": LINE,
    "axes.edgecolor": INK,
    "axes.labelcolor": "black",
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "white",
    "figure.facecolor": "white",
    "figure.dpi": 150.0,
    "xtick.labelsize": SMALL_FONT,
    "ytick.labelsize": SMALL_FONT,
    "lines.linewidth": 1.0,
    "patch.linewidth": LINE,
    "legend.fontsize": SMALL_FONT,
    "legend.title_fontsize": SMALL_FONT,
    "legend.frameon": False,
    "legend.handlelength": 1.2,
    "legend.handletextpad": 0.4,
    "legend.borderaxespad": 0.2,
    "legend.labelspacing": 0.25,
    "legend.columnspacing": 1.0,
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib's settings for print, for the length of a block."""
    import matplotlib as mpl

    interactive = mpl.is_interactive()
    try:
        with mpl.rc_context(cast(Any, _RC)), without_glyph_warnings():
            try:
                yield
            finally:
                interactive = mpl.is_interactive()
    finally:
        # A notebook's first figure loads its backend, which shows what is drawn from then on: the
        # end of the block would take that back, and no later figure would be seen.
        mpl.interactive(interactive)


def new_axes(ax: Axes | None, *, width: float = COLUMN_MM, height: float = 70.0) -> Axes:
    """Return `ax`, or the Axes of a new figure, `width` x `height` mm; call in `paper_style`."""
    if ax is not None:
        return _adopt(ax)
    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = ConstrainedLayoutEngine(w_pad=1.5 * MM, h_pad=1.5 * MM)
    _, new = plt.subplots(figsize=(width * MM, height * MM), layout=engine)
    return style_ticks(new)


def _adopt(ax: Axes) -> Axes:
    """Give the reader's Axes the look of ours: what is there already keeps its own settings."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set(linewidth=LINE, color=INK)
    for label in (ax.xaxis.label, ax.yaxis.label):
        label.set(fontsize=_FONT, fontfamily=_RC["font.family"])
    return style_ticks(ax)


def style_ticks(ax: Axes) -> Axes:
    """Fix tick sizes on the Axes: ticks are made later, when the settings hold no more."""
    ax.tick_params(which="major", labelsize=SMALL_FONT, width=LINE, length=2.5, pad=1.5)
    ax.tick_params(which="minor", width=LINE * 0.7, length=1.5)
    return ax


def panel(ax: Axes, label: str) -> Axes:
    """Return the panel of a composite figure by its label.

    Raises
    ------
    KeyError
        If there is none of that label.
    """
    from matplotlib.axes import Axes

    for child in ax.child_axes:
        if isinstance(child, Axes) and child.get_label() == label:
            return child
    raise KeyError(f"no panel {label!r}; there are {[c.get_label() for c in ax.child_axes]}")


def calls_shown(results: pd.DataFrame) -> NDArray[np.object_]:
    """Gain, loss, none or "not tested" of each region; what is neither gain nor loss is none.

    Parameters
    ----------
    results
        `direction`, and `pvalue`, without which nobody knows what was tested.
    """
    known = results["direction"]
    shown = known.where(known.isin(DIRECTIONS), "none")
    if "pvalue" in results:
        shown = shown.mask(results["pvalue"].isna() & (shown == "none"), NOT_TESTED)
    return np.asarray(shown.to_numpy(dtype=object))


def rasterize(artist: Artist) -> None:
    """Draw the artist as a bitmap inside SVG and PDF, so that 60,000 points stay small."""
    artist.set_rasterized(True)


def shorten(name: object, limit: int = 24) -> str:
    """The name, its middle left out where it is longer than `limit` characters."""
    text = str(name)
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def shorten_all(
    names: Sequence[object], limit: int = 24, *, tidy_above: int | None = None
) -> list[str]:
    """Names of at most `limit` characters that stay apart.

    Where one is too long (or longer than `tidy_above`), what all begin and end with is left out
    first, for it tells nothing. Of names that would become equal what tells them apart is kept;
    where that is too long, they get a number.
    """
    texts = [str(name) for name in names]
    if len(texts) > 1 and max(map(len, texts)) > (limit if tidy_above is None else tidy_above):
        head = _common_length(texts)
        tail = _common_length([t[head:][::-1] for t in texts])
        texts = [
            "…" * (head > 1) + t[head * (head > 1) : len(t) - tail * (tail > 1)] for t in texts
        ]
    short = [shorten(t, limit) for t in texts]
    for text, n in Counter(short).items():
        alike = [i for i, own in enumerate(short) if own == text]
        if n > 1:
            apart = _told_apart([texts[i] for i in alike], limit)
            for i, own in zip(alike, apart, strict=True):
                short[i] = own
    seen: Counter[str] = Counter()
    unique = []
    for text in short:
        seen[text] += 1
        unique.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return unique


def _told_apart(texts: list[str], limit: int) -> list[str]:
    """Their start and where they differ, in at most `limit` letters; as `shorten` if too long."""
    head = _common_length(texts)
    tail = _common_length([t[head:][::-1] for t in texts])
    own = [t[head : len(t) - tail] for t in texts]
    room = limit - max(map(len, own)) - 2
    if room < 1 or min(map(len, own)) == 0:
        return [shorten(t, limit) for t in texts]
    start = texts[0][: min(head, room)]
    end = "…" if tail else ""
    return [f"{start}{'…' if head > room else ''}{text}{end}" for text in own]


def _common_length(texts: Sequence[str]) -> int:
    """How many letters all texts begin with."""
    first, last = min(texts), max(texts)  # in sorted order the two that differ earliest
    pairs = enumerate(zip(first, last, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(last)))


def level_colours(
    levels: Iterable[object], palette: Sequence[str] = GROUP_COLOURS
) -> dict[str, str]:
    """Level -> colour, the same in every figure: levels in sorted order, empty ones white.

    More levels than colours get evenly spaced ones from a colour map.
    """
    names = sorted({str(level) for level in levels if not _is_empty(level)})
    colours = list(palette)
    if len(names) > len(colours):
        import matplotlib as mpl

        spread = mpl.colormaps["pink" if palette is CLUSTER_COLOURS else "viridis"]
        steps = np.linspace(0.05, 0.8 if palette is CLUSTER_COLOURS else 0.95, len(names))
        colours = [mpl.colors.to_hex(spread(s)) for s in steps]
    return {**dict(zip(names, colours, strict=False)), "": "white", **chosen_colours(names)}


def text_colour(colour: str) -> str:
    """The colour, darker where letters of it would be pale on white (contrast of 4.5, WCAG 2.1)."""
    import matplotlib as mpl

    rgb = np.array(mpl.colors.to_rgb(colour))
    for share in np.linspace(1.0, 0.0, 41):
        linear = np.where(rgb * share <= 0.04045, rgb * share / 12.92,
                          ((rgb * share + 0.055) / 1.055) ** 2.4)  # fmt: skip
        if 1.05 / (float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05) >= 4.5:
            return str(mpl.colors.to_hex(rgb * share))
    return BLACK


def gain_loss_map() -> Any:
    """Colour map from loss over nothing to gain; what is not known is pale."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = [BLUE, "#78A9D0", "#F7F7F7", "#EAAE7F", VERMILLION]
    return LinearSegmentedColormap.from_list("loss_gain", colours).with_extremes(bad=PALE)


def _is_empty(level: object) -> bool:
    return level is None or level == "" or bool(pd.isna(level))  # type: ignore[call-overload]


def require(table: pd.DataFrame, columns: Sequence[str], *, what: str) -> None:
    """Check that a table has what a figure needs.

    Raises
    ------
    InputFormatError
        If a column is missing.
    """
    if missing := [c for c in columns if c not in table]:
        raise InputFormatError(
            f"{what} needs the columns {', '.join(missing)}",
            found=" ".join(map(str, table.columns[:12])),
            remedy="give the table that the figure is made for",
        )


def set_title(ax: Axes, title: str | None, *, pad: float = 3.0) -> None:
    """Write a title, flush left, `pad` points above the frame (legends stand there, too)."""
    if title:
        ax.set_title(title, loc="left", pad=pad, fontsize=_FONT)


def say_empty(ax: Axes, text: str) -> None:
    """Write into an Axes why there is nothing to see."""
    ax.text(
        0.5,
        0.5,
        text,
        transform=ax.transAxes,
        ha="center",
        va="center",
        color=INK,
        fontsize=SMALL_FONT,
        wrap=True,
    )


def thousands(count: int) -> str:
    """12345 -> 12,345."""
    return f"{count:,}"


def lookup(
    samples: Samples, names: Sequence[str], column: str, *, needed: bool = False
) -> pd.Series:
    """One column of the sample sheet for these samples, as text; empty where it is not known.

    Parameters
    ----------
    samples
        Sheet, or its table with `SampleID` (or `sample`), or None.
    column
        Its name, whatever the case.
    needed
        Whether it was asked for by name, so that a sheet without it is an error.

    Raises
    ------
    InputFormatError
        If such a column, or all of the samples, are missing; the message has the nearest name.
    """
    empty = pd.Series("", index=list(names), dtype=object)
    if samples is None:
        return empty
    table = samples.table if isinstance(samples, SampleSheet) else samples
    lower: Mapping[str, str] = {str(c).lower(): str(c) for c in table.columns}
    key = lower.get("sampleid", lower.get("sample"))
    own = lower.get(column.lower())
    if needed and own is None:
        raise InputFormatError(f"the sample sheet: {unknown_name('column', column, table.columns)}")
    if key is None or own is None:
        return empty
    if needed and len(names) and not set(names) & set(table[key]):
        raise InputFormatError(
            f"the sample sheet: {unknown_name('sample', str(names[0]), table[key])}"
        )
    known = table.drop_duplicates(key).set_index(key, drop=False)[own]
    text = known.map(lambda v: "" if _is_empty(v) else f"{v:g}" if isinstance(v, float) else str(v))
    return text.reindex(list(names)).fillna("").astype(object)
