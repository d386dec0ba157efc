"""How large the jobs of a workflow are: shards, memory and time by the size of a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

LIBRARIES_A_SHARD = 25

THREADS = 4  # processes of a job

# MB and minutes of a job's first attempt; docs/guide/clusters.md says what was measured.
BASE_MB, MB_A_PROCESS = 500, 400
TEST_MB, TEST_MB_A_LIBRARY = 1500, 40
GATHER_MB, GATHER_MB_A_LIBRARY = 2000, 5
MINUTES, MINUTES_A_LIBRARY = 20, 1


@dataclass(frozen=True)
class JobSizes:
    """How a cohort is split, and what a job may take at its first attempt.

    Attributes
    ----------
    libraries
        Rows of the sheet.
    largest
        Libraries of the mark that has most.
    a_shard
        Libraries of a job that looks or counts.
    threads
        Processes of a job.
    """

    libraries: int
    largest: int
    a_shard: int = LIBRARIES_A_SHARD
    threads: int = THREADS

    @property
    def shards(self) -> int:
        """Jobs that look, and jobs that count; never more than there are libraries.

        Examples
        --------
        >>> JobSizes(800, 400).shards, JobSizes(24, 12).shards, JobSizes(26, 13).shards
        (32, 1, 2)
        """
        return max(1, ceil(self.libraries / self.a_shard))

    @property
    def megabytes(self) -> dict[str, int]:
        """Stage -> MB."""
        counting = BASE_MB + MB_A_PROCESS * self.threads
        return {
            "look": counting,
            "plan": GATHER_MB,
            "count": counting,
            "test": TEST_MB + TEST_MB_A_LIBRARY * self.largest,
            "gather": GATHER_MB + GATHER_MB_A_LIBRARY * self.libraries,
        }

    @property
    def minutes(self) -> dict[str, int]:
        """Stage -> minutes."""
        shard = MINUTES + MINUTES_A_LIBRARY * min(self.a_shard, self.libraries)
        return {
            "look": shard,
            "plan": MINUTES,
            "count": shard,
            "test": MINUTES + MINUTES_A_LIBRARY * self.largest,
            "gather": MINUTES + MINUTES_A_LIBRARY * self.libraries,
        }
