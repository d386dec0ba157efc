"""What a run of peaks alone writes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.genome.intervals import count_overlaps
from resist_epi.genome.peaks import write_bed
from resist_epi.genome.regions import as_intervals
from resist_epi.io.igv import write_session
from resist_epi.io.run_folder import RunFile, run_path
from resist_epi.schema import PEAK_QUALITY, QUALITY, names
from resist_epi.study.occupancy import Occupancy, sheet_occupancy
from resist_epi.study.occupancy_tables import occupancy_tables, overlap_tables, table_headers
from resist_epi.study.peaks_study import PeaksStudy
from resist_epi.study.steps.outputs import Outputs

logger = logging.getLogger(__name__)


def write_occupancy(study: PeaksStudy, mark: str, out: Path) -> list[Path]:
    """Write the tables of one mark; returns their paths.

    Raises
    ------
    ResistEpiError
        If the peaks of the mark make no consensus, or the folder cannot be written.
    """
    sheet = study.sheet.for_mark(mark)
    own = {sample: study.peaks[sample] for sample in sheet.samples}
    found = sheet_occupancy(sheet, study.asked, peaks=own, naming=study.naming)
    made = occupancy_tables(found, study.reference, gene_sets=study.gene_sets)
    shared = overlap_tables(found)
    headers = table_headers(found, shared)
    if study.not_done:
        headers["regions"]["not done"] = study.not_done
    outputs = Outputs(out, mark)
    outputs.table(
        outputs.path("quality"),
        peak_quality(
            found, dict(zip(sheet.samples, sheet.table["Condition"].astype(str), strict=True))
        ),
    )
    outputs.table(outputs.path("occupancy"), made.regions, headers["regions"])
    write_bed(found.consensus.regions, outputs.add(outputs.path("consensus")))
    outputs.table(outputs.path("overlaps"), shared.samples, headers["overlaps"])
    outputs.table(outputs.path("group_overlaps"), shared.groups, headers["group_overlaps"])
    outputs.table(outputs.path("occupancy_components"), shared.components, headers["components"])
    more: tuple[tuple[RunFile, pd.DataFrame | None, str], ...] = (
        ("peak_classes", made.classes, "classes"),
        ("occupied_genes", made.genes, "genes"),
        ("occupied_mechanisms", made.mechanisms, "mechanisms"),
    )
    for name, table, header in more:
        if table is not None:
            outputs.table(outputs.path(name), table, headers[header])
    return outputs.written


def peak_quality(found: Occupancy, condition: dict[str, str]) -> pd.DataFrame:
    """One row a sample: how many peaks, how wide, and how many are in the consensus.

    Parameters
    ----------
    condition
        SampleID -> its group in the sheet.

    Returns
    -------
    DataFrame
        Columns of `schema.QUALITY`, NaN where a track would be needed, and `schema.PEAK_QUALITY`.
    """
    rows = []
    regions = found.consensus.regions
    for sample, peaks in found.peaks.items():
        own, consensus = as_intervals(peaks, regions)
        width = (peaks["end"] - peaks["start"]).to_numpy(np.float64)
        rows.append(
            {
                "sample": sample,
                "mark": found.mark,
                "condition": condition[sample],
                "library_size_from": "none",
                "n_peaks": float(len(peaks)),
                "median_width": float(np.median(width)) if len(width) else np.nan,
                "bases": float(width.sum()),
                "n_in_consensus": float((count_overlaps(own, consensus) > 0).sum()),
                "n_consensus": float(found.consensus.occupancy[sample].sum()),
            }
        )
    table = pd.DataFrame(rows, columns=[*names(QUALITY), *names(PEAK_QUALITY)])
    numbers = [c for c in table if c not in ("sample", "mark", "condition", "library_size_from")]
    return table.astype(dict.fromkeys(numbers, np.float64))


def write_peaks_session(study: PeaksStudy, out: Path) -> None:
    """Write `igv_session.xml`: the consensus of every mark, and each sample's peaks.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    table = study.sheet.table
    shown = [
        (run_path(out, "consensus", mark), f"{mark}: consensus peaks") for mark in study.sheet.marks
    ]
    shown += [
        (Path(row["Peaks"]), f"{row['SampleID']} ({row['Condition']}): peaks")
        for row in table.sort_values(["Factor", "Condition"], kind="stable").to_dict("records")
    ]
    genome = study.reference.genome
    write_session(
        run_path(out, "session"), [], shown, genome=None if genome is None else genome.name
    )
