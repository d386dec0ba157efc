"""Adjacent bins over whole chromosomes, as regions."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genome.chromosomes import natural_chrom_key
from resist_epi.genome.intervals import windows
from resist_epi.genome.regions import COLUMNS, ids_of_places


def genome_bins(lengths: Mapping[str, int], size: int) -> pd.DataFrame:
    """Adjacent bins over whole chromosomes; the last of a chromosome may be shorter.

    Parameters
    ----------
    lengths
        bp of each chromosome.
    size
        bp of a bin.

    Returns
    -------
    Regions of the kind `bins` (ids such as `bin:chr1:0-10000`).

    Raises
    ------
    InputFormatError
        If a bin has no base, or a chromosome no name.

    Examples
    --------
    >>> genome_bins({"chr1": 25}, 10)["region_id"].tolist()
    ['bin:chr1:0-10', 'bin:chr1:10-20', 'bin:chr1:20-25']
    """
    if size < 1:
        raise InputFormatError(f"a bin of {size} bp", expected="one base at least")
    if "" in lengths:
        raise InputFormatError("a chromosome without a name", expected="names of chromosomes")
    chroms = sorted(lengths, key=natural_chrom_key)
    tiles = windows([lengths[chrom] for chrom in chroms], size)
    # Bins are in order, unique and whole as they are made: `make_regions` would look for nothing.
    table = pd.DataFrame(
        {
            "chrom": pd.Series(chroms, dtype="str").take(tiles.chrom).reset_index(drop=True),
            "start": tiles.start,
            "end": tiles.end,
        }
    )
    ids = ids_of_places(table, "bins")
    table = table.assign(strand=".", region_id=ids, gene_id="", symbol="", kind="bins")
    return table[COLUMNS]
