"""The built-in tables of chromosome arms and of the amplicons of ER-positive tumours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import InputFormatError
from resist_epi.genome.builtin import known_genomes, load_genome
from resist_epi.genome.chromosomes import without_prefix
from resist_epi.io.tables import read_table

MAX_POSITION = 2**32 - 1  # bp

_OLDER = ("hg18",)  # whose arms are those of hg19 but beside the centromeres, and are not tabled


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


def arm_names(regions: pd.DataFrame, borders: Mapping[str, int]) -> NDArray[np.object_]:
    """(n_regions,) arm of each region's middle, as `1q`; the chromosome where arms are unknown.

    Parameters
    ----------
    borders
        Chromosome -> bp at which its arms meet.
    """
    chrom = regions["chrom"].astype(str)
    stem = chrom.str.replace("^chr", "", regex=True)
    border = stem.map({without_prefix(c): at for c, at in borders.items()}).to_numpy(np.float64)
    middle = ((regions["start"] + regions["end"]) // 2).to_numpy()
    arm = np.where(middle >= border, "q", "p").astype(object)
    named = stem.to_numpy(dtype=object) + arm
    return np.where(np.isnan(border), chrom.to_numpy(dtype=object), named)


def assembly_of_regions(regions: pd.DataFrame) -> str | None:
    """The assembly with known arms that regions are of, told by how far they reach; else None.

    A chromosome that is absent from an assembly, or shorter there than a region's end, speaks
    against it. Where hg38 and hg19 are left it is hg38: their arms differ beside the centromeres
    alone.

    Parameters
    ----------
    regions
        Columns `chrom end`.
    """
    ends = regions.groupby("chrom", sort=False, observed=True)["end"].max()
    reach = {without_prefix(str(c)): int(e) for c, e in ends.items()}
    left = []
    for name in (n for n in known_genomes() if n not in _OLDER):
        lengths = {without_prefix(c): n for c, n in load_genome(name).lengths.items()}
        if all(end <= lengths.get(chrom, 0) for chrom, end in reach.items()):
            left.append(name)
    with_arms = [name for name in left if load_centromeres(name)]
    if not reach or len(with_arms) < len(left):
        return None
    return with_arms[0] if with_arms else None


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
