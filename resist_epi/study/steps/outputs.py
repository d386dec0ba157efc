"""The files that a step writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.io.run_folder import RunFile, run_path
from resist_epi.io.tables import write_table


class Outputs:
    """A run's folder and what a step has written there.

    Attributes
    ----------
    folder
        The run's folder.
    mark
        That the step is about, if it is about one.
    written
        Every file so far.
    """

    def __init__(self, folder: Path, mark: str = "") -> None:
        self.folder = folder
        self.mark = mark
        self.written: list[Path] = []

    def path(self, name: RunFile, of: str = "", *, mark: str | None = None) -> Path:
        """Where a file stands, of a kind of regions or an assay."""
        return run_path(self.folder, name, self.mark if mark is None else mark, of)

    def table(
        self,
        path: Path,
        table: pd.DataFrame,
        header: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a table, compressed if its name ends in `.gz`.

        Parameters
        ----------
        header
            Name -> sentence or facts, for the `#` lines.

        Raises
        ------
        InputFormatError
            If the folder cannot be written.
        """
        write_table(self.add(path), table, header=header)

    def add(self, path: Path) -> Path:
        """Note a file that is written; returns its path."""
        self.written.append(path)
        return path
