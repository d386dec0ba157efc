"""What a run will take: time and memory, from the number and size of its tracks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Measured on one core of a small machine, with the demo (24 bigWigs of 58 MB in all, 5 chromosomes,
# 200 s) and a run of 60 of them: what every mark takes, every track, and every MB of them.
SECONDS_A_MARK, SECONDS_A_TRACK, SECONDS_A_MB = 45.0, 2.0, 0.6

# Peak memory: a process with the genes, what each track holds in tables, and each further process.
GB_BASE, GB_A_TRACK, GB_A_PROCESS = 0.9, 0.01, 0.3

SPREAD = 2.0  # either way: machines differ as much


@dataclass(frozen=True)
class Cost:
    """An estimate, of the order of size only.

    Attributes
    ----------
    tracks
        Files that are counted.
    megabytes
        Their size; of those that are here.
    seconds, gigabytes
        Wall time and peak memory.
    """

    tracks: int
    megabytes: float
    seconds: float
    gigabytes: float

    @property
    def words(self) -> str:
        """For the line with which a run starts."""
        size = f"{self.megabytes:,.0f} MB" if self.megabytes >= 1 else "less than 1 MB"
        low, high = self.seconds / SPREAD, self.seconds * SPREAD
        return (
            f"{self.tracks} track{'' if self.tracks == 1 else 's'} of {size}: about"
            f" {_time(low)} to {_time(high)}, and {self.gigabytes:.1f} GB of memory, where nothing"
            " is done yet"
        )


def expected_cost(tracks: Sequence[Path], marks: int, *, jobs: int = 1) -> Cost:
    """What a run of these tracks will take.

    Parameters
    ----------
    tracks
        Files that are counted; of those that are not here the size counts as none.
    marks
        How many marks they are of.
    jobs
        Processes that count.

    Examples
    --------
    >>> expected_cost([], 2).seconds
    90.0
    """
    size = sum(path.stat().st_size for path in tracks if path.is_file()) / 1e6
    processes = max(1, min(jobs, os.cpu_count() or 1, len(tracks) or 1))
    counting = (SECONDS_A_TRACK * len(tracks) + SECONDS_A_MB * size) / processes
    memory = GB_BASE + GB_A_TRACK * len(tracks) + GB_A_PROCESS * (processes - 1)
    return Cost(len(tracks), size, SECONDS_A_MARK * marks + counting, memory)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
