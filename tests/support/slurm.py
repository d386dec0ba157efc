"""A real SLURM on this machine, and what may befall its jobs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.texts import TOP

SCRIPT = TOP / "scripts" / "start_slurm.sh"
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")


def why_not() -> str | None:
    """Why no SLURM can be started here; None where it can."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return "SLURM's daemons take the machine for themselves: run with -n 0"
    missing = [name for name in DAEMONS if shutil.which(name, path=_with_sbin()) is None]
    if missing:
        return f"SLURM is not installed: no {', '.join(missing)}"
    if os.geteuid() != 0:
        return "only root starts SLURM's daemons"
    if os.path.lexists("/etc/slurm/slurm.conf"):
        return "this machine has a SLURM of its own, or one that is being tested"
    return None


@dataclass(frozen=True)
class Cluster:
    """Two nodes of this machine under SLURM.

    Attributes
    ----------
    home
        Of its configuration, logs and state.
    begun
        Processes that use it.
    """

    home: Path
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    def begin(
        self, command: list[str], folder: Path, log: Path, environment: dict[str, str]
    ) -> subprocess.Popen[str]:
        """Begin a process in a group of its own; what it says goes to a file."""
        with open(log, "a") as said:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdout=said,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        self.begun.append(process)
        return process

    def end_all(self) -> None:
        """End what was begun and runs still, as where a test was interrupted."""
        for process in self.begun:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """Of processes that use it."""
        own = {"SLURM_HOME": str(self.home), "SLURM_CONF": str(self.home / "slurm.conf")}
        return os.environ | own | {"PATH": _with_sbin()}

    def ask(self, *words: str) -> str:
        """What a program of SLURM's answers."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    def logs_of_nodes(self) -> str:
        """What the daemons of the nodes have said."""
        return "".join(path.read_text() for path in sorted((self.home / "log").glob("n*.log")))

    def nodes_of_jobs(self) -> dict[str, str]:
        """Job that runs -> its node."""
        lines = self.ask("squeue", "-h", "-t", "running", "-o", "%A %N").splitlines()
        return dict(line.split() for line in lines)

    def lose(self, node: str) -> None:
        """Kill a node's daemon and everything that it runs, as when its power fails."""
        jobs = [job for job, where in self.nodes_of_jobs().items() if where == node]
        os.kill(int((self.home / "run" / f"{node}.pid").read_text()), signal.SIGKILL)
        for _ in range(2):  # those that a dying parent has just begun, too
            for pid in _processes_of(jobs):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def bring_back(self, node: str) -> None:
        """Start the daemon of a node that was lost."""
        self._script("node", node)
        wait_for(lambda: "idle" in self.ask("sinfo", "-h", "-n", node, "-o", "%T"), 60)

    def take_back_all_jobs(self) -> None:
        """Cancel what runs or waits, and wait for its end."""
        self.ask("scancel", "--user=root")
        wait_for(lambda: not self.ask("squeue", "-h").strip(), 60)

    def _script(self, *words: str) -> None:
        # Into a file: daemons would hold a pipe open for ever.
        with open(self.home / "script.log", "a") as log:
            subprocess.run(
                ["bash", SCRIPT, *words], env=self.environment, stdout=log, stderr=log, check=True
            )


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster while the block runs."""
    # Not in pytest's folders, which only root may enter: munge has a user of its own.
    home = Path(tempfile.mkdtemp(prefix="slurm-"))
    home.chmod(0o755)
    cluster = Cluster(home)
    try:
        cluster._script("start", "2")
        yield cluster
    finally:
        cluster.end_all()
        cluster._script("stop")
        shutil.rmtree(home, ignore_errors=True)


def wait_for(holds: Callable[[], bool], seconds: float) -> None:
    """Return when it holds; an error where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.2)


def _with_sbin() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _processes_of(jobs: list[str]) -> list[int]:
    """Processes of these jobs, and those of SLURM that watch them."""
    found = []
    marks = {f"SLURM_JOB_ID={job}".encode() for job in jobs}
    watched = tuple(f"slurmstepd: [{job}.".encode() for job in jobs)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = (folder / "cmdline").read_bytes()
            own = marks & set((folder / "environ").read_bytes().split(b"\0"))
            if own or (watched and named.startswith(watched)):
                found.append(int(folder.name))
    return found
