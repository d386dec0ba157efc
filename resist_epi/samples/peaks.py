"""Peaks and consensus peaks of a sheet."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from resist_epi.genome.consensus import Consensus, consensus_peaks
from resist_epi.genome.peaks import read_peaks
from resist_epi.samples.sheet import SampleSheet


def sheet_peaks(sheet: SampleSheet) -> dict[str, pd.DataFrame]:
    """Read the peaks of every row that names some.

    Raises
    ------
    InputFormatError
        If a file cannot be read.
    """
    if "Peaks" not in sheet.table:
        return {}
    rows = zip(sheet.table["SampleID"], sheet.table["Peaks"], strict=True)
    return {sample: read_peaks(path) for sample, path in rows if path}


def sheet_consensus(
    sheet: SampleSheet, peaks: Mapping[str, pd.DataFrame], *, min_overlap: int
) -> Consensus | None:
    """Consensus of one mark's peaks, or None where fewer than `min_overlap` samples have any."""
    own = {s: p for s, p in peaks.items() if s in set(sheet.samples) and len(p)}
    if len(own) < max(min_overlap, 1):
        return None
    condition = dict(zip(sheet.samples, sheet.table["Condition"], strict=True))
    return consensus_peaks(own, min_overlap=min_overlap, groups={s: str(condition[s]) for s in own})
