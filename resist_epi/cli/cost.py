"""What a run will take: time and memory, from the number and size of its tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resist_epi.io.processors import allowed_processors
from resist_epi.io.shown import count

# Seconds of CPU of the demo (24 bigWigs of 247 MB in all, two marks, five chromosomes: 86 and 77 s
# on one core, measured twice on 2026-11-30): 7 to begin, 26 a mark to test, draw and report, the
# rest to look at tracks and count them. 16 bigWigs of two chromosomes took 42 s; this says 67.
SECONDS_TO_BEGIN, SECONDS_A_MARK, SECONDS_A_TRACK, SECONDS_A_MB = 7.0, 26.0, 0.4, 0.03

# The same for peaks alone: 24 files of two marks took 22 s of CPU, nearly all of it for figures.
SECONDS_TO_BEGIN_PEAKS, SECONDS_A_MARK_OF_PEAKS = 4.0, 9.0

# Peak memory of the same run was .75 GB; a further process takes what one bigWig takes.
GB_BASE, GB_A_TRACK, GB_A_PROCESS = 0.5, 0.01, 0.15

WHOLE_GENOME = 4.0  # times as long, for all chromosomes have four times the regions of five


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
        low, high = self.seconds, self.seconds * WHOLE_GENOME
        if self.elsewhere >= self.tracks > 0:
            size = "elsewhere"
        elif self.elsewhere:
            size += f" and {self.elsewhere} elsewhere"
        here = self.tracks - self.elsewhere or self.tracks
        return (
            f"{count(here, 'track')} {size}: about"
            f" {_time(low)} (a few chromosomes) to {_time(high)} (a genome), and"
            f" {self.gigabytes:.1f} GB of memory or more, where nothing is done yet"
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
    59.0
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
