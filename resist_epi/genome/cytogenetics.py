"""The built-in tables of chromosome arms and of the amplicons of ER-positive tumours."""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd


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
    text = files("resist_epi.data").joinpath(name).read_text(encoding="utf-8")
    table = pd.read_csv(io.StringIO(text), sep="\t", comment="#", keep_default_na=False)
    numbers = [c for c in ("start", "border", "end") if c in table]
    return table.astype(dict.fromkeys(numbers, np.int64))
