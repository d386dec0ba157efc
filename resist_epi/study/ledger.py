"""What in a run's folder was made from what, so that a second run can go on from there."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from resist_epi.errors import InputFormatError, quoted
from resist_epi.io.digest import checksum, fingerprint
from resist_epi.io.lock import is_running
from resist_epi.io.run_folder import CONTRASTS, run_path
from resist_epi.io.store import (
    PARTIAL,
    changed_meanwhile,
    host,
    link_file,
    parse_json,
    read_text,
    write_text,
)

logger = logging.getLogger(__name__)


class Ledger:
    """The steps that are finished in a folder, each with its key and the checksums of its outputs.

    A step's key is a digest of everything that its outputs depend on. A step is reused where its
    key is unchanged and every output is there with the bytes that were written.

    Parameters
    ----------
    folder
        A run's folder.
    checks
        Called before a step is recorded; they raise where the run must not go on.
    beside
        Folders laid out alike, whose finished steps are taken over where keys and bytes agree.

    Raises
    ------
    InputFormatError
        If the folder's record is damaged, or names files outside of the folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        checks: Sequence[Callable[[], None]] = (),
        beside: Sequence[Path] = (),
    ) -> None:
        self.folder, self._checks, self._beside = folder, checks, tuple(beside)
        self._keys: dict[str, str] = {}
        self._steps: dict[str, dict[str, Any]] = _read(run_path(folder, "ledger"))

    def open(self, keys: Mapping[str, str]) -> None:
        """Start a run of these steps: name -> key.

        Outputs of steps that this run has no more, or would make from something else, are removed,
        so that a folder never mixes two studies; so is what a killed process left half-written.
        """
        remove_partial_files(self.folder)
        self._keys = dict(keys)
        stale = [name for name, step in self._steps.items() if keys.get(name) != step["key"]]
        for name in stale:
            for output in self._steps[name]["outputs"]:
                (self.folder / output).unlink(missing_ok=True)
                self._leave_no_empty_contrast(output)
            del self._steps[name]
        if stale:
            run_path(self.folder, "crate").unlink(missing_ok=True)  # it names what is gone
            logger.info("settings or inputs changed: made anew: %s", ", ".join(stale))
            self._write()

    def _leave_no_empty_contrast(self, output: str) -> None:
        """Remove the folder of a contrast with its last file: what is there was asked for."""
        for place in PurePosixPath(output).parents:
            if place.parts[:1] != (CONTRASTS,):
                return
            try:
                (self.folder / place).rmdir()
            except OSError:  # not empty, not there, or a link
                return

    def is_done(self, name: str) -> bool:
        """Whether a step's outputs are all there as they were written, or can be taken over."""
        step = self._steps.get(name)
        if step is not None and _is_whole(self.folder, step["outputs"]):
            logger.info("reused, since nothing that it depends on has changed: %s", name)
            return True
        return any(self._take_over(name, place) for place in self._beside)

    def _take_over(self, name: str, place: Path) -> bool:
        """Make a finished step of another folder one of this; whether it could be done."""
        outputs = finished_outputs(place, name, self._keys.get(name, ""))
        if outputs is None:
            return False
        for output in outputs:
            link_file(place / output, self.folder / output)
        self.record(name, self._keys[name], [self.folder / output for output in outputs])
        if self._steps[name]["outputs"] != outputs:  # written anew there just now
            del self._steps[name]
            self._write()
            return False
        logger.info("taken over from %s: %s", place, name)
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
            If the folder cannot be written, or a check fails.
        """
        for check in self._checks:
            check()
        made = {p.relative_to(self.folder).as_posix(): checksum(p) for p in outputs}
        self._steps[name] = {"key": key, "outputs": dict(sorted(made.items()))}
        self._write()

    def outputs(self) -> dict[str, str]:
        """SHA-256 of every output of a finished step, by its path relative to the folder."""
        return {name: sha for step in self._steps.values() for name, sha in step["outputs"].items()}

    def _write(self) -> None:
        text = json.dumps(self._steps, indent=1, sort_keys=True) + "\n"
        write_text(run_path(self.folder, "ledger"), text)


def finished_outputs(folder: Path, name: str, key: str) -> dict[str, str] | None:
    """SHA-256 of the outputs of a step that is finished in a folder, by their relative paths.

    None where it is not, was made from something else, or an output is not as it was written.
    """
    try:
        step = _read(run_path(folder, "ledger")).get(name)
    except InputFormatError as error:
        logger.warning("%s", error)
        return None
    if step is None or step["key"] != key or not _is_whole(folder, step["outputs"]):
        return None
    return dict(step["outputs"])


def _is_whole(folder: Path, outputs: Mapping[str, str]) -> bool:
    """Whether files are there with these checksums; the first that is not is said."""
    for output, expected in outputs.items():
        path = folder / output
        if path.is_symlink() or not path.is_file() or checksum(path) != expected:
            logger.warning("%s is missing or was changed: made anew", output)
            return False
    return True


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


class Inputs:
    """Files of a run, which must not change while it reads them.

    Parameters
    ----------
    paths
        Those that are there.
    """

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._seen: dict[str, object] = {}
        self.add(paths)

    def add(self, paths: Iterable[str | Path]) -> None:
        """Watch further files; one that is watched already stays as it was first seen."""
        new = {str(p) for p in paths} - set(self._seen)
        self._seen |= {path: fingerprint(path) for path in sorted(new) if Path(path).is_file()}

    def check(self) -> None:
        """Look whether every file is the one that it was.

        Raises
        ------
        InputFormatError
            If one is gone or was written to.
        """
        for path, before in self._seen.items():
            try:
                same = fingerprint(path) == before
            except OSError:
                same = False
            if not same:
                raise changed_meanwhile(path)


def remove_partial_files(folder: Path) -> None:
    """Remove what processes of this computer that are no more had begun to write.

    What another computer writes stays, and links are not followed.
    """
    for place, _, files in os.walk(folder, followlinks=False):
        for name in files:
            if not name.startswith(PARTIAL):
                continue
            where, _, rest = name.removeprefix(PARTIAL).partition("-")
            pid = rest.partition("-")[0]
            if where == host() and re.fullmatch(r"[0-9]{1,10}", pid) and not is_running(int(pid)):
                Path(place, name).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    remedy = "remove this file; everything is then made anew"
    try:
        steps = parse_json(read_text(path))
        outputs = {name: dict(step["outputs"]) for name, step in steps.items()}
        keys = {name: str(step["key"]) for name, step in steps.items()}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise InputFormatError(
            "the record of finished steps is damaged", path=path, remedy=remedy
        ) from error
    for name in (output for made in outputs.values() for output in made):
        if not _is_inside(name, path.parent):
            raise InputFormatError(
                f"the record of finished steps names {quoted(name)}, no file of this folder",
                path=path,
                remedy=remedy,
            )
    return {name: {"key": keys[name], "outputs": outputs[name]} for name in outputs}


def _is_inside(name: str, folder: Path) -> bool:
    """Whether an output's name is plain, of no folder, and reached through no link."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[\\:\x00-\x1f]", name):
        return False
    places = [folder.joinpath(*parts[:i]) for i in range(1, len(parts))]
    if any(place.is_symlink() for place in places):
        return False
    path = folder.joinpath(*parts)
    return path.is_symlink() or not path.is_dir()
