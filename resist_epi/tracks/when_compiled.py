"""When a compiled loop is worth Numba's start.

Loading Numba and a compiled loop costs a process half a second to a second, what NumPy takes for
some ten million runs. So loops that NumPy can do as well are compiled for long tracks alone: where
one chunk of runs is as large as those of whole genomes are, or so much went by in this process that
more will come. Results do not depend on it: both ways give the same digits.
"""

from __future__ import annotations

import sys

# Runs of a chunk. Whole chunks of a bigWig hold half a million, which tracks of fewer than some
# five million runs have nowhere.
_LONG_CHUNK = 400_000

# Runs that went by in this process, in chunks of any size.
_MANY = 8_000_000

_seen = {"runs": 0.0}


def worth_compiling(n_runs: int, *, gain: float = 1.0) -> bool:
    """Whether the next `n_runs` runs are worth a compiled loop.

    Parameters
    ----------
    n_runs
        Runs, or whatever else the loop goes through.
    gain
        What a loop saves of NumPy's time, by what most of them save, about 0.1 microseconds each.
    """
    _seen["runs"] += n_runs * gain
    return n_runs * gain >= _LONG_CHUNK or _seen["runs"] >= _MANY or _loaded()


def worth_loading(n_runs: int, *, gain: float = 1.0) -> bool:
    """Whether as many runs, all that will come, are worth a compiled loop from the first on.

    Parameters
    ----------
    n_runs, gain
        As of `worth_compiling`.
    """
    return n_runs * gain >= _MANY


def _loaded() -> bool:
    return "numba" in sys.modules
