"""The built-in tables of chromosome arms and of the amplicons of ER-positive tumours."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_table

MAX_POSITION = 2**32 - 1  # bp


def load_centromeres(assembly: str | None) -> dict[str, int]:
    """Chromosome -> bp at which its p arm ends and its q arm begins.

    Parameters
    ----------
    assembly
        `hg38` or `hg19`; for others, or None, the answer is empty.

    Examples
    --------
    >>> load_centromeres("hg38")["chr1"]
    123400000
    """
    table = _read("centromeres.tsv")
    rows = table[table["assembly"] == assembly]
    return dict(zip(rows["chrom"], rows["border"].astype(int).tolist(), strict=True))


def load_amplicons(assembly: str | None) -> pd.DataFrame:
    """Recurrent gains of ER-positive breast tumours: `name chrom start end gene`.

    Parameters
    ----------
    assembly
        `hg38` or `hg19`; for others, or None, the table is empty.

    Examples
    --------
    >>> load_amplicons("hg38").query("gene == 'ERBB2'")["name"].tolist()
    ['17q12']
    """
    table = _read("amplicons.tsv")
    return table[table["assembly"] == assembly].drop(columns="assembly").reset_index(drop=True)


@cache
def _read(name: str) -> pd.DataFrame:
    with as_file(files("resist_epi.data").joinpath(name)) as path:
        return read_borders(path)


def read_borders(path: str | Path) -> pd.DataFrame:
    """Read a table of places by assembly: `assembly chrom`, and `border` or `start end`, bp.

    Raises
    ------
    InputFormatError
        If a column is missing, or a place is no position.
    """
    table = read_table(path, required=("assembly", "chrom"))
    columns = [c for c in ("start", "border", "end") if c in table]
    if not columns:
        raise InputFormatError("no column border, start or end", path=path)
    for name in columns:
        numbers = pd.to_numeric(table[name], errors="coerce")
        bad = ~((numbers >= 0) & (numbers <= MAX_POSITION) & (numbers % 1 == 0)).to_numpy()
        if bad.any():
            row = int(np.argmax(bad))
            raise InputFormatError(
                f"column {name}",
                path=path,
                line=table.attrs["first_row"] + row,
                expected="a position in bases",
                found=repr(str(table[name].iloc[row])),
            )
        table[name] = numbers.astype(np.int64)
    return table
