"""How large the jobs of a workflow are: shards, memory and time by the size of a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

LIBRARIES_A_SHARD = 25

THREADS = 4  # processes of a job that goes through files or draws

# MB of a job's first attempt: at least a third above what docs/guide/clusters.md has measured, and
# 250 for the Snakemake in the job. A test by any method takes hardly more than one by default.
SHARD_MB, SHARD_MB_A_PROCESS = 270, 620
TEST_MB, TEST_MB_A_LIBRARY = 1400, 18
PLAN_MB, PLAN_MB_A_LIBRARY = 800, 4
GATHER_MB, GATHER_MB_A_LIBRARY, GATHER_MB_A_PROCESS = 1120, 5, 680

# Minutes: many times what was measured, for file systems and readers differ.
MINUTES, MINUTES_A_LIBRARY = 30, 1


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
        Processes of a job that looks, counts or gathers. A test has one, since each of its
        processes holds the tables of the mark.
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
    def processes(self) -> dict[str, int]:
        """Stage -> processes."""
        many = dict.fromkeys(("look", "count", "gather"), self.threads)
        return many | {"plan": 1, "test": 1}

    @property
    def megabytes(self) -> dict[str, int]:
        """Stage -> MB."""
        shard = SHARD_MB + SHARD_MB_A_PROCESS * self.threads
        others = GATHER_MB_A_PROCESS * (self.threads - 1)
        return {
            "look": shard,
            "plan": PLAN_MB + PLAN_MB_A_LIBRARY * self.libraries,
            "count": shard,
            "test": TEST_MB + TEST_MB_A_LIBRARY * self.largest,
            "gather": GATHER_MB + GATHER_MB_A_LIBRARY * self.libraries + others,
        }

    @property
    def minutes(self) -> dict[str, int]:
        """Stage -> minutes."""
        shard = MINUTES + MINUTES_A_LIBRARY * min(self.a_shard, self.libraries)
        return {
            "look": shard,
            "plan": MINUTES,
            "count": shard,
            "test": MINUTES + MINUTES_A_LIBRARY * self.largest // 2,
            "gather": MINUTES + MINUTES_A_LIBRARY * self.libraries // 4,
        }
