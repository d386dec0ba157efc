"""A root in an interval, to a given width: Brent's method with its classic stopping rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_EPSILON = float(np.finfo(np.float64).eps)


def bracketed_root(
    function: Callable[[float], float],
    low: float,
    high: float,
    *,
    values: tuple[float, float],
    tolerance: float,
) -> float:
    """Find where a function changes sign: the best point found.

    scipy's `brentq` takes other steps. This one follows the published algorithm to the letter,
    so that a root found to a finite tolerance is the one that R's `uniroot` returns as well.

    Parameters
    ----------
    function
        Continuous on [low, high].
    low, high
        Ends of the interval.
    values
        The function at both ends, of opposite signs.
    tolerance
        Largest distance of the answer from the root.

    References
    ----------
    Brent (1973) Algorithms for Minimization without Derivatives, chapter 4.
    """
    a, b, c = low, high, low
    fa, fb, fc = values[0], values[1], values[0]
    for _ in range(1000):
        last = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        enough = 2 * _EPSILON * abs(b) + tolerance / 2
        step = (c - b) / 2
        if abs(step) <= enough or fb == 0:
            break
        if abs(last) >= enough and abs(fa) > abs(fb):
            step = _interpolated((a, b, c), (fa, fb, fc), step, last, enough)
        if abs(step) < enough:
            step = enough if step > 0 else -enough
        a, fa = b, fb
        b += step
        fb = function(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa
    return b


def _interpolated(
    points: tuple[float, float, float],
    values: tuple[float, float, float],
    bisection: float,
    last: float,
    enough: float,
) -> float:
    """Secant or inverse quadratic step where it is safe, else the bisection step."""
    a, b, c = points
    fa, fb, fc = values
    width = c - b
    s = fb / fa
    if a == c:
        p, q = width * s, 1 - s
    else:
        ratio, t = fa / fc, fb / fc
        p = s * (width * ratio * (ratio - t) - (b - a) * (t - 1))
        q = (ratio - 1) * (t - 1) * (s - 1)
    if p > 0:
        q = -q
    else:
        p = -p
    inside = p < 0.75 * width * q - abs(enough * q) / 2
    return p / q if inside and p < abs(last * q / 2) else bisection
