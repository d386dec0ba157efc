"""Snakemake, a program beside this one: where it is, and how it is called."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread

from resist_epi.errors import MissingDependencyError

VARIABLE = "RESIST_EPI_SNAKEMAKE"

# For an environment of its own: what Snakemake needs may not go with what this package needs.
HOW_TO_INSTALL = (
    "install it into an environment of its own (python -m venv snakemake;"
    " snakemake/bin/pip install snakemake snakemake-executor-plugin-slurm"
    " snakemake-executor-plugin-cluster-generic) or into this one"
    " (pip install 'resist_epi[workflow]'), and name the program with --snakemake PATH, by the"
    f" variable {VARIABLE}, or put it on PATH"
)


_OLDEST = 8  # which the Snakefile asks for


def find_snakemake(given: Path | None = None) -> str:
    """The program: the one that is named, that of the variable, beside this Python, or on PATH.

    Raises
    ------
    MissingDependencyError
        If there is none, or the one that is named is none; with the line that installs it.
    """
    for said, path in (("--snakemake", given), (VARIABLE, os.environ.get(VARIABLE))):
        if path:
            found = shutil.which(Path(path).expanduser())
            if found is None:
                raise MissingDependencyError(
                    f"{path}: no program, which {said} names; {HOW_TO_INSTALL}"
                )
            return os.path.abspath(found)
    beside = str(Path(sys.executable).parent)
    found = shutil.which("snakemake", path=beside) or shutil.which("snakemake")
    if found is None:
        raise MissingDependencyError(f"no snakemake is found; {HOW_TO_INSTALL}")
    return os.path.abspath(found)


def run_snakemake(program: str, arguments: Sequence[str], folder: Path) -> int:
    """Run it in a folder, with this environment's programs first on PATH for its jobs.

    Control-C reaches it from the terminal: it takes its jobs back. SIGTERM is handed on: it begins
    no further job. We wait for it either way.

    Returns
    -------
    int
        Its exit code; 128 and the signal's number where a signal ended it.

    Raises
    ------
    MissingDependencyError
        If it cannot be started, as one whose environment is gone.
    """
    ours = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([ours, os.environ.get("PATH", "")])}
    with _signals_left_to_it() as begun:
        try:
            process = subprocess.Popen([program, *arguments], cwd=folder, env=environment)
        except OSError as error:
            raise MissingDependencyError(
                f"{program}: cannot be started, or the Python in its first line"
                f" ({error.strerror}); {HOW_TO_INSTALL}"
            ) from error
        begun(process)
        code = process.wait()
    return code if code >= 0 else 128 - code


def too_old(program: str) -> str:
    """What to say of a Snakemake that knows nothing of such workflows; empty of others."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    version = re.match(r"(\d+)\.\d+", done.stdout.strip())
    if version is None or int(version[1]) >= _OLDEST:
        return ""
    return f"; it is Snakemake {version[0]}, and {_OLDEST} or newer is needed: {HOW_TO_INSTALL}"


@contextmanager
def _signals_left_to_it() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand SIGTERM on to a process while the block runs; Control-C it has heard itself.

    From before the process is there, since it may be at work before we are told of it.

    Yields
    ------
    callable
        To be told of the process.
    """
    told: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def hand_on(number: int, _: object) -> None:
        if told:
            told[0].terminate()
        else:
            asked.append(number)

    def begun(process: subprocess.Popen[bytes]) -> None:
        told.append(process)
        if asked:
            process.terminate()

    if current_thread() is not main_thread():
        yield begun
        return
    wanted = {signal.SIGTERM: hand_on, signal.SIGINT: lambda *_: None}
    # What this process ignores, as what a shell starts in the background does, stays ignored.
    heard = [n for n in wanted if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, wanted[number]) for number in heard}
    try:
        yield begun
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
