"""The inputs that a sheet names: each opened once, counted for the libraries they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from resist_epi.arrays import ByChromosome
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.sources import Source
from resist_epi.errors import SampleSheetError
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.reference import genomes
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.open import open_track
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.reads import ReadRules, ReadsFile


def control_paths(sheet: SampleSheet) -> tuple[str, dict[str, str]]:
    """Column that names every library's input, and the path by SampleID.

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
    """Whether every row names an input."""
    try:
        control_paths(sheet)
    except SampleSheetError:
        return False
    return True


def count_controls(
    sheet: SampleSheet,
    regions: pd.DataFrame,
    *,
    rules: Mapping[str, ReadRules | None] | None = None,
    exclude: ByChromosome | None = None,
    genome: Genome | None = None,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> CountMatrix:
    """Count the input of every row of a sheet; a file that several rows share is counted once.

    Parameters
    ----------
    rules
        Library -> which reads of its input count, and where: those that its own reads are counted
        by. By default every mapped primary alignment, as it spans.
    jobs
        Worker processes; the counts do not depend on it.

    Returns
    -------
    CountMatrix
        A column a library, named after it: `mean_signal` of tracks, `reads` of BAM files.

    Raises
    ------
    SampleSheetError
        As `control_paths`.
    ResistEpiError
        As counting does.
    """
    column, paths = control_paths(sheet)
    distinct = list(dict.fromkeys(paths.values()))
    names = {path: f"input {Path(path).name}" for path in distinct}
    if len(set(names.values())) < len(distinct):
        names = {path: f"input {path}" for path in distinct}
    quantity = "reads" if column == "bamControl" else "mean_signal"
    owner = {path: sample for sample, path in reversed(paths.items())}
    sources = {names[p]: Source(p, quantity, rules=(rules or {}).get(owner[p])) for p in distinct}
    counted = count_tables(
        sources,
        {"regions": regions},
        exclude=exclude,
        genome=genome,
        known=genomes(),
        jobs=jobs,
        progress=progress,
    ).matrices["regions"]
    columns = [counted.samples.index(names[paths[s]]) for s in sheet.samples]
    return replace(
        counted,
        values=counted.values[:, columns],
        samples=sheet.samples,
        library_sizes=counted.library_sizes[columns],
    )


def distinct_controls(sheet: SampleSheet) -> dict[str, str]:
    """One library of the sheet -> its input, for each distinct input."""
    _, paths = control_paths(sheet)
    first: dict[str, str] = {}
    for sample, path in paths.items():
        first.setdefault(path, sample)
    return {sample: path for path, sample in first.items()}


def open_controls(sheet: SampleSheet) -> dict[str, CoverageTrack | ReadsFile]:
    """Open each distinct input of a sheet, under the first library that it belongs to.

    Raises
    ------
    SampleSheetError
        As `control_paths`.
    InputFormatError
        If one cannot be read.
    """
    column, _ = control_paths(sheet)
    return {
        s: open_reads(p) if column == "bamControl" else open_track(p)
        for s, p in distinct_controls(sheet).items()
    }
