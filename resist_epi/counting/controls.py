"""The controls that a sheet names: each opened once, counted for the libraries they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.errors import SampleSheetError
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.opened import OpenedFile, open_file
from resist_epi.tracks.reads.reads import ReadRules


def control_paths(sheet: SampleSheet) -> tuple[str, dict[str, str]]:
    """Column that names every library's control (its input), and the path by SampleID.

    `ControlCoverage` (a track) where every row has it, else `bamControl` (reads).

    Raises
    ------
    SampleSheetError
        If neither column is filled in in every row; the rows are named.
    """
    table = sheet.table
    missing: dict[str, list[str]] = {}
    for column in ("ControlCoverage", "bamControl"):
        if column not in table:
            continue
        empty = list(table.loc[table[column] == "", "SampleID"])
        if not empty:
            return column, dict(zip(sheet.samples, table[column], strict=True))
        missing[column] = empty
    if not missing:
        raise SampleSheetError(
            sheet.path, ["no column ControlCoverage or bamControl: there is no input to use"]
        )
    column, empty = min(missing.items(), key=lambda item: len(item[1]))
    raise SampleSheetError(
        sheet.path,
        [f"sample {s}, column {column}: empty; every library needs its input" for s in empty],
    )


def has_controls(sheet: SampleSheet) -> bool:
    """Whether every row names a control."""
    try:
        control_paths(sheet)
    except SampleSheetError:
        return False
    return True


def distinct_controls(sheet: SampleSheet) -> dict[str, str]:
    """One library of the sheet -> its control, for each distinct control."""
    _, paths = control_paths(sheet)
    first: dict[str, str] = {}
    for sample, path in paths.items():
        first.setdefault(path, sample)
    return {sample: path for path, sample in first.items()}


def open_controls(
    sheet: SampleSheet, *, rules: Mapping[str, ReadRules | None] | None = None
) -> dict[str, OpenedFile]:
    """Open each distinct control of a sheet, under the first library that it belongs to.

    Parameters
    ----------
    rules
        Library -> which reads of its control count, and where: those that its own reads are counted
        by. By default every mapped primary alignment, as it spans.

    Raises
    ------
    InputFormatError
        If one cannot be read.
    """
    column, _ = control_paths(sheet)
    quantity = "reads" if column == "bamControl" else "mean_signal"
    return {
        sample: open_file(path, quantity, rules=(rules or {}).get(sample))
        for sample, path in distinct_controls(sheet).items()
    }


def named_controls(files: Iterable[OpenedFile]) -> dict[str, OpenedFile]:
    """Distinct controls under names for the log: of the files, or paths where these repeat."""
    every = list(files)
    named = {f"input {Path(file.path).name}": file for file in every}
    return named if len(named) == len(every) else {f"input {file.path}": file for file in every}


def count_controls(
    sheet: SampleSheet,
    regions: pd.DataFrame,
    *,
    controls: Mapping[str, OpenedFile] | None = None,
    how: Pass | None = None,
) -> CountMatrix:
    """Count the control of every row of a sheet; a file that several rows share is counted once.

    A column is a library, named after it: `mean_signal` of tracks, `reads` of BAM files.

    Parameters
    ----------
    controls
        As of `open_controls`, where they were opened before, or are counted by other rules than
        every mapped primary alignment.
    how
        As of `files.count_tables`.

    Raises
    ------
    ResistEpiError
        As counting does.
    """
    return count_controls_in_tables(sheet, {"regions": regions}, controls=controls, how=how)[
        "regions"
    ]


def count_controls_in_tables(
    sheet: SampleSheet,
    tables: Mapping[str, pd.DataFrame],
    *,
    controls: Mapping[str, OpenedFile] | None = None,
    how: Pass | None = None,
) -> dict[str, CountMatrix]:
    """`count_controls` in several tables of regions, in one pass over each control.

    Parameters
    ----------
    tables
        Name -> region table.
    """
    _, paths = control_paths(sheet)
    opened = open_controls(sheet) if controls is None else controls
    genome = None if how is None else how.genome
    named = named_controls(file.named_as(genome) for file in opened.values())
    column = {file.path: i for i, file in enumerate(named.values())}
    columns = [column[paths[sample]] for sample in sheet.samples]
    return {
        name: replace(
            counted,
            values=counted.values[:, columns],
            samples=sheet.samples,
            library_sizes=counted.library_sizes[columns],
        )
        for name, counted in count_tables(named, tables, how=how).matrices.items()
    }
