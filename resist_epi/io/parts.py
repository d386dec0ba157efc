"""Parts of a result that is not finished, kept so that another run need not make them again."""

from __future__ import annotations

import json
import logging
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.arrays import AnyArray
from resist_epi.errors import InputFormatError
from resist_epi.io.store import atomic_path, parse_json

logger = logging.getLogger(__name__)

_PART = re.compile(r"[0-9a-f]{64}\.npz")

# What reading an archive raises whose bytes are not those that were written.
_DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, MemoryError),
)


@dataclass(frozen=True)
class Stored:
    """Arrays that were kept, with what they were made from, as one digest, and plain values."""

    key: str
    arrays: dict[str, AnyArray]
    about: dict[str, Any]


def write_arrays(
    path: Path,
    key: str,
    arrays: Mapping[str, AnyArray],
    about: Mapping[str, Any],
    *,
    small: bool = False,
) -> None:
    """Write arrays and plain values into one file, whole or not at all.

    Parameters
    ----------
    small
        Whether it is packed, which takes a while.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    sealed = {"key": key, "arrays": sorted(arrays), "about": about}
    text = np.frombuffer(json.dumps(sealed, default=float).encode(), dtype=np.uint8)
    save = np.savez_compressed if small else np.savez
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        save(stream, allow_pickle=False, _about=text, **arrays)


def read_arrays(path: Path, *, only: Callable[[str], bool] | None = None) -> Stored | None:
    """What `write_arrays` wrote; None where there is nothing, or it is damaged, which is said.

    Parameters
    ----------
    only
        Whether an array of this name is read; by default all are.
    """
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
            there = [name for name in stored.files if name != "_about"]
            arrays = {name: stored[name] for name in there if only is None or only(name)}
            sealed = parse_json(stored["_about"].tobytes())
        found = Stored(str(sealed["key"]), arrays, dict(sealed["about"]))
        if sealed["arrays"] != sorted(there):
            raise ValueError("some of the arrays are missing")
    except FileNotFoundError:
        return None
    except _DAMAGE:
        logger.warning("%s is damaged: made anew", path)
        return None
    return found


def is_sound(path: Path) -> bool:
    """Whether the checksums of a file of `write_arrays` are right, of every array."""
    try:
        with zipfile.ZipFile(path) as stored:
            return stored.testzip() is None
    except _DAMAGE:
        return False


class Parts:
    """A folder of arrays, each under a key that says everything that it was made from.

    Parameters
    ----------
    folder
        Made when the first part is kept.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._used: set[str] = set()
        self._whole: set[str] = set()

    def keep(self, key: str, arrays: Mapping[str, AnyArray], about: Mapping[str, Any]) -> None:
        """Write a part, whole or not at all.

        Raises
        ------
        InputFormatError
            If the folder cannot be written or the disk is full.
        """
        self.note(key)
        write_arrays(self.folder / f"{key}.npz", key, arrays, about)

    def note(self, key: str) -> None:
        """A process of ours has kept this part."""
        self._used.add(key)
        self._whole.add(key)

    def find(
        self, key: str, *, only: str = "", later: str | None = None
    ) -> tuple[dict[str, AnyArray], dict[str, Any]] | None:
        """The part under a key; None where there is none, or it is damaged.

        Parameters
        ----------
        only, later
            How the names of the arrays begin that are read, and of those that are not.
        """

        def wanted(name: str) -> bool:
            return name.startswith(only) and (later is None or not name.startswith(later))

        found = read_arrays(self.folder / f"{key}.npz", only=wanted)
        if found is None:
            return None
        if found.key != key:
            logger.warning("%s holds another part: made anew", self.folder / f"{key}.npz")
            return None
        self._used.add(key)
        return found.arrays, found.about

    def array(self, key: str, name: str) -> AnyArray:
        """One array of a part.

        Raises
        ------
        InputFormatError
            If the part is not there any more, or damaged, or has no such array.
        """
        path = self.folder / f"{key}.npz"
        found = read_arrays(path, only=lambda other: other == name)
        if found is None or found.key != key or name not in found.arrays:
            raise InputFormatError(
                "counts that were kept are gone, or damaged",
                path=path,
                remedy="run the same command again: what is missing is counted again",
            )
        return found.arrays[name]

    def is_whole(self, key: str) -> bool:
        """Whether all of a part can be read; one that was kept or found whole here, can."""
        if key in self._whole:
            return True
        whole = is_sound(self.folder / f"{key}.npz")
        if whole:
            self._whole.add(key)
        else:
            logger.warning("%s is damaged: made anew", self.folder / f"{key}.npz")
        return whole

    def has(self, key: str) -> bool:
        """Whether there is a part under a key; `find` says whether it is whole."""
        return (self.folder / f"{key}.npz").is_file()

    def remove(self) -> None:
        """Remove the parts that were kept or found here, and the folder once it is empty."""
        for key in self._used:
            (self.folder / f"{key}.npz").unlink(missing_ok=True)
        self._used.clear()
        self._whole.clear()
        with suppress(OSError):
            self.folder.rmdir()

    def remove_all(self) -> None:
        """Remove every part, of whatever run, and the folder once it is empty.

        What bears no part's name stays, and links are not followed.
        """
        if not self.folder.is_symlink() and self.folder.is_dir():
            self._used |= {p.stem for p in self.folder.iterdir() if _PART.fullmatch(p.name)}
        self.remove()
