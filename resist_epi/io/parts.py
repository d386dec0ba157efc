"""Parts of a result that is not finished, kept so that another run need not make them again."""

from __future__ import annotations

import json
import logging
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.io.store import atomic_path

logger = logging.getLogger(__name__)


class Parts:
    """A folder of arrays, each under a key that says everything that it was made from.

    Parameters
    ----------
    folder
        Made when the first part is kept.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def keep(self, key: str, arrays: Mapping[str, FloatArray], about: Mapping[str, Any]) -> None:
        """Write a part, whole or not at all.

        Raises
        ------
        InputFormatError
            If the folder cannot be written or the disk is full.
        """
        text = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        with atomic_path(self.folder / f"{key}.npz") as temporary, open(temporary, "wb") as stream:
            np.savez(stream, allow_pickle=False, _about=text, **arrays)

    def find(self, key: str) -> tuple[dict[str, FloatArray], dict[str, Any]] | None:
        """The part under a key; None where there is none, or it is damaged."""
        path = self.folder / f"{key}.npz"
        try:
            with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            about = json.loads(arrays.pop("_about").tobytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            logger.warning("%s is damaged: made anew", path)
            return None
        return arrays, about

    def remove(self) -> None:
        """Remove the folder with all parts."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
