"""Reads behind counts of bins, where a read fills as many bins as its place happens to touch.

A read shorter than a bin touches one bin or two, and a track of bins does not say which: dividing a
region's sum by the mean width of a read in bins errs by the spread of that width. But neighbouring
bins tell: a bin of one between zeros is one read, two bins of one are far more likely one read over
their edge than two that happen to lie side by side. With Poisson reads of a local rate, of which a
share `q[j - 1]` touches j bins, the reads that reach from one bin into the next form a hidden
Markov chain, so that the expected reads of each bin follow from the forward and backward pass
(Rabiner 1989, Proceedings of the IEEE 77: 257-286), for up to three bins a read.
"""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.tracks.compiled import njit

MOST_BINS = 3  # that a read may touch

MOST_COUNT = 14  # of a bin

# Reads a bin. Where there are more, neighbours tell nothing any more; there, and in higher bins,
# counts are divided by the mean.
_DENSEST = 0.8

_RATE_BINS = 25  # on either side, over which the local rate is taken

_LONGEST_CHAIN = 4096  # bins; bounds the memory

_compiled = njit(cache=True, error_model="numpy")


def expected_reads(counts: IntArray, shares: FloatArray) -> FloatArray:
    """Expected reads by bin, each laid in equal parts over the bins that it touches.

    Shape (n,); 0 where the count is 0.

    Parameters
    ----------
    counts
        (n,) reads that touch each of n neighbouring bins.
    shares
        (m,) share of reads that touch 1, 2 ... m bins, m at most 3; sums to 1.

    Examples
    --------
    One read alone in a bin, and one read over an edge:

    >>> expected_reads(np.array([0, 1, 0, 0, 1, 1, 0]), np.array([0.3, 0.7])).round(1)
    array([0. , 1. , 0. , 0. , 0.5, 0.5, 0. ])
    """
    q = np.zeros(MOST_BINS)
    q[: shares.size] = shares
    mean = float(q @ np.arange(1, MOST_BINS + 1))
    out = counts / mean
    if not counts.size:
        return out
    rate = np.maximum(_moving_mean(counts) / mean, 1e-3)
    low = (counts > 0) & (counts <= MOST_COUNT) & (rate <= _DENSEST)
    edges = np.flatnonzero(np.diff(low.astype(np.int8), prepend=0, append=0))
    tables = _tables(q)
    parts = [
        (begin, min(begin + _LONGEST_CHAIN, last))
        for first, last in edges.reshape(-1, 2).tolist()
        for begin in range(first, last, _LONGEST_CHAIN)
    ]
    for first, last in parts:
        # Beside a bin left out the chain begins and ends open: reads may reach in or out.
        open_left = first > 0 and counts[first - 1] > 0
        open_right = last < counts.size and counts[last] > 0
        _smooth(
            counts[first:last], rate[first:last], tables, open_left, open_right, out[first:last]
        )
    return out


def _moving_mean(counts: IntArray) -> FloatArray:
    total: FloatArray = np.concatenate([[0.0], np.cumsum(counts, dtype=np.float64)])
    at = np.arange(counts.size)
    first = np.maximum(at - _RATE_BINS, 0)
    last = np.minimum(at + _RATE_BINS + 1, counts.size)
    mean: FloatArray = (total[last] - total[first]) / (last - first)
    return mean


def _tables(q: FloatArray) -> FloatArray:
    """q[j]^n / n! for every number of bins and of reads; (3, 15)."""
    n = np.arange(MOST_COUNT + 1)
    factorial = np.cumprod(np.maximum(n, 1).astype(np.float64))
    # A read of one bin must stay possible (edges of chromosomes), else no path may be left.
    least = np.array([1e-9, 0.0, 0.0])
    tables: FloatArray = np.maximum(q, least)[:, None] ** n / factorial
    return tables


@_compiled
def _powers(rate):  # type: ignore[no-untyped-def]
    power = np.ones(MOST_COUNT + 1)
    for n in range(1, MOST_COUNT + 1):
        power[n] = power[n - 1] * rate
    return power


@_compiled
def _onward(here, count, power, tables, longest, onward):  # type: ignore[no-untyped-def]
    """Add the weights of the states of one bin to those of the next; their sum becomes 1."""
    total = 0.0
    for x in range(count + 1):
        for y in range(min(count - x, longest) + 1):
            new = count - x - y
            before = here[x, y] * power[new]
            if before == 0.0:
                continue
            for c in range(min(new, longest) + 1):
                for b in range(new - c + 1):
                    w = before * tables[0, new - b - c] * tables[1, b] * tables[2, c]
                    onward[y + b, c] += w
                    total += w
    onward /= total


@_compiled
def _back(here, count, power, tables, longest, behind, before):  # type: ignore[no-untyped-def]
    """Weights of what follows, by state; and expected reads of 1, 2, 3 bins, and older ones."""
    expected = np.zeros(4)
    total = 0.0
    for x in range(count + 1):
        for y in range(min(count - x, longest) + 1):
            new = count - x - y
            for c in range(min(new, longest) + 1):
                for b in range(new - c + 1):
                    w = power[new] * tables[0, new - b - c] * tables[1, b] * tables[2, c]
                    w *= behind[y + b, c]
                    before[x, y] += w
                    w *= here[x, y]
                    total += w
                    expected[0] += w * (new - b - c)
                    expected[1] += w * b
                    expected[2] += w * c
                    expected[3] += w * (x + y)
    before /= before.max()
    return expected / total


@_compiled
def _smooth(counts, rate, tables, open_left, open_right, out):  # type: ignore[no-untyped-def]
    """Forward and backward over neighbouring bins of 1 to 14 reads; `out` is written.

    A state is (x, y): reads that reach one bin further, and two. From it, a bin of `count` reads
    has `count - x - y` new ones, a of one bin, b of two, c of three; the next state is (y + b, c).
    """
    n = len(counts)
    side = MOST_COUNT + 1
    longest = MOST_COUNT if tables[2, 1] > 0 else 0
    mean = tables[0, 1] + 2.0 * tables[1, 1] + 3.0 * tables[2, 1]
    forward = np.zeros((n + 1, side, side))
    behind = np.zeros((side, side))
    forward[0, 0, 0] = behind[0, 0] = 1.0
    if open_left:
        forward[0, :, : longest + 1] = 1.0
    if open_right:
        behind[:, :] = 1.0
    for i in range(n):
        _onward(forward[i], counts[i], _powers(rate[i]), tables, longest, forward[i + 1])
    out[:] = 0.0
    for i in range(n - 1, -1, -1):
        before = np.zeros((side, side))
        power = _powers(rate[i])
        found = _back(forward[i], counts[i], power, tables, longest, behind, before)
        behind = before
        out[i] += found[0] + found[1] / 2.0 + found[2] / 3.0
        if i + 1 < n:
            out[i + 1] += found[1] / 2.0 + found[2] / 3.0
        if i + 2 < n:
            out[i + 2] += found[2] / 3.0
        if i == 0 and open_left:
            out[0] += found[3] / mean
