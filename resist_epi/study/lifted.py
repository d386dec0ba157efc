"""A sheet of an old assembly, its peaks, BED reads and bedGraphs lifted by the user's chain."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from resist_epi.arrays import BoolArray
from resist_epi.errors import GenomeMismatchError, ResistEpiError, SampleSheetError
from resist_epi.genome.lift import Chain, read_chain
from resist_epi.io.store import file_name
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.lift_files import lift_intervals, lift_peaks, refuse_binary

logger = logging.getLogger(__name__)

# Between human assemblies a few per cent are lost at most; more says that the chain is another's.
MOST_LOST = 0.05

# Column of paths -> name of what is written, and whether it is a bedGraph; None for peaks.
_KINDS: dict[str, tuple[str, bool | None]] = {
    "Peaks": ("narrowPeak", None),
    "Coverage": ("bedGraph", True),
    "ControlCoverage": ("bedGraph", True),
    "bamReads": ("bed", False),
    "bamControl": ("bed", False),
}

COLUMNS = tuple(_KINDS)


def lift_sheet(
    sheet: SampleSheet,
    chain: str | Path,
    folder: str | Path,
    *,
    columns: Sequence[str] = COLUMNS,
) -> SampleSheet:
    r"""Lift every file of a sheet into a folder; the log says how much of each has no place.

    Rows whose `Assembly` is the chain's new one stay as they are.

    Parameters
    ----------
    chain
        Chain file of the user's, from the assembly of the files to the one that is wanted.
    folder
        Where the lifted files go, and stay; made if missing.
    columns
        Whose files are lifted.

    Returns
    -------
    SampleSheet
        The same rows, with the paths of the lifted files and the new assembly.

    Raises
    ------
    SampleSheetError
        With every file that cannot be lifted, and the remedy.
    GenomeMismatchError
        If the sheet names an assembly that is neither the chain's old nor its new one.
    InputFormatError
        If the chain cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from resist_epi.samples.sheet import read_sheet
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "a.chain").write_text("chain 1 chr1 900 + 0 800 chr1 950 + 50 850 1\n800\n")
    >>> _ = (place / "a.bedGraph").write_text("chr1 100 200 3\n")
    >>> rows = "SampleID,Factor,Condition,Coverage\na,ER,x,a.bedGraph\n"
    >>> _ = (place / "sheet.csv").write_text(rows)
    >>> new = lift_sheet(read_sheet(place / "sheet.csv"), place / "a.chain", place / "lifted")
    >>> Path(new.table["Coverage"][0]).name
    'a.Coverage.bedGraph.gz'
    """
    folder = Path(folder)
    own = read_chain(chain)
    _, new = own.assemblies
    table = sheet.table.copy()
    stays = _already_there(sheet, own)
    problems: list[str] = []
    made: dict[tuple[str, str], Path] = {}
    for column, (ending, coverage) in _KINDS.items():
        if column not in table or column not in columns:
            continue
        for i in table.index[(table[column].astype(str) != "") & ~stays]:
            path, sample = str(table.at[i, column]), str(table.at[i, "SampleID"])
            try:
                if (column, path) not in made:
                    out = folder / f"{file_name(sample)}.{column}.{ending}.gz"
                    made[column, path] = _lift(path, out, own, coverage, f"{sample}, {column}")
                table.at[i, column] = str(made[column, path])
            except (ResistEpiError, OSError) as error:
                problems.append(f"row of {sample!r}, column {column}: {error}")
    if problems:
        raise SampleSheetError(sheet.path, problems)
    if "Assembly" in table:
        table["Assembly"] = new or ""
    logger.info("lifted %d files, %s", len(made), own.words)
    return replace(sheet, table=table)


@contextmanager
def lifted(
    sheet: SampleSheet,
    chain: Path | None,
    beside: Path | None,
    *,
    columns: Sequence[str] = COLUMNS,
) -> Iterator[SampleSheet]:
    """The sheet with its files lifted for as long as this lasts; as it is without a chain.

    Parameters
    ----------
    beside
        A file next to which the lifted ones are put meanwhile; None for the system's own place.
    columns
        As of `lift_sheet`.

    Raises
    ------
    ResistEpiError
        As `lift_sheet`.
    """
    if chain is None:
        yield sheet
        return
    folder = None if beside is None else beside.resolve().parent
    with tempfile.TemporaryDirectory(prefix=".lifted-", dir=folder) as made:
        yield lift_sheet(sheet, chain, Path(made), columns=columns)


def _lift(path: str, out: Path, chain: Chain, coverage: bool | None, what: str) -> Path:
    if coverage is None:
        refuse_binary(path)
        count = lift_peaks(path, out, chain)
    else:
        count = lift_intervals(path, out, chain, coverage=coverage)
    lost = 1 - count.kept / count.n if count.n else 0.0
    log = logger.warning if lost > MOST_LOST else logger.info
    log("%s: %s", what, count.words)
    return out


def _already_there(sheet: SampleSheet, chain: Chain) -> BoolArray:
    """(n,) rows that the sheet says are of the new assembly."""
    if "Assembly" not in sheet.table:
        return np.zeros(len(sheet.table), dtype=bool)
    named = sheet.table["Assembly"].astype(str)
    old, new = chain.assemblies
    strange = sorted(set(named) - {"", str(old), str(new)}) if old is not None else []
    if strange:
        raise GenomeMismatchError(
            f"the sheet's files are of {', '.join(strange)}, and the chain lifts {chain.words};"
            f" give a chain from {strange[0]}"
        )
    return ((named == new) & (named != "")).to_numpy(dtype=bool)
