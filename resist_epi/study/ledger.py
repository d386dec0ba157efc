"""What in a run's folder was made from what, so that a second run can go on from there."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from resist_epi.errors import InputFormatError
from resist_epi.io.digest import checksum
from resist_epi.io.run_folder import run_path
from resist_epi.io.store import PARTIAL, write_text

logger = logging.getLogger(__name__)


class Ledger:
    """The steps that are finished in a folder, each with its key and the checksums of its outputs.

    A step's key is a digest of everything that its outputs depend on. A step is reused where its
    key is unchanged and every output is there with the bytes that were written.

    Parameters
    ----------
    folder
        A run's folder.

    Raises
    ------
    InputFormatError
        If the folder's record is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._steps: dict[str, dict[str, Any]] = _read(run_path(folder, "ledger"))

    def open(self, keys: Mapping[str, str]) -> None:
        """Start a run of these steps: name -> key.

        Outputs of steps that this run has no more, or would make from something else, are removed,
        so that a folder never mixes two studies; so is what a killed process left half-written.
        """
        remove_partial_files(self.folder)
        stale = [name for name, step in self._steps.items() if keys.get(name) != step["key"]]
        for name in stale:
            for output in self._steps[name]["outputs"]:
                (self.folder / output).unlink(missing_ok=True)
            del self._steps[name]
        if stale:
            logger.info("settings or inputs changed: made anew: %s", ", ".join(stale))
            self._write()

    def is_done(self, name: str) -> bool:
        """Whether a step's outputs are all there as they were written."""
        step = self._steps.get(name)
        if step is None:
            return False
        for output, expected in step["outputs"].items():
            path = self.folder / output
            if not path.is_file() or checksum(path) != expected:
                logger.warning("%s is missing or was changed: made anew", output)
                return False
        logger.info("reused, since nothing that it depends on has changed: %s", name)
        return True

    def record(self, name: str, key: str, outputs: Iterable[Path]) -> None:
        """Note that a step is finished.

        Parameters
        ----------
        outputs
            Files of the folder that the step has written.

        Raises
        ------
        InputFormatError
            If the folder cannot be written.
        """
        made = {p.relative_to(self.folder).as_posix(): checksum(p) for p in outputs}
        self._steps[name] = {"key": key, "outputs": dict(sorted(made.items()))}
        self._write()

    def _write(self) -> None:
        text = json.dumps(self._steps, indent=1, sort_keys=True) + "\n"
        write_text(run_path(self.folder, "ledger"), text)


def file_checksums(paths: Sequence[str | Path]) -> dict[str, str]:
    """SHA-256 of each file, by its path as given.

    Raises
    ------
    InputFormatError
        If a file cannot be read.
    """
    sums: dict[str, str] = {}
    for path in paths:
        try:
            sums[str(path)] = checksum(path)
        except OSError as error:
            raise InputFormatError(f"cannot be read: {error.strerror}", path=path) from error
    return sums


def remove_partial_files(folder: Path) -> None:
    """Remove what processes that are no more had begun to write."""
    for path in folder.rglob(f"{PARTIAL}*"):
        pid = path.name.removeprefix(PARTIAL).split("-")[0]
        if not (pid.isdigit() and _is_running(int(pid))):
            path.unlink(missing_ok=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    try:
        steps = json.loads(path.read_text(encoding="utf-8"))
        if all({"key", "outputs"} <= set(step) for step in steps.values()):
            return dict(steps)
    except (ValueError, AttributeError, TypeError):
        pass
    raise InputFormatError(
        "the record of finished steps is damaged",
        path=path,
        remedy="remove this file; everything is then made anew",
    )
