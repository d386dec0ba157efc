"""Compiled loops loaded once, before processes are forked that would each load them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from resist_epi.io.remote.address import is_remote
from resist_epi.tracks.engine.runs import Runs
from resist_epi.tracks.recovery.run_tallies import RunTallies

# Bytes of tracks that are worth the start of Numba, half a second to a second: two of 20 million
# runs. A bigWig has some five bytes a run.
_MANY_BYTES = 200_000_000


def load_loops(paths: Iterable[str | Path]) -> bool:
    """Load the loops that tracks are read with, where these are so large that it pays.

    Returns whether they were loaded. Files that are not here count as nothing.
    """
    here = (Path(path) for path in paths if not is_remote(path))
    if sum(path.stat().st_size for path in here if path.is_file()) < _MANY_BYTES:
        return False
    from resist_epi.tracks.engine.segment_loop import add_runs, sum_segments
    from resist_epi.tracks.recovery.compiled_tallies import CompiledTallies

    # Loops are compiled by the types of a bigWig's runs, whose values lie between their places.
    values = np.frombuffer(bytes(24), dtype=np.float32)[::3]
    runs = Runs(np.arange(2, dtype=np.uint32), np.arange(1, 3, dtype=np.uint32), values)
    cuts, asked = np.arange(3), np.ones(2, dtype=np.bool_)
    sums, covered = np.zeros(2), np.zeros(2, dtype=np.int64)
    CompiledTallies(RunTallies()).add(runs, 3)
    add_runs(runs.starts, runs.ends, values, cuts, asked, 0, 2, sums)
    sum_segments(runs.starts, runs.ends, values, cuts.astype(np.uint32), asked, sums, covered)
    return True
