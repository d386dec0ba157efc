"""Small studies of peaks alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

GENES = """chrom\tstart\tend\tgene_id\tgene_name\tstrand
chr1\t10000\t30000\tg1\tHK2\t+
chr1\t60000\t90000\tg2\tG6PD\t-
chr1\t200000\t201000\tg3\tOTHER\t+
"""

# Place -> which of four good, then four poor tumours have a peak there.
PLACES: Mapping[tuple[str, int, int], str] = {
    ("chr1", 9000, 11000): "11110000",  # the promoter of HK2: the good ones have it
    ("chr1", 20000, 21000): "11111111",  # its body
    ("chr1", 89000, 90500): "00001111",  # the promoter of G6PD: the poor ones have it
    ("chr1", 150000, 151000): "10101010",  # far from all
    ("chr1", 500000, 500400): "00100000",  # one tumour alone: no consensus
}

ENDINGS = ("bed", "narrowPeak", "broadPeak")


def write_peak_sheet(
    folder: Path,
    *,
    marks: Sequence[str] = ("H3K27me3",),
    groups: Sequence[str] = ("good",) * 4 + ("poor",) * 4,
    empty: Sequence[int] = (),
    **columns: Sequence[str],
) -> Path:
    """Sheet, genes and peak files in three formats; returns the sheet's path.

    Parameters
    ----------
    empty
        Numbers of the tumours whose files hold no peak.
    **columns
        Further columns of the sheet, a value a tumour.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "genes.tsv").write_text(GENES)
    rows = []
    for mark in marks:
        for i, group in enumerate(groups):
            ending = ENDINGS[i % 3]
            places = [
                place for place, who in PLACES.items() if who[i % 8] == "1" and i not in empty
            ]
            name = f"{mark}_{i}.{ending}"
            text = "".join(_line(place, i, ending) for place in places if i not in empty)
            (folder / name).write_text(text or "# no peak\n")
            own = {column: values[i] for column, values in columns.items()}
            rows.append(
                {
                    "SampleID": f"{mark}_T{i}",
                    "Factor": mark,
                    "Condition": group,
                    "Peaks": name,
                    **own,
                }
            )
    path = folder / "peaks.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def _line(place: tuple[str, int, int], i: int, ending: str) -> str:
    chrom, start, end = place
    moved = int(np.array([0, 30, -20, 10, 5, -5, 15, 25])[i % 8])
    more = {
        "bed": "",
        "broadPeak": f"\tp{start}\t100\t.\t5.5\t4.1\t3.2",
        "narrowPeak": f"\tp{start}\t100\t.\t5.5\t4.1\t3.2\t100",
    }[ending]
    return f"{chrom}\t{start + moved}\t{end + moved}{more}\n"
