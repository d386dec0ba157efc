"""Jobs of a workflow grow with its cohort where they must, and not where a shard is a shard."""

from __future__ import annotations

import pytest

from resist_epi.study.job_sizes import JobSizes

SMALL, LARGE = JobSizes(24, 12), JobSizes(800, 400)


@pytest.mark.parametrize(
    ("libraries", "a_shard", "shards"),
    [(1, 25, 1), (25, 25, 1), (26, 25, 2), (800, 25, 32), (3, 1, 3)],
)
def test_every_library_is_in_a_shard(libraries: int, a_shard: int, shards: int) -> None:
    assert JobSizes(libraries, libraries, a_shard).shards == shards


def test_a_shard_takes_the_same_in_every_cohort() -> None:
    for stage in ("look", "count"):
        assert LARGE.megabytes[stage] == SMALL.megabytes[stage]
        assert JobSizes(24, 12, threads=8).megabytes[stage] > SMALL.megabytes[stage]
        assert JobSizes(800, 400, 50).minutes[stage] > LARGE.minutes[stage]


def test_tests_and_gathering_grow() -> None:
    for stage in ("test", "gather"):
        assert LARGE.megabytes[stage] > SMALL.megabytes[stage]
        assert LARGE.minutes[stage] > SMALL.minutes[stage]
    more_marks = JobSizes(1600, 400)
    assert more_marks.megabytes["test"] == LARGE.megabytes["test"]
    assert set(SMALL.megabytes) == set(SMALL.minutes) == set(SMALL.processes)


def test_a_test_has_one_process() -> None:
    assert LARGE.processes == {"look": 4, "plan": 1, "count": 4, "test": 1, "gather": 4}
    assert JobSizes(24, 12, threads=8).megabytes["test"] == SMALL.megabytes["test"]


# From docs/guide/clusters.md, and of 96 libraries docs/evidence/benchmarks.md: stage, libraries,
# those of the largest mark, processes, MB.
MEASURED = [
    ("look", 24, 12, 1, 324),
    ("look", 24, 12, 4, 1_280),
    ("count", 24, 12, 1, 443),
    ("count", 12, 6, 1, 473),
    ("count", 24, 12, 4, 1_856),
    ("plan", 24, 12, 1, 482),
    ("plan", 48, 24, 1, 440),
    ("test", 12, 6, 1, 885),
    ("test", 24, 12, 1, 951),
    ("test", 48, 24, 1, 1_147),
    ("test", 192, 96, 1, 1_896),
    ("gather", 12, 6, 1, 690),
    ("gather", 24, 12, 1, 679),
    ("gather", 48, 24, 1, 749),
    ("gather", 24, 12, 4, 2_062),
]


@pytest.mark.parametrize(("stage", "libraries", "largest", "processes", "megabytes"), MEASURED)
def test_a_third_more_than_was_measured_and_snakemake(
    stage: str, libraries: int, largest: int, processes: int, megabytes: int
) -> None:
    asked = JobSizes(libraries, largest, threads=processes).megabytes[stage]
    assert megabytes * 4 / 3 + 250 <= asked <= megabytes * 2.5 + 250
