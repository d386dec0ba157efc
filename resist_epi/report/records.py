"""What every run's folder says of itself: its check, and its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import parse_json, read_text
from resist_epi.io.tables import read_table
from resist_epi.schema import CHECK, names


def read_check(path: Path) -> pd.DataFrame:
    """What `check` found of a run, as text; no row where there is no such file."""
    if not path.is_file():
        return pd.DataFrame(columns=names(CHECK))
    return read_table(path, required=names(CHECK)).fillna("").astype(str)


def read_provenance(path: Path) -> Mapping[str, Any]:
    """A run's record.

    Raises
    ------
    InputFormatError
        If it is none.
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
