"""Names beside points that neither cover one another nor leave the Axes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import closest, quoted
from resist_epi.io.figures import lay_out
from resist_epi.plots.style import INK, SMALL_FONT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

logger = logging.getLogger(__name__)


_PAD = 1.0  # points around a label that stay free

_COVERED = 8.0  # what a covered point costs, in points of distance

_CROSSED = 60.0  # and what a crossed line or label costs

_STRUCK = 40.0  # and a line through another labelled point

_APART = 4.0  # points this near to one another are not told apart by a line

_MOVED = 8  # labels nearby of which one is moved so that two lines do not cross

_ANGLES = np.deg2rad(np.arange(0, 360, 22.5))

_LINE = {"arrowstyle": "-", "lw": 0.4, "color": INK, "shrinkA": 0.5, "shrinkB": 1.2}

_RADII = (4.0, 8.0, 13.0, 19.0, 26.0, 34.0, 44.0)  # further away, a name is better left out


def place_labels(
    sizes: FloatArray, anchors: FloatArray, points: FloatArray, frame: tuple[float, float]
) -> FloatArray:
    """Choose where labels stand: greedily, each at the best free place near its point.

    A label takes, among places on rings around its point, the one of least cost: distance, points
    covered, and leader lines crossed. Overlap with another label, and leaving the frame, are
    excluded; a label without any place left is left out. Labels whose lines cross are then placed
    again, at first the two, then with another one that stands in their way; what still crosses is
    left out. Gives their centres, (n, 2); NaN where there is no room.

    Parameters
    ----------
    sizes
        (n, 2) width and height of the labels, in points (1/72 inch) as all lengths here.
    anchors
        (n, 2) the labelled points, most important first.
    points
        (m, 2) points that labels had better not cover.
    frame
        Width and height of the Axes; its lower left corner is the origin.
    """
    placer = _Placer(sizes / 2 + _PAD, anchors, _Crowd(points, frame), frame)
    for i in range(len(sizes)):
        placer.put(i)
    placer.uncross()
    return placer.centres


class _Placer:
    """Labels, each with the places that the others leave it."""

    def __init__(
        self, half: FloatArray, anchors: FloatArray, crowd: _Crowd, frame: tuple[float, float]
    ) -> None:
        self.half = half
        self.anchors = anchors
        self.crowd = crowd
        self.frame = np.array(frame)
        self.centres = np.full((len(half), 2), np.nan)
        self.candidates: dict[int, tuple[FloatArray, FloatArray]] = {}

    def put(self, i: int, *, crossing: bool = True) -> bool:
        """Put a label at its best free place; whether there is one."""
        centres, cost = self._within(i)
        free, crossed = self._beside_others(i, centres)
        if not crossing:
            free &= crossed == 0
        if not free.any():
            return False
        self.centres[i] = centres[free][np.argmin((cost + _CROSSED * crossed)[free])]
        return True

    def uncross(self) -> None:
        """Move labels until no line crosses another line or label, or leave the lesser one out."""
        for i in self._placed():
            while crossing := self._crossed_by(i):
                j = crossing[0]
                if not self._put_both(i, j) and not self._put_both_and_another(i, j):
                    self.centres[max(i, j)] = np.nan
        for i in np.flatnonzero(np.isnan(self.centres[:, 0])).tolist():
            self.put(i, crossing=False)  # others may have left room since

    def _put_both(self, i: int, j: int) -> bool:
        """Put two labels at the best two places where nothing crosses; whether there are such."""
        stood = self.centres[[i, j]].copy()
        self.centres[[i, j]] = np.nan
        centres, costs = zip(*(self._uncrossed(k) for k in (i, j)), strict=True)
        good = ~self._in_each_others_way((i, j), *centres)
        if not good.any():
            self.centres[[i, j]] = stood
            return False
        cost = np.where(good, costs[0][:, None] + costs[1][None, :], np.inf)
        one, other = np.unravel_index(np.argmin(cost), cost.shape)
        self.centres[[i, j]] = centres[0][one], centres[1][other]
        return True

    def _put_both_and_another(self, i: int, j: int) -> bool:
        """The same, and one of the labels nearby is placed anew after them."""
        others = np.array([k for k in self._placed() if k not in (i, j)], dtype=np.int64)
        near = np.hypot(*(self.centres[others] - self.anchors[i]).T)
        for k in others[np.argsort(near)[:_MOVED]].tolist():
            stood = self.centres[[i, j, k]].copy()
            self.centres[k] = np.nan
            if self._put_both(i, j) and self.put(k, crossing=False):
                return True
            self.centres[[i, j, k]] = stood
        return False

    def _uncrossed(self, i: int) -> tuple[FloatArray, FloatArray]:
        """Free places of a label whose line crosses nothing, and what each costs."""
        centres, cost = self._within(i)
        free, crossed = self._beside_others(i, centres)
        good = free & (crossed == 0)
        return centres[good], cost[good]

    def _in_each_others_way(
        self, labels: tuple[int, int], places: FloatArray, others: FloatArray
    ) -> NDArray[np.bool_]:
        """(n, m) whether two labels at these places, or their lines, meet."""
        (a, b), (half, size) = self.anchors[list(labels)], self.half[list(labels)]
        at, to = places[:, None, :], others[None, :, :]
        meet = (np.abs(at - to) < half + size).all(axis=-1)
        meet |= _segments_hit_boxes(a, at, to - size, to + size)
        meet |= _segments_hit_boxes(b, to, at - half, at + half)
        return np.asarray(meet | _segments_cross(a, at, b, to))

    def _placed(self) -> list[int]:
        return np.flatnonzero(np.isfinite(self.centres[:, 0])).tolist()

    def _crossed_by(self, i: int) -> list[int]:
        """Labels whose line or box the line of a label crosses, or whose line crosses its box."""
        if np.isnan(self.centres[i, 0]):
            return []
        at, own = self.centres[i], self.half[i]
        found = []
        for j in self._placed():
            if j == i:
                continue
            point, centre, half = self.anchors[j], self.centres[j], self.half[j]
            across = _segments_cross(self.anchors[i], at, point, centre)
            through = _segments_hit_boxes(self.anchors[i], at, centre - half, centre + half)
            if across or through or _segments_hit_boxes(point, centre, at - own, at + own):
                found.append(j)
        return found

    def _within(self, i: int) -> tuple[FloatArray, FloatArray]:
        """Places of a label inside the frame that hide no other labelled point, and their cost."""
        if i not in self.candidates:
            anchor, half = self.anchors[i], self.half[i]
            centres = _candidates(anchor, half)
            low, high = centres - half, centres + half
            good = (low >= 0).all(axis=1) & (high <= self.frame).all(axis=1)
            struck = np.zeros(len(centres), dtype=np.int64)
            for other in np.delete(self.anchors, i, axis=0):
                good &= ~((low < other + 1.5).all(axis=1) & (high > other - 1.5).all(axis=1))
                if np.hypot(*(other - anchor)) > _APART:
                    struck += _segments_hit_boxes(anchor, centres, other - 1.5, other + 1.5)
            centres, low, high = centres[good], low[good], high[good]
            cost = np.hypot(*(centres - anchor).T) + _COVERED * self.crowd.count(low, high)
            cost += _STRUCK * struck[good]
            self.candidates[i] = centres, np.asarray(cost, dtype=np.float64)
        return self.candidates[i]

    def _beside_others(
        self, i: int, centres: FloatArray
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which places touch no placed label or line, and what the lines to them would cross."""
        anchor, low, high = self.anchors[i], centres - self.half[i], centres + self.half[i]
        free, crossed = np.ones(len(centres), dtype=bool), np.zeros(len(centres), dtype=np.int64)
        for j in self._placed():
            at, half, point = self.centres[j], self.half[j], self.anchors[j]
            free &= ~((low < at + half).all(axis=1) & (high > at - half).all(axis=1))
            free &= ~_segments_hit_boxes(point, at, low, high)
            crossed += _segments_hit_boxes(anchor, centres, at - half, at + half)
            crossed += _segments_cross(anchor, centres, point, at)
        return free, crossed


def _candidates(anchor: FloatArray, half: FloatArray) -> FloatArray:
    """Centres of a label around its point, so that its edge is a ring's radius away."""
    direction = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
    rings = [anchor + direction * (half + radius) for radius in _RADII]
    return np.concatenate(rings)


class _Crowd:
    """How many points lie in a box, from a summed grid of 2-point cells."""

    def __init__(self, points: FloatArray, frame: tuple[float, float]) -> None:
        self.shape = tuple(max(1, int(np.ceil(side / 2))) for side in frame)
        inside = points[np.isfinite(points).all(axis=1)]
        cells = np.histogram2d(
            inside[:, 0],
            inside[:, 1],
            bins=self.shape,
            range=[[0, 2 * self.shape[0]], [0, 2 * self.shape[1]]],
        )[0]
        # A cell that is full counts little more than one with a point: what matters is ink.
        self.total = np.zeros((self.shape[0] + 1, self.shape[1] + 1))
        self.total[1:, 1:] = np.minimum(cells, 2).cumsum(axis=0).cumsum(axis=1)

    def count(self, low: FloatArray, high: FloatArray) -> FloatArray:
        limit = np.array(self.shape)
        a = np.clip((low // 2).astype(int), 0, limit)
        b = np.clip(np.ceil(high / 2).astype(int), 0, limit)
        t = self.total
        inside = (
            t[b[:, 0], b[:, 1]] - t[a[:, 0], b[:, 1]] - t[b[:, 0], a[:, 1]] + t[a[:, 0], a[:, 1]]
        )
        return np.asarray(inside, dtype=np.float64)


def _segments_hit_boxes(
    a: FloatArray, b: FloatArray, low: FloatArray, high: FloatArray
) -> NDArray[np.bool_]:
    """Liang and Barsky's clipping: whether any of a segment is inside a box.

    The arrays, (2,) or (n, 2), are broadcast: one segment and n boxes, or n segments and one box.
    """
    step = b - a
    flat = np.abs(step) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (low - a) / step, (high - a) / step
    beside = flat & ((a <= low) | (a >= high))
    enter = np.where(flat, 0.0, np.minimum(one, two)).max(axis=-1)
    leave = np.where(flat, 1.0, np.maximum(one, two)).min(axis=-1)
    return np.asarray((np.maximum(enter, 0.0) < np.minimum(leave, 1.0)) & ~beside.any(axis=-1))


def _segments_cross(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> NDArray[np.bool_]:
    """Whether the segments from a to each of b, (n, 2), cross the one from c to d."""

    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        return np.asarray(
            (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1])
            - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])
        )

    apart = side(a, b, c) * side(a, b, d) < 0
    return np.asarray(apart & (side(c, d, a) * side(c, d, b) < 0))


@lru_cache(maxsize=4096)
def text_size(text: str, font_size: float, *, italic: bool = True) -> tuple[float, float]:
    """Width and height of a line of text in points; needs no renderer."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(size=font_size, style="italic" if italic else "normal")
    # Every line is as high as one with ascenders and descenders.
    outline = TextPath((0, 0), text, prop=font)
    # Letters reach furthest at points of their outline; the curves between need not be followed.
    x = outline.vertices[outline.codes != outline.CLOSEPOLY, 0]
    return float(np.ptp(x)) if len(x) else 0.0, font_size * 1.05


def add_labels(
    ax: Axes,
    texts: Sequence[str],
    xy: FloatArray,
    *,
    points: FloatArray,
    italic: bool = True,
    font_size: float = SMALL_FONT,
) -> list[Annotation]:
    """Write names beside points, with thin lines to them; return those that found room.

    The layout is settled first where the figure has a layout engine, for places are measured on
    the Axes as it will be drawn.

    Parameters
    ----------
    texts
        n names, most important first.
    xy
        (n, 2) their points, in data coordinates.
    points
        (m, 2) all points, in data coordinates.
    """
    if not len(texts):
        return []
    figure = ax.get_figure(root=True)
    if figure is None:
        return []
    if figure.get_layout_engine() is not None:
        lay_out(figure)
    else:
        ax.apply_aspect()
    to_points = 72.0 / figure.dpi
    box = ax.get_window_extent()
    corner = np.array([box.x0, box.y0])

    def place(data: FloatArray) -> FloatArray:
        return np.asarray((ax.transData.transform(data) - corner) * to_points, dtype=np.float64)

    anchors = place(np.asarray(xy, dtype=np.float64))
    sizes = np.array([text_size(t, font_size, italic=italic) for t in texts])
    frame = (box.width * to_points, box.height * to_points)
    centres = place_labels(sizes, anchors, place(points), frame)
    made, line = [], _straight_line()
    for text, data, anchor, centre in zip(texts, xy, anchors, centres, strict=True):
        if np.isnan(centre).any():
            continue
        annotation = ax.annotate(
            text,
            xy=tuple(data),
            xytext=tuple(centre - anchor),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=font_size,
            fontstyle="italic" if italic else "normal",
            bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.6},
            zorder=5,
            arrowprops={"connectionstyle": line, **_LINE},
        )
        annotation.set_in_layout(False)
        made.append(annotation)
    return made


@lru_cache(maxsize=1)
def _straight_line() -> Any:
    """Matplotlib's line from a name to its point, which begins where the name's box ends.

    Where that is it searches for by halves, and asks the box each time; ours is a rectangle whose
    corners are asked for once.
    """
    from matplotlib.patches import ConnectionStyle, Patch

    class Straight(ConnectionStyle.Arc3):
        def _in_patch(self, patch: Patch) -> Callable[[Sequence[float]], bool]:
            corners = patch.get_transform().transform(patch.get_path().vertices)
            (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            return lambda xy: bool(x0 < xy[0] < x1 and y0 < xy[1] < y1)

    return Straight()


def label_genes(
    ax: Axes,
    symbols: pd.Series,
    order: NDArray[np.intp],
    called: NDArray[np.bool_],
    xy: FloatArray,
    label: int | Sequence[str],
) -> None:
    """Name so many of the called points, or the genes given; of each gene the one that is first.

    Parameters
    ----------
    order
        (m,) positions of the points, the one to be named first at the start.
    """
    symbol = symbols.fillna("").to_numpy(dtype=object)
    if isinstance(label, int):
        wanted, most = [i for i in order if called[i] and symbol[i]], label
    else:
        names = {str(name) for name in label}
        wanted, most = [i for i in order if symbol[i] in names], len(names)
        for name in sorted(names - set(symbol)):
            nearest = closest(name, dict.fromkeys(filter(None, symbol)))
            hint = f"; did you mean {nearest}?" if nearest else ""
            logger.warning("no point is of %s, which was to be named%s", quoted(name), hint)
    first: dict[str, int] = {}
    for i in wanted:
        first.setdefault(str(symbol[i]), int(i))
    rows = list(first.values())[:most]
    add_labels(ax, list(first)[:most], xy[rows], points=xy)
