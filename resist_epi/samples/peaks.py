"""Peaks and consensus peaks of a sheet."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from resist_epi.genome.consensus import Consensus, consensus_peaks
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_peaks
from resist_epi.samples.sheet import SampleSheet

_PLACES = ["chrom", "start", "end"]


def sheet_peaks(
    sheet: SampleSheet, naming: Naming | None = None, *, places: bool = False
) -> dict[str, pd.DataFrame]:
    """Read the peaks of every row that names some.

    Parameters
    ----------
    naming
        How the chromosomes of the tracks are named; the log says how many peaks take part.
    places
        Whether `chrom start end` is all that is kept: of hundreds of libraries the rest is large.

    Raises
    ------
    InputFormatError
        If a file cannot be read.
    GenomeMismatchError
        If no peak of a file lies on a chromosome that is there.
    """
    if "Peaks" not in sheet.table:
        return {}
    rows = zip(sheet.table["SampleID"], sheet.table["Peaks"], strict=True)
    peaks = {
        sample: read_peaks(path)[_PLACES].copy() if places else read_peaks(path)
        for sample, path in rows
        if path
    }
    if naming is None:
        return peaks
    named = {f"the peaks of {sample!r}": table for sample, table in peaks.items()}
    placed = naming.place_all(named, f"peaks of {len(peaks)} samples", rows="peaks")
    return dict(zip(peaks, placed.values(), strict=True))


def sheet_consensus(
    sheet: SampleSheet, peaks: Mapping[str, pd.DataFrame], *, min_overlap: int
) -> Consensus | None:
    """Consensus of one mark's peaks, or None where fewer than `min_overlap` samples have any."""
    own = {s: p for s, p in peaks.items() if s in set(sheet.samples) and len(p)}
    if len(own) < max(min_overlap, 1):
        return None
    condition = dict(zip(sheet.samples, sheet.table["Condition"], strict=True))
    return consensus_peaks(own, min_overlap=min_overlap, groups={s: str(condition[s]) for s in own})
