"""The files that a step writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.io.tables import write_table


class Outputs:
    """A run's folder and what a step has written there.

    Attributes
    ----------
    folder
        The run's folder.
    written
        Every file so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[Path] = []

    def table(
        self, path: str, table: pd.DataFrame, header: Mapping[str, Any] | None = None
    ) -> None:
        """Write a table.

        Parameters
        ----------
        path
            Relative to the folder; compressed if it ends in `.gz`.
        header
            Name -> sentence or facts, for the `#` lines.

        Raises
        ------
        InputFormatError
            If the folder cannot be written.
        """
        write_table(self.folder / path, table, header=header)
        self.written.append(self.folder / path)

    def add(self, path: Path) -> Path:
        """Note a file that something else writes; returns its path."""
        self.written.append(path)
        return path
