"""Tables on disk: counts as Parquet or TSV, results as TSV with `#` lines at the top."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.store import read_text, write_text
from resist_epi.schema import RESULTS, names


def write_table(
    path: str | Path, table: pd.DataFrame, *, header: Mapping[str, Any] | None = None
) -> None:
    """Write a table as TSV, gzip where the name ends in `.gz`.

    Parameters
    ----------
    header
        `#` lines at the top: name -> a text, or any other value as JSON on one line.

    Raises
    ------
    InputFormatError
        If the folder cannot be written or the disk is full.
    """
    top = "".join(_line(name, value) for name, value in (header or {}).items())
    body = table.to_csv(sep="\t", index=False, na_rep="NA", float_format="%.10g")
    write_text(path, top + body)


def _line(name: str, value: Any) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else json.dumps(value)
    return f"# {name}: {text}\n" if text else f"# {name}\n"


def _named(line: str) -> tuple[str, Any]:
    """Name and value of a line."""
    if line.startswith("counts {"):  # as version 0.1.0 wrote it
        line = line.replace(" {", ": {", 1)
    name, _, text = line.partition(": ")
    if name == "share of variance" and not text.startswith("["):  # likewise
        text = f"[{', '.join(text.split())}]"
    if text.startswith(("{", "[")):
        try:
            return name, json.loads(text)
        except json.JSONDecodeError:  # a sentence that begins with a bracket
            return name, text
    return name, text


def read_table(path: str | Path, *, required: Sequence[str] = ()) -> pd.DataFrame:
    """Read a TSV with `#` lines at the top, plain or gzip.

    Returns
    -------
    DataFrame
        `attrs["header"]` holds the `#` lines: name -> text, or the value that was written as JSON;
        a line without a name is a name without a text. `attrs["n_header"]` counts them.

    Raises
    ------
    InputFormatError
        If it is no such table, or lacks one of the required columns.
    """
    text = read_text(path)
    top = []
    rest = text
    while rest.startswith("#"):
        line, _, rest = rest.partition("\n")
        top.append(line.lstrip("# "))
    if not rest.strip():
        raise InputFormatError("the table is empty", path=path, expected="a header line and rows")
    try:
        table = pd.read_csv(
            io.StringIO(rest),
            sep="\t",
            na_values=["NA"],
            keep_default_na=False,
            dtype={"chrom": str, "region_id": str, "gene_id": str, "symbol": str, "strand": str},
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise InputFormatError(
            f"not a tab-separated table ({error})", path=path, expected="a row a line, tabs between"
        ) from error
    for name in ("region_id", "gene_id", "symbol", "strand"):
        if name in table:
            table[name] = table[name].fillna("")
    missing = [c for c in required if c not in table]
    if missing:
        raise InputFormatError(
            f"no column {', '.join(missing)}",
            path=path,
            line=len(top) + 1,
            expected="columns " + " ".join(required),
            found=" ".join(map(str, table.columns[:12])),
        )
    table.attrs["header"] = dict(map(_named, top))
    table.attrs["n_header"] = len(top)
    return table


def read_results(path: str | Path) -> pd.DataFrame:
    """Read a table of results that `diff` or `run` wrote.

    Raises
    ------
    InputFormatError
        If it lacks a column of the contract.
    """
    return read_table(path, required=names(RESULTS))
