"""Processors from a scheduler's variables, a container's limits and the system."""

import logging
import os
from pathlib import Path

import pytest

from resist_epi.io.processors import SCHEDULERS, Processors, allowed_processors


@pytest.fixture(autouse=True)
def sixteen(monkeypatch):
    """A system of 16 processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def control_group(root: Path, line: str, files: dict[str, str]) -> Path:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(line + "\n")
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_the_system_alone(tmp_path):
    assert allowed_processors({}, root=tmp_path).number == 16


@pytest.mark.parametrize("name", SCHEDULERS)
def test_each_scheduler_is_heard(name, tmp_path):
    assert allowed_processors({name: "3"}, root=tmp_path) == Processors(3, name)


def test_the_smallest_that_applies(tmp_path):
    asked = {"SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "4", "NSLOTS": "64"}
    assert allowed_processors(asked, root=tmp_path) == Processors(4, "SLURM_CPUS_PER_TASK")
    # A variable may promise more than there is.
    assert allowed_processors({"NSLOTS": "64"}, root=tmp_path).number == 16


@pytest.mark.parametrize("text", ["0", "-2", "4(x2)", "many", "9" * 30, "٣"])
def test_what_is_no_number_is_left_aside_and_said(text, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="resist_epi"):
        assert allowed_processors({"NSLOTS": text}, root=tmp_path).number == 16
    assert "NSLOTS" in caplog.text


@pytest.mark.parametrize(
    ("line", "files", "number"),
    [
        ("0::/", {"cpu.max": "200000 100000"}, 2),
        ("0::/job/step", {"job/cpu.max": "300000 100000", "job/step/cpu.max": "max 100000"}, 3),
        ("0::/job/step", {"job/cpu.max": "300000 100000", "job/step/cpu.max": "100000 100000"}, 1),
        ("0::/", {"cpu.max": "50000 100000"}, 1),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "max 100000"}, 16),
        ("0::/", {"cpu.max": "nonsense"}, 16),
        ("0::/", {"cpu.max": "0 0"}, 16),
        ("0::/../../other", {"cpu.max": "200000 100000"}, 2),
        (
            "4:cpu,cpuacct:/docker/abc",
            {
                "cpu,cpuacct/cpu.cfs_quota_us": "400000",
                "cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        ("4:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 16),
        ("4:memory:/", {"cpu/cpu.cfs_quota_us": "1", "cpu/cpu.cfs_period_us": "1"}, 16),
    ],
)
def test_a_containers_limit(line, files, number, tmp_path):
    assert allowed_processors({}, root=control_group(tmp_path, line, files)).number == number


def test_it_says_where_a_number_is_from(tmp_path):
    root = control_group(tmp_path, "0::/", {"cpu.max": "200000 100000"})
    assert "cpu.max" in allowed_processors({"NSLOTS": "5"}, root=root).source
    assert allowed_processors({"NSLOTS": "2"}, root=root).source == "NSLOTS"
