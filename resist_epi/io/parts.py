"""Parts of a result that is not finished, kept so that another run need not make them again."""

from __future__ import annotations

import json
import logging
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.io.store import atomic_path, parse_json

logger = logging.getLogger(__name__)

_PART = re.compile(r"[0-9a-f]{64}\.npz")


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

    def keep(self, key: str, arrays: Mapping[str, FloatArray], about: Mapping[str, Any]) -> None:
        """Write a part, whole or not at all.

        Raises
        ------
        InputFormatError
            If the folder cannot be written or the disk is full.
        """
        self._used.add(key)
        text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        with atomic_path(self.folder / f"{key}.npz") as temporary, open(temporary, "wb") as stream:
            np.savez(stream, allow_pickle=False, _about=text, **arrays)

    def find(self, key: str) -> tuple[dict[str, FloatArray], dict[str, Any]] | None:
        """The part under a key; None where there is none, or it is damaged."""
        path = self.folder / f"{key}.npz"
        try:
            with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            about = parse_json(arrays.pop("_about").tobytes())
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            logger.warning("%s is damaged: made anew", path)
            return None
        self._used.add(key)
        return arrays, about

    def remove(self) -> None:
        """Remove the parts that were kept or found here, and the folder once it is empty."""
        for key in self._used:
            (self.folder / f"{key}.npz").unlink(missing_ok=True)
        self._used.clear()
        with suppress(OSError):
            self.folder.rmdir()

    def remove_all(self) -> None:
        """Remove every part, of whatever run, and the folder once it is empty.

        What bears no part's name stays, and links are not followed.
        """
        if not self.folder.is_symlink() and self.folder.is_dir():
            self._used |= {p.stem for p in self.folder.iterdir() if _PART.fullmatch(p.name)}
        self.remove()
