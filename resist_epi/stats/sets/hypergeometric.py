"""Tails of the hypergeometric distribution, from the ratios of neighbouring probabilities.

Each probability is the one before it times a ratio of four whole numbers, and all of them sum to
one: so no logarithm of a large factorial, which costs digits, is ever taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray


def log_tails(population: int, marked: int, drawn: int) -> tuple[int, FloatArray]:
    """The fewest marked that a draw can hold, and natural logs of P of at least so many.

    Parameters
    ----------
    population
        How many there are, of which
    marked
        so many are marked, and
    drawn
        so many are drawn without putting back.

    Returns
    -------
    tuple
        The fewest marked, and logs of shape (n,): of at least so many, one more, ... to the most
        that there can be.

    Examples
    --------
    >>> fewest, tails = log_tails(10, 4, 3)
    >>> fewest, np.exp(tails).round(4).tolist()
    (0, [1.0, 0.8333, 0.3333, 0.0333])
    """
    fewest, most = max(0, marked + drawn - population), min(marked, drawn)
    k = np.arange(fewest, most, dtype=np.float64)
    rising = (marked - k) * (drawn - k)
    falling = (k + 1) * (population - marked - drawn + k + 1)
    logs = np.r_[0.0, np.cumsum(np.log(rising / falling))]
    logs -= logs.max()
    # From the far end, where each sum is little more than its first term.
    beyond = np.logaddexp.accumulate(logs[::-1])[::-1]
    return fewest, np.asarray(beyond - beyond[0])


def hypergeometric_tail(
    at_least: npt.ArrayLike, population: int, marked: int, drawn: int
) -> FloatArray:
    """P that a draw holds at least so many marked, in the shape of `at_least`.

    Parameters
    ----------
    at_least
        Whole numbers.
    population, marked, drawn
        As of `log_tails`.

    Examples
    --------
    >>> hypergeometric_tail([0, 2, 9], 10, 4, 3).round(4).tolist()
    [1.0, 0.3333, 0.0]
    """
    wanted = np.asarray(at_least, dtype=np.int64)
    fewest, logs = log_tails(population, marked, drawn)
    place = wanted - fewest
    found = np.exp(logs[np.clip(place, 0, len(logs) - 1)])
    return np.asarray(np.where(place < 0, 1.0, np.where(place < len(logs), found, 0.0)))
