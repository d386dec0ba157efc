"""Edges of regions, and the segments between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import IntArray


def region_cuts(starts: NDArray[np.uint32], ends: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Where regions begin or end: sorted, each place once."""
    edges = np.empty(2 * starts.size, dtype=np.uint32)
    edges[0::2], edges[1::2] = starts, ends
    # Bins and sorted peaks come in order already.
    if edges.size and not (edges[1:] >= edges[:-1]).all():
        edges.sort()
    return edges[np.concatenate([[True], edges[1:] != edges[:-1]])] if edges.size else edges


def region_segments(
    cuts: NDArray[np.uint32], starts: NDArray[np.uint32], ends: NDArray[np.uint32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First segment of each region, and the one after its last."""
    first = np.searchsorted(cuts, starts)
    last = np.empty_like(first)
    # Bins begin where the one before ends: searched once, that serves both.
    shared = np.zeros(starts.size, dtype=bool)
    np.equal(ends[:-1], starts[1:], out=shared[:-1])
    last[shared] = first[1:][shared[:-1]]
    last[~shared] = np.searchsorted(cuts, ends[~shared])
    return first, last


def numbers_of(first: IntArray, count: IntArray) -> tuple[slice | IntArray, IntArray]:
    """Numbers `first` to `first + count` of every pair, in one row, and where each pair begins."""
    end = np.cumsum(count)
    at = end - count
    if first.size == 1:
        return slice(int(first[0]), int(first[0] + count[0])), at
    return np.repeat(first - at, count) + np.arange(int(end[-1])), at
