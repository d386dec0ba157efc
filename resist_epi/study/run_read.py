"""A finished run read back for a comparison: its record and its tables of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from resist_epi.io.run_folder import contrast_folders, run_path
from resist_epi.io.run_record import read_record, require_finished
from resist_epi.io.tables import read_results
from resist_epi.samples.facts import facts_of
from resist_epi.samples.question import Question
from resist_epi.schema import KINDS
from resist_epi.study.repeat import question_of


class Key(NamedTuple):
    """Which table of results: its contrast, the mark as files are named, the kind of regions."""

    contrast: str
    mark: str
    kind: str


@dataclass(frozen=True)
class RunRead:
    """A finished run: its record and its tables of results.

    Attributes
    ----------
    folder
        As given.
    record
        Version, parameters, libraries and the checksums of inputs.
    tables, paths
        Key -> results, and where they were read.
    """

    folder: Path
    record: Mapping[str, Any]
    tables: Mapping[Key, pd.DataFrame]
    paths: Mapping[Key, Path]

    @property
    def contrasts(self) -> list[str]:
        """Names of the contrasts."""
        return list(dict.fromkeys(key.contrast for key in self.tables))

    def question(self, key: Key) -> Question | None:
        """What a table answers; None where none stands above it."""
        return question_of(self.tables[key], self.paths[key])

    def counts(self, key: Key) -> Path:
        """The counts of a table's regions."""
        return run_path(self.folder, "counts", key.mark, key.kind)

    @property
    def sheet(self) -> Path:
        """Where its sample sheet lies, if it is still there."""
        return self.folder / str(self.record.get("parameters", {}).get("sheet", ""))

    @property
    def sheet_digest(self) -> str | None:
        """SHA-256 of the sheet when the run was made; None where that is not known."""
        return self.digest(self.record.get("parameters", {}).get("sheet"))

    def digest(self, value: object) -> str | None:
        """SHA-256 of the input file that a setting names; None where it names none."""
        known = self.record.get("inputs", {}).get(value) if isinstance(value, str) else None
        return None if known is None else str(known)


def read_run(folder: str | Path) -> RunRead:
    """Read what a comparison needs of a finished run.

    Raises
    ------
    InputFormatError
        If it is not the folder of a finished run, or a table is damaged.
    """
    folder = Path(folder)
    require_finished(folder, ("all_quality", "provenance"))
    tables, paths = {}, {}
    for place in contrast_folders(folder) or [folder]:
        for path in sorted((place / "differential").glob("*.tsv.gz")):
            mark, _, kind = path.name.removesuffix(".tsv.gz").rpartition(".")
            if kind not in KINDS or not mark:
                continue
            table = read_results(path)
            about = facts_of(table.attrs["header"]).get("contrast", {})
            key = Key(str(about.get("name", place.name)), mark, kind)
            tables[key], paths[key] = table, path
    return RunRead(folder, read_record(run_path(folder, "provenance")), tables, paths)
