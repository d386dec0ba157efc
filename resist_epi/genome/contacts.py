"""Contacts between places of the genome, as HiChIP, Hi-C loops or ChIA-PET give them (BEDPE)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genome.bed_table import read_bed_table

CONTACT_COLUMNS = ("chrom1", "start1", "end1", "chrom2", "start2", "end2")


def read_contacts(path: str | Path) -> pd.DataFrame:
    """Read the two anchors of every contact of a BEDPE file, gzipped or not.

    Parameters
    ----------
    path
        At least six columns, `chrom1 start1 end1 chrom2 start2 end2`, 0-based half-open; further
        ones and lines with # are skipped.

    Returns
    -------
    DataFrame
        `CONTACT_COLUMNS`, one row a contact. Contacts of which an anchor is unknown (`.` and -1)
        are left out.

    Raises
    ------
    InputFormatError
        If the file is unreadable, a row is no contact (with the line), or no row has both anchors.
    """
    table = read_bed_table(path)
    if table.fields.empty:
        raise InputFormatError("holds no contacts", path=path)
    if table.fields.shape[1] < len(CONTACT_COLUMNS):
        raise InputFormatError(
            f"{table.fields.shape[1]} columns",
            path=path,
            expected="BEDPE: chrom1 start1 end1 chrom2 start2 end2",
            remedy="give a table of pairs of places; one place a row is BED, which --sites takes",
        )
    anchors = {}
    for i, name in enumerate(CONTACT_COLUMNS):
        if name.startswith("chrom"):
            anchors[name] = table.fields[i].astype(str).str.strip().to_numpy(object)
        else:
            anchors[name] = table.whole(i, name)
    found = pd.DataFrame(anchors)
    known = np.ones(len(found), dtype=bool)
    for side in ("1", "2"):
        start, end = found[f"start{side}"], found[f"end{side}"]
        none = (found[f"chrom{side}"] == ".") | (start == -1)
        table.refuse((found[f"chrom{side}"] == "").to_numpy(), f"chrom{side} is empty")
        table.refuse((~none & (start < 0)).to_numpy(), f"start{side} is negative")
        table.refuse((~none & (start >= end)).to_numpy(), f"start{side} is not below end{side}")
        known &= ~none.to_numpy()
    if not known.any():
        raise InputFormatError(
            "no contact has two known anchors",
            path=path,
            expected="BEDPE with a place in both anchors of some rows",
            remedy="a row with . and -1 says that an anchor is not known; give contacts",
        )
    return found[known].reset_index(drop=True)
