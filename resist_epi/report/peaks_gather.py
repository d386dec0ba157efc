"""What the report of a run of peaks alone needs, read from the tables in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.io.run_folder import RunFile, run_file, run_path
from resist_epi.io.run_record import read_record
from resist_epi.io.store import file_name
from resist_epi.io.tables import read_table
from resist_epi.report.gather import Sheet
from resist_epi.report.records import read_check
from resist_epi.samples.presets import MarkPreset, preset
from resist_epi.schema import PEAK_CLASSES, PEAK_QUALITY, QUALITY, names


@dataclass(frozen=True)
class PeakTables:
    """The tables of one mark.

    Attributes
    ----------
    mark, name
        As in the sheet's `Factor`, and as it stands in file names.
    regions
        A row a consensus peak.
    samples
        Rows of `qc.tsv`.
    overlaps, group_overlaps
        Combinations of samples, and of groups.
    """

    mark: str
    name: str
    preset: MarkPreset
    regions: Sheet
    samples: pd.DataFrame
    overlaps: pd.DataFrame
    group_overlaps: pd.DataFrame
    components: pd.DataFrame
    classes: pd.DataFrame
    genes: pd.DataFrame
    mechanisms: Sheet


@dataclass(frozen=True)
class PeaksRun:
    """The tables of a run of peaks alone."""

    marks: tuple[PeakTables, ...]
    check: pd.DataFrame
    provenance: Mapping[str, Any]


def gather_peaks(folder: str | Path) -> PeaksRun:
    """Read the tables of a run of peaks alone.

    Raises
    ------
    InputFormatError
        If a table is missing or damaged; the message names it.
    """
    folder = Path(folder)
    required = [*names(QUALITY), *names(PEAK_QUALITY)]
    quality = read_table(_there(folder, "all_quality"), required=required)
    for column in ("sample", "mark", "condition"):
        quality[column] = quality[column].astype(str)
    marks = tuple(
        _gather_mark(folder, str(mark), rows.reset_index(drop=True))
        for mark, rows in quality.groupby("mark", sort=False)
    )
    return PeaksRun(
        marks, read_check(run_path(folder, "check")), read_record(_there(folder, "provenance"))
    )


def _gather_mark(folder: Path, mark: str, samples: pd.DataFrame) -> PeakTables:
    def table(name: RunFile, *required: str) -> Sheet:
        found = read_table(_there(folder, name, mark), required=required)
        return Sheet(found, found.attrs["header"])

    components = table("occupancy_components", "sample")
    points = components.table.assign(sample=components.table["sample"].astype(str))
    points.attrs = {"explained": components.header.get("share of variance", [])}
    return PeakTables(
        mark=mark,
        name=file_name(mark),
        preset=preset(mark),
        regions=table("occupancy", "chrom", "start", "end", "symbol", "class", "n_samples"),
        samples=samples,
        overlaps=table("overlaps", "n_sets", "n_peaks").table,
        group_overlaps=table("group_overlaps", "n_sets", "n_peaks").table,
        components=points,
        classes=table("peak_classes", *names(PEAK_CLASSES)).table,
        genes=table("occupied_genes", "gene_id", "symbol", "n_peaks").table,
        mechanisms=table("occupied_mechanisms"),
    )


def _there(folder: Path, name: RunFile, mark: str = "") -> Path:
    path = run_path(folder, name, mark)
    if not path.is_file():
        raise InputFormatError(
            f"not the folder of a finished run: it has no {run_file(name, mark)}",
            path=folder,
            remedy="run the study again: resist-epi run SHEET -o DIR",
        )
    return path
