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
