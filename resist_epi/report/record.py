"""The record of a run, `provenance.json`, as the page reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import parse_json, read_text


def read_record(path: Path) -> Mapping[str, Any]:
    """Read the record.

    Raises
    ------
    InputFormatError
        If it is not the record of a run.
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
