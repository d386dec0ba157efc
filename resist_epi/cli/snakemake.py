"""Snakemake, a program beside this one: where it is, and how it is called."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
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
    """
    ours = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([ours, os.environ.get("PATH", "")])}
    process = subprocess.Popen([program, *arguments], cwd=folder, env=environment)
    with _handed_on(process):
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                continue  # it has heard it, too
            return code if code >= 0 else 128 - code


@contextmanager
def _handed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand SIGTERM on to a process while the block runs."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
