"""The loops over the runs of a track that `compiled_tallies` holds, compiled with Numba.

A table of distinct keys gives each a code, from 0 on in the order of their first coming, and holds
`slots`: the code + 1 at the place of the key's hash or behind it, 0 where there is none. At least
half of the slots are free.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from resist_epi.tracks.compiled import njit
from resist_epi.tracks.recovery.run_tallies import WIDEST_GAP

# What is remembered between chunks, by its place in `state`: of the run that is open whether there
# is one, its start, end and the code of its value, whether it touches the one before, and whether
# it is no step down from it; then the chromosome's length, the stretches that are over, the values
# that are known, and whether any was below zero.
OPEN, START, END, CODE, JOINED, UP, LENGTH, STRETCHES, KNOWN, NEGATIVE = range(10)


@njit(cache=True, nogil=True)
def _place(bits: Any, slots: Any) -> Any:
    """Where the search for a key begins: its bits, scrambled by the golden ratio (Knuth, 6.4)."""
    # The middle of the product, to which half of the bits would add nothing.
    folded = np.uint64(bits) ^ (np.uint64(bits) >> np.uint64(32))
    scrambled = folded * np.uint64(0x9E3779B97F4A7C15)
    return (scrambled >> np.uint64(32)) & np.uint64(slots.size - 1)


@njit(cache=True, nogil=True)
def find(key: Any, bits: Any, slots: Any, keys: Any, n: Any) -> Any:
    """Code of a key of which `n` are known; a new one is entered and becomes `n`."""
    at = _place(bits, slots)
    while slots[at]:
        # Unsigned numbers save the loops a look for indices that count from the end.
        code = np.uint64(slots[at]) - np.uint64(1)
        if keys[code] == key:
            return np.int64(code)
        at = (at + np.uint64(1)) & np.uint64(slots.size - 1)
    slots[at] = n + 1
    keys[n] = key
    return n


@njit(cache=True, nogil=True)
def enter_values(slots: Any, keys: Any, n: Any) -> None:
    """Enter the first `n` keys, numbers above zero, into empty slots."""
    for code in range(n):
        find(keys[code], np.float64(keys[code]).view(np.uint64), slots, keys, code)


@njit(cache=True, nogil=True)
def enter_pairs(slots: Any, keys: Any, n: Any) -> None:
    """Enter the first `n` keys, whole numbers, into empty slots."""
    for code in range(n):
        find(keys[code], keys[code], slots, keys, code)


@njit(cache=True, nogil=True)
def note_pair(code: Any, width: Any, pairs: Any) -> None:
    """Count a pair of a value's code and a width; `pairs` has room for one more."""
    slots, keys, numbers, known = pairs
    key = np.int64(code) << 32 | np.int64(width)
    found = find(key, key, slots, keys, known[0])
    if found == known[0]:
        known[0] += 1
    numbers[np.uint64(found)] += 1


@njit(cache=True, nogil=True)
def walk(
    spans: Any,
    values: Any,
    first: Any,
    table: Any,
    state: Any,
    steps: Any,
    islands: Any,
    gaps: Any,
) -> Any:
    """Tally the runs from `first` on.

    Parameters
    ----------
    spans, values
        Starts and ends (r,), and values (r,).
    table
        Slots, values by code, and bases by code.
    state
        What is remembered between chunks.
    steps
        Distances of edges by bp, and (2, n) widths of stretches between steps of two directions and
        of one; wider ones are counted as the widest.
    islands, gaps
        Tables of pairs: slots, keys, numbers, and how many are known.

    Returns
    -------
    int
        Runs done; fewer than all where a table is full.
    """
    starts, ends = spans
    slots, keys, bases = table
    distances, ways = steps
    widest = distances.size - 1
    known, negative, length = state[KNOWN], state[NEGATIVE], state[LENGTH]
    is_open, joined, up = state[OPEN], state[JOINED], state[UP]
    begin, end, here, stretches = state[START], state[END], state[CODE], state[STRETCHES]
    i, full = np.uint64(first), False
    while i < values.size and known < keys.size and not full:
        value = np.float64(values[i])
        start, stop = np.int64(starts[i]), np.int64(ends[i])
        i += np.uint64(1)
        if not 0 < value < np.inf:
            if value < 0:
                negative = 1
            continue
        code = find(value, np.float64(value).view(np.uint64), slots, keys, known)
        if code == known:
            known += 1
        bases[np.uint64(code)] += stop - start
        touches = is_open and start == end
        if touches and code == here:
            end = stop
            continue
        if is_open:
            width = np.uint64(max(min(end - begin, widest), 0))
            if touches:
                higher = np.int64(value > keys[np.uint64(here)])
                way = np.int64(up == higher)
                up = higher
            else:
                way = 1 - up
                up = 1
                distances[np.uint64(max(min(start - end, widest), 0))] += 1
                if not joined:
                    note_pair(here, end - begin, islands)
                    note_pair(here, min(start - end, WIDEST_GAP), gaps)
                    full = islands[3][0] == islands[1].size or gaps[3][0] == gaps[1].size
            stretches += 1 - joined
            if end != length:
                distances[width] += 1
            ways[np.uint64(way), width] += 1
        is_open, joined = 1, np.int64(touches)
        begin, end, here = start, stop, code
    state[KNOWN], state[NEGATIVE] = known, negative
    state[OPEN], state[JOINED], state[UP] = is_open, joined, up
    state[START], state[END], state[CODE], state[STRETCHES] = begin, end, here, stretches
    return np.int64(i)
