"""What a run will take: time and memory, from the number and size of its tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resist_epi.io.processors import allowed_processors
from resist_epi.io.shown import count

# Whole runs of simulated tracks of two marks, with two processes on 2026-12-01 (the larger ones in
# docs/evidence/benchmarks.md): 24 bigWigs of whole genomes (1.1 GB in all) took 52 s on the clock
# and 1.5 GB in all processes together, 48 took 73 s and 1.7 GB, 800 took 1,103 s and 6.9 GB; with
# one process 24 took 72 s and 1.1 GB. A run of five chromosomes takes less than this says: the
# demo (24 of 246 MB) 24 s and .9 GB.
SECONDS_TO_BEGIN, SECONDS_A_MARK, SECONDS_A_TRACK, SECONDS_A_MB = 8.0, 11.0, 0.35, 0.03

GB_BASE, GB_A_TRACK, GB_A_PROCESS = 1.0, 0.007, 0.35

SLOWER = 2.0  # times as long, where the machine or its disks are slower, or busy

# The same for peaks alone: 24 files of two marks took 22 s of CPU, nearly all of it for figures.
SECONDS_TO_BEGIN_PEAKS, SECONDS_A_MARK_OF_PEAKS = 4.0, 9.0


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
        Wall time on free processors, and peak memory of all processes together.
    elsewhere
        How many are to be fetched first, which is not counted.
    """

    tracks: int
    megabytes: float
    seconds: float
    gigabytes: float
    elsewhere: int = 0

    @property
    def words(self) -> str:
        """For the line with which a run starts."""
        size = f"of {self.megabytes:,.0f} MB" if self.megabytes >= 1 else "of less than 1 MB"
        if self.elsewhere >= self.tracks > 0:
            size = "elsewhere"
        elif self.elsewhere:
            size += f" and {self.elsewhere} elsewhere"
        here = self.tracks - self.elsewhere or self.tracks
        return (
            f"{count(here, 'track')} {size}: about"
            f" {_time(self.seconds)} to {_time(self.seconds * SLOWER)}, and"
            f" {self.gigabytes:.1f} GB of memory, where nothing is done yet"
        )


def expected_cost(tracks: Sequence[Path], marks: int, *, jobs: int = 1, elsewhere: int = 0) -> Cost:
    """What a run of these tracks will take.

    Parameters
    ----------
    tracks
        Files that are counted; of those that are not here the size counts as none.
    marks
        How many marks they are of.
    jobs
        Processes that count.
    elsewhere
        As of `Cost`.

    Examples
    --------
    >>> expected_cost([], 2).seconds
    30.0
    """
    size = sum(path.stat().st_size for path in tracks if path.is_file()) / 1e6
    processes = max(1, min(jobs, allowed_processors().number, len(tracks) or 1))
    counting = (SECONDS_A_TRACK * len(tracks) + SECONDS_A_MB * size) / processes
    fixed = SECONDS_TO_BEGIN + SECONDS_A_MARK * marks
    memory = GB_BASE + GB_A_TRACK * len(tracks) + GB_A_PROCESS * (processes - 1)
    return Cost(len(tracks), size, fixed + counting, memory, elsewhere)


def peaks_cost_in_words(files: int, marks: int) -> str:
    """The line with which a run of peaks alone starts.

    Examples
    --------
    >>> peaks_cost_in_words(24, 2)
    '24 peak files: about 22 s, where nothing is done yet'
    """
    seconds = SECONDS_TO_BEGIN_PEAKS + SECONDS_A_MARK_OF_PEAKS * marks
    return f"{count(files, 'peak file')}: about {_time(seconds)}, where nothing is done yet"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
