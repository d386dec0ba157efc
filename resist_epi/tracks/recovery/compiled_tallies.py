"""What the runs of a long track tell of it: `run_tallies` by compiled loops.

The tallies are the same to the last digit, and so is the order of islands and gaps, which is that
of their first coming (tests hold them against each other).
"""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import AnyArray, FloatArray, IntArray
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.recovery import tally_loops as loops
from resist_epi.tracks.recovery.run_tallies import (
    MOST_VALUES,
    LastRun,
    PairTally,
    RunTallies,
    ValueTally,
)

_FEWEST = 1 << 10  # keys that a table has room for


class CompiledTallies:
    """Goes on from tallies that NumPy began; the attributes are those of `RunTallies`."""

    def __init__(self, begun: RunTallies) -> None:
        self.values, self.steps = CodedValues(begun.values), begun.steps
        codes = {value: code for code, value in enumerate(begun.values.bases)}
        self.islands = CodedPairs(begun.islands, self.values, codes)
        self.gaps = CodedPairs(begun.gaps, self.values, codes)
        self._state = self.values.state
        self._state[loops.STRETCHES] = begun.stretches
        self._state[loops.NEGATIVE] = begun.negative
        if begun.open is not None:
            last = begun.open
            self._state[loops.OPEN] = 1
            self._state[loops.START], self._state[loops.END] = last.starts[0], last.ends[0]
            self._state[loops.CODE] = codes[float(last.values[0])]
            self._state[loops.JOINED] = last.joined[0]

    @property
    def stretches(self) -> int:
        """Number of stretches above zero that are over."""
        return int(self._state[loops.STRETCHES])

    @property
    def negative(self) -> bool:
        """Whether any value was below zero."""
        return bool(self._state[loops.NEGATIVE])

    def add(self, runs: Runs | Grid, length: int) -> bool:
        """Tally the next runs of a chromosome, as `RunTallies.add` does."""
        # The step before an open run is taken for one up in the next chunk, as NumPy's way does.
        self._state[loops.UP], self._state[loops.LENGTH] = 1, length
        spans, steps, done = (runs.starts, runs.ends), (self.steps.distances, self.steps.ways), 0
        while done < len(runs):
            table, islands, gaps = self.values.table(), self.islands.table(), self.gaps.table()
            done = loops.walk(spans, runs.values, done, table, self._state, steps, islands, gaps)
        return not self.negative and self.values.size <= MOST_VALUES

    def end_chromosome(self) -> LastRun | None:
        """Close the run that stayed open; None where the chromosome has none."""
        state = self._state
        if not state[loops.OPEN]:
            return None
        start, end, code = (int(state[i]) for i in (loops.START, loops.END, loops.CODE))
        if not state[loops.JOINED]:
            state[loops.STRETCHES] += 1
            loops.note_pair(code, end - start, self.islands.table())
        state[loops.OPEN] = 0
        return LastRun(start, end, float(self.values.keys[code]))


class CodedValues:
    """Bases by value, each value with a code, in the order in which they were first met.

    Attributes
    ----------
    keys
        (m,) float64: values by code, with room for more.
    state
        What the loop remembers, the number of values with it.
    """

    def __init__(self, begun: ValueTally) -> None:
        n = begun.size
        self.state = np.zeros(10, dtype=np.int64)
        self.state[loops.KNOWN] = n
        self.keys, self._bases = np.zeros(_room(n)), np.zeros(_room(n), dtype=np.int64)
        self.keys[:n] = list(begun.bases)
        self._bases[:n] = list(begun.bases.values())
        self._slots = self._enter()

    @property
    def size(self) -> int:
        """Number of values above zero."""
        return int(self.state[loops.KNOWN])

    def _enter(self) -> AnyArray:
        slots = np.zeros(2 * self.keys.size, dtype=np.int32)
        loops.enter_values(slots, self.keys, self.size)
        return slots

    def table(self) -> tuple[AnyArray, FloatArray, IntArray]:
        """Slots, values and bases by code, with room for at least one more."""
        if self.size == self.keys.size:
            self.keys, self._bases = _doubled(self.keys), _doubled(self._bases)
            self._slots = self._enter()
        return self._slots, self.keys, self._bases

    def sorted(self) -> tuple[FloatArray, FloatArray]:
        """Values, ascending, and their bases."""
        order = np.argsort(self.keys[: self.size])
        return self.keys[order], self._bases[order].astype(np.float64)


class CodedPairs:
    """How often each pair of a value and a width was met."""

    def __init__(self, begun: PairTally, values: CodedValues, codes: dict[float, int]) -> None:
        self._values = values
        self._known = np.array([len(begun.numbers)])
        room = _room(len(begun.numbers))
        self._keys, self._numbers = (np.zeros(room, dtype=np.int64) for _ in range(2))
        for i, ((value, width), number) in enumerate(begun.numbers.items()):
            self._keys[i] = codes[value] << 32 | width
            self._numbers[i] = number
        self._slots = self._enter()

    def _enter(self) -> AnyArray:
        slots = np.zeros(2 * self._keys.size, dtype=np.int32)
        loops.enter_pairs(slots, self._keys, self._known[0])
        return slots

    def table(self) -> tuple[AnyArray, IntArray, IntArray, IntArray]:
        """Slots, keys, numbers and how many are known, with room for at least one more."""
        if self._known[0] == self._keys.size:
            self._keys, self._numbers = _doubled(self._keys), _doubled(self._numbers)
            self._slots = self._enter()
        return self._slots, self._keys, self._numbers, self._known

    def columns(self) -> tuple[FloatArray, IntArray, IntArray]:
        """Values, widths and numbers, in the order in which they were first met."""
        n = int(self._known[0])
        keys = self._keys[:n]
        return self._values.keys[keys >> 32], keys & 0xFFFFFFFF, self._numbers[:n].copy()


def _room(n: int) -> int:
    """Power of two with room for `n` keys and one more."""
    return max(_FEWEST, 1 << n.bit_length())


def _doubled(array: AnyArray) -> AnyArray:
    return np.concatenate([array, np.zeros_like(array)])
