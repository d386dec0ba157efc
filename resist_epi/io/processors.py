"""How many processors this process may use: by its scheduler, its container and the system."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

logger = logging.getLogger(__name__)

# What schedulers tell a job of its processors: Slurm, PBS and Torque, LSF, Grid Engine.
SCHEDULERS = (
    "SLURM_CPUS_PER_TASK",
    "SLURM_CPUS_ON_NODE",
    "PBS_NCPUS",
    "NCPUS",
    "LSB_DJOB_NUMPROC",
    "NSLOTS",
)

_LARGEST = 4096  # bytes that are read of a file of limits


@dataclass(frozen=True)
class Processors:
    """A number of processors.

    Attributes
    ----------
    number
        At least 1.
    source
        What sets it: a variable, a file of the control group, or the system.
    """

    number: int
    source: str


def allowed_processors(
    environment: Mapping[str, str] | None = None, *, root: Path = Path("/")
) -> Processors:
    """The smallest of all limits that apply; of equal ones a scheduler's, then a container's.

    Parameters
    ----------
    environment
        Variables; those of this process if absent.
    root
        Below it `proc/self/cgroup` and `sys/fs/cgroup`.

    Examples
    --------
    >>> allowed_processors({"NSLOTS": "1"})
    Processors(number=1, source='NSLOTS')
    """
    variables = os.environ if environment is None else environment
    limits = [*_of_scheduler(variables), *_of_control_groups(root), _of_system()]
    return min(limits, key=lambda limit: limit.number)


def _of_scheduler(variables: Mapping[str, str]) -> Iterator[Processors]:
    for name in SCHEDULERS:
        text = variables.get(name, "").strip()
        if not text:
            continue
        if text.isascii() and text.isdigit() and len(text) < 8 and int(text) > 0:
            yield Processors(int(text), name)
        else:
            logger.warning("%s is %.40r, no number of processors: left aside", name, text)


def _of_control_groups(root: Path) -> Iterator[Processors]:
    """Limits of the process's own control group and of those above it, of versions 2 and 1.

    A container often sees its own group as the root of all, and the path of the host in `/proc`:
    groups that are not there set no limit.
    """
    mounted = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        own = PurePosixPath("/", path)
        if ".." in own.parts:  # outside of what this process may see
            own = PurePosixPath("/")
        groups = [group.relative_to("/") for group in (own, *own.parents)]
        if not controllers:
            for group in groups:
                yield from _quota(mounted / group / "cpu.max")
        elif "cpu" in controllers.split(","):
            for place in dict.fromkeys((controllers, "cpu")):
                for group in groups:
                    yield from _quota(mounted / place / group / "cpu.cfs_quota_us")


def _quota(path: Path) -> Iterator[Processors]:
    """Time a period, as processors; rounded up, so that a share of one is used too."""
    words = _text(path).split()
    if path.name != "cpu.max":
        words += _text(path.with_name("cpu.cfs_period_us")).split()
    try:
        quota, period = map(int, words)
    except ValueError:  # "max", or no such group
        return
    if quota > 0 and period > 0:
        version = "2" if path.name == "cpu.max" else "1"
        source = f"{path.name} of the control group (version {version})"
        yield Processors(math.ceil(quota / period), source)


def _of_system() -> Processors:
    if hasattr(os, "sched_getaffinity"):
        return Processors(len(os.sched_getaffinity(0)), "the processors that this process may use")
    return Processors(os.cpu_count() or 1, "the processors of this computer")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""
