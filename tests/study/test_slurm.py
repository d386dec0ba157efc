"""The workflow under a real SLURM: the bytes of one machine, whatever befalls its jobs.

`tests/support/unlucky.py` stands in the place of `resist-epi` where a job is to meet with
something. Each workflow is run once, and its tests look at what came of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest
import yaml

from resist_epi.cli.snakemake import find_snakemake
from resist_epi.errors import MissingDependencyError
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.files import write_cohort
from tests.support.slurm import Cluster, running_cluster, wait_for, why_not
from tests.support.small_cohort import SMALL
from tests.support.texts import TOP

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

UNLUCKY = TOP / "tests" / "support" / "unlucky.py"

# Of a cluster without accounting, whose jobs take seconds.
SLURM = (
    *("--slurm-no-account", "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "20"),
)
GENERIC = ("--seconds-between-status-checks", "1", "--latency-wait", "20")

# What a run notes with its time, and what stages and jobs leave beside the results.
NOT_RESULTS = ("run.log", ".asked.json", ".stages", "logs")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    try:
        find_snakemake()
    except MissingDependencyError as error:
        pytest.skip(str(error))
    with running_cluster() as started:
        yield started


@dataclass
class Workflow:
    """A workflow of a sheet, in a folder of its own."""

    cluster: Cluster
    sheet: Path
    folder: Path
    environment: dict[str, str] = field(init=False)
    plain: ClassVar[dict[Path, Path]] = {}  # sheet -> folder of a plain run

    def __post_init__(self) -> None:
        own = {"SOURCE_DATE_EPOCH": "1700000000", "PYTHONPATH": str(TOP), "OMP_NUM_THREADS": "1"}
        self.environment = self.cluster.environment | own

    @property
    def wf(self) -> Path:
        return self.folder / "wf"

    @property
    def luck(self) -> Path:
        return self.folder / "luck"

    def ours(self, *words: str | Path, at: Path | None = None) -> subprocess.Popen[str]:
        """`resist-epi`, begun in a folder; its words go to a file."""
        command = [sys.executable, "-m", "resist_epi", *map(str, words)]
        return self.cluster.begin(
            command, at or self.folder, self.folder / "out.log", self.environment
        )

    def init(self, *, shards: int, **memory_mb: int) -> None:
        """Write it, with `unlucky.py` as the command and small jobs."""
        self.luck.mkdir(parents=True)
        n = len(pd.read_csv(self.sheet))
        words = ["workflow", "init", self.sheet, "-o", self.wf]
        words += ["--libraries-a-shard", str(-(-n // shards)), "--threads", "1"]
        assert self.ours(*words).wait() == 0
        path = self.wf / "config.yaml"
        config = yaml.safe_load(path.read_text())
        assert config["shards"] == shards
        config["command"] = f"{sys.executable} {UNLUCKY} {self.luck}"
        config["memory_mb"] = dict.fromkeys(config["memory_mb"], 1500) | memory_mb
        path.write_text(yaml.safe_dump(config))

    def start(self, profile: str, *more: str) -> subprocess.Popen[str]:
        """Begin to run it."""
        own = SLURM if profile == "slurm" else GENERIC
        behind = [] if more == ("--unlock",) else ["--", *own, *more]
        first = [*more] if more == ("--unlock",) else []
        return self.ours("workflow", "run", self.wf, "--profile", profile, *first, *behind)

    def meets_with(self, job: str, what: str | int) -> None:
        (self.luck / job).write_text(f"{what}\n")

    def attempts(self, job: str) -> list[list[str]]:
        """Of a job: its number under SLURM, and whether it took over the one before."""
        return [line.split() for line in (self.luck / f"{job}.attempts").read_text().splitlines()]

    def happened(self, job: str) -> bool:
        return (self.luck / f"{job}.happened").exists()

    def said(self) -> str:
        return (self.folder / "out.log").read_text()

    def on_one_machine(self) -> Path:
        """The folder of a plain run of the same study, equally deep and called by such paths.

        Workflows of one sheet share it: results name files as seen from them, and all lie alike.
        """
        if self.sheet not in self.plain:
            folder = self.folder / "one"
            folder.mkdir()
            assert self.ours("run", "../wf/study.yaml", "-o", "study", at=folder).wait() == 0
            self.plain[self.sheet] = folder / "study"
        return self.plain[self.sheet]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run's results, by its path in the folder."""
    paths = (p for p in sorted(folder.rglob("*")) if p.is_file())
    named = {p.relative_to(folder).as_posix(): p for p in paths}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if name.partition("/")[0] not in NOT_RESULTS
    }


def assert_same(workflow: Workflow) -> None:
    """Results are those of one machine, byte by byte."""
    expected, found = contents(workflow.on_one_machine()), contents(workflow.wf / "study")
    assert {"qc.tsv", "report.html", "counts/H3K27me3.promoters.parquet"} <= set(expected)
    assert any(name.startswith("figures/") for name in expected)
    assert set(found) == set(expected)
    assert [name for name, data in expected.items() if found[name] != data] == []


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Number of marks -> sheet."""
    folder = tmp_path_factory.mktemp("cohort")
    both = write_cohort(simulate_cohort(SMALL), folder)
    rows = pd.read_csv(both)
    rows[rows["Factor"] == "H3K27me3"].to_csv(folder / "one.csv", index=False)
    return {2: both, 1: folder / "one.csv"}


@pytest.fixture(scope="module")
def generic(
    cluster: Cluster, sheets: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """Two marks, three shards, by the generic executor; nothing happens."""
    workflow = Workflow(cluster, sheets[2], tmp_path_factory.mktemp("generic"))
    workflow.init(shards=3)
    assert workflow.start("generic").wait() == 0, workflow.said()
    return workflow


def test_results_are_those_of_one_machine(generic: Workflow) -> None:
    jobs = {path.stem for path in generic.luck.glob("*.attempts")}
    shards = {f"{stage}-{i}" for stage in ("look", "count") for i in (1, 2, 3)}
    assert jobs == shards | {"plan", "test-H3K27me3", "test-H3K36me3", "gather"}
    assert all(len(generic.attempts(job)) == 1 for job in jobs)
    assert all(generic.attempts(job)[0][0].isdigit() for job in jobs)
    assert_same(generic)


def test_every_job_has_its_log(generic: Workflow) -> None:
    logs = generic.wf / "study" / "logs"
    for job in ("look.2-of-3", "plan", "count.3-of-3", "test.H3K36me3", "gather"):
        assert (logs / f"{job}.log").stat().st_size > 0


def test_a_second_run_has_nothing_to_do(generic: Workflow) -> None:
    assert generic.start("generic").wait() == 0
    assert "Nothing to be done" in generic.said()
    assert len(generic.attempts("gather")) == 1


@pytest.fixture(scope="module")
def unlucky(
    cluster: Cluster, sheets: dict[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> Workflow:
    """By the plugin for SLURM: a job is killed, one has too little memory, a node is lost."""
    workflow = Workflow(cluster, sheets[1], tmp_path_factory.mktemp("unlucky"))
    workflow.init(shards=2, look=900)
    workflow.meets_with("look-1", "kill")
    workflow.meets_with("look-2", 1000)
    workflow.meets_with("count-1", "wait")
    running = workflow.start("slurm")
    wait_for(lambda: workflow.happened("count-1") or running.poll() is not None, 300)
    ((number, _),) = workflow.attempts("count-1")
    node = cluster.nodes_of_jobs()[number]
    cluster.lose(node)
    wait_for(lambda: len(workflow.attempts("count-1")) > 1 or running.poll() is not None, 180)
    cluster.bring_back(node)
    assert running.wait() == 0, workflow.said()
    return workflow


def test_a_job_that_was_killed_is_done_again(unlucky: Workflow) -> None:
    assert unlucky.happened("look-1")
    (_, first), (_, second) = unlucky.attempts("look-1")
    assert (first, second) == ("False", "True")


def test_a_job_out_of_memory_passes_with_twice_as_much(unlucky: Workflow) -> None:
    (first, _), (second, _) = unlucky.attempts("look-2")
    # Without control groups SLURM kills a step that it sees above its memory, and the job fails.
    assert memory_of(unlucky.cluster, first) == ("FAILED", "900M")
    assert f"StepId={first}.0 exceeded memory limit" in unlucky.cluster.logs_of_nodes()
    assert memory_of(unlucky.cluster, second) == ("COMPLETED", "1800M")


def memory_of(cluster: Cluster, job: str) -> tuple[str, str]:
    """How a job has ended, and the memory that it had asked for."""
    text = cluster.ask("scontrol", "--oneliner", "show", "job", job)
    fields = dict(word.split("=", 1) for word in text.split() if "=" in word)
    return fields["JobState"], fields["MinMemoryNode"]


def test_the_job_of_a_lost_node_is_done_again(unlucky: Workflow) -> None:
    (first, _), (second, _) = unlucky.attempts("count-1")
    assert memory_of(unlucky.cluster, first)[0] == "NODE_FAIL"
    assert memory_of(unlucky.cluster, second)[0] == "COMPLETED"


def test_whatever_happened_results_are_those_of_one_machine(unlucky: Workflow) -> None:
    assert_same(unlucky)


def test_a_killed_controller_is_unlocked_and_goes_on(
    cluster: Cluster, sheets: dict[int, Path], tmp_path: Path
) -> None:
    workflow = Workflow(cluster, sheets[1], tmp_path)
    workflow.init(shards=2)
    workflow.meets_with("count-1", "wait")
    running = workflow.start("generic")
    wait_for(lambda: workflow.happened("count-1") or running.poll() is not None, 300)
    os.killpg(running.pid, signal.SIGKILL)  # Snakemake and what called it
    running.wait()
    cluster.take_back_all_jobs()

    assert workflow.start("generic").wait() == 1
    assert "LockException" in workflow.said()
    assert "--unlock" in workflow.said()
    assert workflow.start("generic", "--unlock").wait() == 0
    assert workflow.start("generic").wait() == 0, workflow.said()
    assert len(workflow.attempts("look-1")) == 1
    assert len(workflow.attempts("count-1")) == 2
    assert_same(workflow)


def test_a_job_that_fails_for_good_is_said(
    cluster: Cluster, sheets: dict[int, Path], tmp_path: Path
) -> None:
    shutil.copytree(sheets[1].parent, tmp_path / "cohort")
    workflow = Workflow(cluster, tmp_path / "cohort" / "one.csv", tmp_path)
    workflow.init(shards=1)
    track = next((tmp_path / "cohort" / "coverage").glob("*_H3K27me3.bw"))
    track.write_bytes(track.read_bytes()[:500])
    assert workflow.start("generic", "--retries", "1").wait() == 1
    assert [again for _, again in workflow.attempts("look-1")] == ["False", "True"]
    assert track.name in (workflow.wf / "study" / "logs" / "look.1-of-1.log").read_text()
    assert str(workflow.wf / "study" / "logs") in workflow.said()
