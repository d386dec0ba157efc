"""Regions of a peak file with everything else that stands in its rows, to the letter."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.genome.bed_table import BedTable, is_row, place_column, read_bed_table
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions, read_peaks
from resist_epi.genome.reconcile import refuse_peaks_beyond_ends
from resist_epi.genome.regions import make_regions

# Behind the six columns of BED, as UCSC names them.
_FORMATS = {
    10: ("signalValue", "pValue", "qValue", "peak"),
    9: ("signalValue", "pValue", "qValue"),
}

_BED = ("chrom", "start", "end", "name", "score", "strand")


def read_regions_as_given(
    path: str | Path, genome: Genome | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Read the regions of a peak or BED file, and its further columns under their own names.

    Parameters
    ----------
    genome
        The assembly, whose names of chromosomes the regions are given; their ids stay.

    Returns
    -------
    tuple
        The regions, as `genome.peaks.read_bed_regions`; and a row a region (in their order, index
        the `region_id`) of texts as they stand in the file, save for chromosome, start, end and
        strand. Columns without a header have the names of BED, narrowPeak and broadPeak, told by
        the name of the file, and otherwise `column_7` and so on, counted from 1.

    Raises
    ------
    InputFormatError
        As `read_bed_regions`.
    GenomeMismatchError
        If a region reaches past the end of its chromosome.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "peaks.tsv"
    >>> _ = path.write_text("chr\tstart\tend\tMy score\nchr2\t5\t9\t1.50\nchr1\t5\t9\t0.70\n")
    >>> regions, given = read_regions_as_given(path)
    >>> regions["chrom"].tolist(), given["My score"].tolist()
    (['chr1', 'chr2'], ['0.70', '1.50'])
    """
    regions = read_bed_regions(path)
    table = read_bed_table(path)
    rows = [line for line in table.lines if is_row(line)][int(table.has_plain_header) :]
    cells = [line.split("\t") if "\t" in line else line.split() for line in rows]
    width = max(map(len, cells), default=0)
    names = _names(table, width)
    given = pd.DataFrame(cells, columns=names, dtype=str).map(_unquoted)
    order = _order(table, regions)
    kept = [i for i, name in enumerate(names) if not _is_place(name)]
    given = given.iloc[order, kept].set_axis(regions["region_id"])
    if genome is not None:
        naming = Naming(genome, source="the genes")
        regions = naming.place(regions, str(path), rows="peaks", needed=False)
        refuse_peaks_beyond_ends({str(path): regions}, genome)
    return regions, given.set_axis(_told_apart(list(given.columns)), axis=1)


def _unquoted(text: str) -> str:
    """A cell without the quotes around it, if it has both."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _told_apart(names: list[str]) -> list[str]:
    """The names, of which each further one of a kind has a number behind it: `_2` and so on."""
    found: list[str] = []
    for name in names:
        free = (f"{name}_{i}" for i in count(2))
        found.append(name if name not in found else next(n for n in free if n not in names + found))
    return found


def _order(table: BedTable, regions: pd.DataFrame) -> NDArray[np.int64]:
    """Rows of the file in the order of the regions, which are sorted and lose none."""
    place = read_peaks(table.path)[["chrom", "start", "end", "strand"]]
    ordered = make_regions(place.assign(row=np.arange(len(place))), kind="peaks")
    return ordered["row"].to_numpy(np.int64) if len(regions) else np.zeros(0, dtype=np.int64)


def _is_place(name: str) -> bool:
    return name == "strand" or place_column(name) is not None


def _names(table: BedTable, width: int) -> list[str]:
    """Names of the columns as the file gives them, or its format does."""
    if table.header is not None:
        line = _header_line(table)
        words = [w.strip('" ') for w in (line.split("\t") if "\t" in line else line.split())]
        words = ["row", *words] if len(words) == width - 1 else words
        if len(words) == width:
            return [word or f"column_{i + 1}" for i, word in enumerate(words)]
    suffixes = str(table.path).lower()
    broad = ".broadpeak" in suffixes and width == 9
    known = _FORMATS[width] if broad or (".narrowpeak" in suffixes and width == 10) else ()
    names = [*_BED, *known][:width]
    return [*names, *(f"column_{i + 1}" for i in range(len(names), width))]


def _header_line(table: BedTable) -> str:
    """The first row, or the last comment above it."""
    last = ""
    for line in table.lines:
        if is_row(line):
            return line if table.has_plain_header else last
        if line.startswith("#"):
            last = line.lstrip("# ")
    return last
