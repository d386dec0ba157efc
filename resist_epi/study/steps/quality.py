"""The tables about the samples of a mark: how good, how alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.quality import principal_components, quality_table, sample_correlation
from resist_epi.io.run_folder import run_path
from resist_epi.io.tables import read_table, write_table
from resist_epi.model.spike_in import spike_in_reads
from resist_epi.samples.facts import library_facts
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.study import Study


def write_quality(
    study: Study,
    sheet: SampleSheet,
    matrix: CountMatrix,
    shares: pd.DataFrame,
    outputs: Outputs,
) -> None:
    """Write a mark's quality, correlation and principal components.

    Parameters
    ----------
    sheet
        Rows of the mark.
    matrix
        Of the regions that speak for a gene, a column a library.
    shares
        As of `counts.MarkCounts`.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    outputs.table(outputs.path("quality"), _quality(study, sheet, matrix, shares))
    correlation = sample_correlation(matrix).reset_index()
    rows = sheet.for_samples(matrix.samples).table
    facts = {"facts": library_facts(sheet.marks, rows["Condition"])}
    outputs.table(outputs.path("correlation"), correlation, facts)
    components = principal_components(matrix)
    explained = [round(float(share), 4) for share in components.attrs["explained"]]
    outputs.table(outputs.path("components"), components, {"share of variance": explained} | facts)


def gather_quality(out: Path, marks: Sequence[str]) -> None:
    """Join the quality of all marks in `qc.tsv`."""
    tables = [read_table(run_path(out, "quality", mark)) for mark in marks]
    write_table(run_path(out, "all_quality"), pd.concat(tables, ignore_index=True))


def _quality(
    study: Study, sheet: SampleSheet, matrix: CountMatrix, shares: pd.DataFrame
) -> pd.DataFrame:
    samples = shares["sample"].astype(str)
    table = quality_table(
        matrix,
        sheet,
        in_peaks=dict(zip(samples, shares["in_peaks"], strict=True)),
        in_promoters=dict(zip(samples, shares["in_promoters"], strict=True)),
        n_peaks={s: len(p) for s, p in study.peaks.items()},
    )
    reads, source = exogenous_reads(matrix, sheet)
    return table.assign(spike_in_reads=reads, spike_in_from=source)


def exogenous_reads(matrix: CountMatrix, sheet: SampleSheet) -> tuple[FloatArray, str]:
    """Reads of another genome in each library, used or not, and where their number is from."""
    ordered = sheet.for_samples(matrix.samples)
    found, _ = spike_in_reads(matrix, ordered)
    if found is not None:
        return found.reads, found.source
    apart: Mapping[str, Mapping[str, float]] = matrix.metadata.get("exogenous", {})
    if not apart:
        return np.full(len(matrix.samples), np.nan), ""
    total = [sum(own.get(s, 0.0) for own in apart.values()) for s in matrix.samples]
    return np.array(total), f"reads of {' and '.join(apart)} in the same files, not used"
