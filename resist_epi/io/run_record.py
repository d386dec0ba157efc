"""The record of a finished run, read back: version, parameters, checksums of the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.run_folder import RunFile, run_file, run_path
from resist_epi.io.store import parse_json, read_text


def require_finished(folder: Path, needed: Sequence[RunFile]) -> None:
    """Make sure that a folder is that of a finished run.

    Raises
    ------
    InputFormatError
        If one of the files is missing.
    """
    missing = [run_file(name) for name in needed if not run_path(folder, name).is_file()]
    if missing:
        raise InputFormatError(
            f"not the folder of a finished run: it has no {' and no '.join(missing)}",
            path=folder,
            remedy="give the folder that `resist-epi run SHEET -o DIR` wrote, or finish that run",
        )


def read_record(path: Path) -> Mapping[str, Any]:
    """The record of a run, as `study.provenance` makes it.

    Raises
    ------
    InputFormatError
        If it is no JSON, or no such record.
    """
    text = read_text(path)
    try:
        record = parse_json(text)
    except ValueError as error:
        raise InputFormatError(
            f"not JSON ({shortened(getattr(error, 'msg', error))})",
            path=path,
            line=getattr(error, "lineno", None),
            remedy="run the study again",
        ) from error
    parts = ("inputs", "libraries", "parameters")
    if not isinstance(record, dict) or not all(
        isinstance(record.get(part, {}), dict) for part in parts
    ):
        raise InputFormatError(
            "not a record of a run",
            path=path,
            expected=f"a JSON object, and one each in {', '.join(parts)}",
            remedy="run the study again",
        )
    return record
