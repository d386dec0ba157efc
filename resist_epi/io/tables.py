"""Tables on disk: counts as Parquet or TSV, results as TSV with `#` lines at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.io.first_bytes import first_bytes
from resist_epi.io.store import read_text, write_text
from resist_epi.io.table_text import parse_table, typed
from resist_epi.schema import RESULTS, names


def write_table(
    path: str | Path, table: pd.DataFrame, *, header: Mapping[str, Any] | Sequence[str] = ()
) -> None:
    """Write a table as TSV, gzip where the name ends in `.gz`.

    Parameters
    ----------
    header
        `#` lines at the top: sentences, or names with values.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    lines = [f"{k}: {v}" for k, v in header.items()] if isinstance(header, Mapping) else header
    top = "".join(f"# {' '.join(str(line).split())}\n" for line in lines)
    body = table.to_csv(sep="\t", index=False, na_rep="NA", float_format="%.10g")
    write_text(path, top + body)


def read_table(path: str | Path, *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a TSV with `#` lines at the top, plain or gzip; columns get the dtype of `schema`.

    Returns
    -------
    DataFrame
        `attrs["header"]` holds the `#` lines without their `#`, `attrs["first_row"]` the 1-based
        line of the first row.

    Raises
    ------
    InputFormatError
        If it is no such table, lacks one of the required columns, or a cell does not hold what its
        column should; the message names the line.
    """
    if first_bytes(Path(path)).startswith(b"PAR1"):
        raise InputFormatError(
            "this is a Parquet file (counts are such), not a table of text",
            path=path,
            expected="a tab-separated table with a header",
            remedy="give results of `diff` or `run`; counts are drawn by `plot locus` and"
            " `plot gene-set`",
        )
    table = parse_table(read_text(path), path)
    missing = [c for c in required if c not in table]
    if missing:
        raise InputFormatError(
            f"no column {', '.join(missing)}",
            path=path,
            line=table.attrs["first_row"] - 1,
            expected="columns " + " ".join(required),
            found=" ".join(map(str, table.columns[:12])),
            remedy=did_you_mean(missing, table.columns),
        )
    return table


def read_results(path: str | Path) -> pd.DataFrame:
    """Read a table of results that `diff` or `run` wrote.

    Raises
    ------
    InputFormatError
        If it lacks a column of the contract.
    """
    table = read_table(path, required=names(RESULTS))
    return typed(table, path, everywhere=("start", "end"))
