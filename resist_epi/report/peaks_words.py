"""What a run of peaks alone can say, in sentences, and what speaks for care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from resist_epi.report.peaks_gather import PeaksRun, PeakTables
from resist_epi.version import VERSION

CAN = (
    "where the mark was called, in which samples, and which peaks samples and groups share",
    "in which genes' promoters, bodies and surroundings these peaks lie",
    "at which peaks occupancy differs most between the groups: places to look at in tracks",
)

CANNOT = (
    "how much of the mark there is: a peak says that a threshold was passed, not by how much, so"
    " there is no differential test, no fold change and no false discovery rate of changes",
    "whether a peak that is missing is a mark that is missing: with fewer reads, or a stricter"
    " caller, weak peaks are lost first",
    "which mechanism acts: genes of a mechanism with peaks are counted, and no more",
)

# Ratios of the groups' median peaks per sample, and of the most to the fewest peaks, to be said.
_GROUPS_DIFFER, _SAMPLES_DIFFER = 1.5, 3.0

FEWEST_UNITS = 4  # a group: of 3 against 3 no P is below .1

# Lines above the table of regions, in the order in which a reader wants them.
FACTS = (
    ("consensus", "Consensus"),
    ("units", "Biological units"),
    ("groups", "Groups"),
    ("contrast", "Comparison"),
    ("test", "P values"),
    ("not adjusted", "Not adjusted"),
    ("excluded", "Excluded"),
    ("places", "Chromosomes"),
)


def warnings(run: PeaksRun) -> list[dict[str, str]]:
    """What a reader must know before the tables: `level`, `label`, `where` and `text` each."""
    found = [
        _line("stop", mark.mark, mark.regions.header["not done"])
        for mark in run.marks[:1]
        if "not done" in mark.regions.header
    ]
    for mark in run.marks:
        found += [_line("caution", mark.mark, text) for text in _of_mark(mark)]
    rows = run.check[run.check["level"] == "warning"]
    for row in rows.to_dict("records"):
        if row["column"] == "Coverage" and not row["sample"]:
            continue  # that there are no tracks is what this page is about
        found.append(_line("caution", str(row["sample"] or row["column"]), str(row["message"])))
    return found


def _line(level: str, where: str, text: str) -> dict[str, str]:
    label = {"stop": "Not done", "caution": "Caution"}[level]
    return {"level": level, "label": label, "where": where, "text": f"{text[0].upper()}{text[1:]}."}


def _of_mark(mark: PeakTables) -> list[str]:
    texts = []
    header = mark.regions.header
    if "without peaks" in header:
        texts.append(str(header["without peaks"]))
    n_peaks = mark.samples["n_peaks"]
    with_any = n_peaks[n_peaks > 0]
    if len(with_any) > 1 and with_any.max() / with_any.min() >= _SAMPLES_DIFFER:
        texts.append(
            f"samples have from {with_any.min():,.0f} to {with_any.max():,.0f} peaks: where"
            " depth or caller differ so, so does occupancy everywhere"
        )
    texts += _groups_differ(mark.samples)
    if "fraction_difference" in mark.regions.table:
        sizes = mark.samples.groupby("condition").size()
        if sizes.min() < FEWEST_UNITS:
            texts.append(f"few samples a group; {str(header['contrast']).rpartition('; ')[2]}")
    return texts


def _groups_differ(samples: pd.DataFrame) -> list[str]:
    medians = samples.groupby("condition")["n_peaks"].median().sort_values()
    if len(medians) < 2 or medians.iloc[0] == 0:
        return []
    ratio = medians.iloc[-1] / medians.iloc[0]
    if ratio < _GROUPS_DIFFER:
        return []
    return [
        f"samples of {medians.index[-1]} have {ratio:.1f} times as many peaks as those of"
        f" {medians.index[0]} (medians {medians.iloc[-1]:,.0f} and {medians.iloc[0]:,.0f}): many"
        " differences of occupancy between the groups may be no more than that"
    ]


def facts(mark: PeakTables) -> list[tuple[str, str]]:
    """Name and sentence of what was done, from the lines above the table."""
    header = mark.regions.header
    return [(title, str(header[name])) for name, title in FACTS if name in header]


def strongest(mark: PeakTables, most: int = 20) -> pd.DataFrame:
    """The consensus peaks whose occupancy differs most; of equal ones those with a gene first."""
    table = mark.regions.table
    if "fraction_difference" not in table or table.empty:
        return table.iloc[:0]
    difference = table["fraction_difference"].abs().to_numpy(np.float64)
    pvalue = table["descriptive_pvalue"].to_numpy(np.float64)
    named = (table["symbol"].fillna("") == "").to_numpy()
    order = np.lexsort((np.arange(len(table)), named, -difference, pvalue))
    return table.iloc[order[:most]][difference[order[:most]] > 0]


def methods(run: PeaksRun) -> str:
    """A paragraph for a methods section."""
    header: Mapping[str, object] = run.marks[0].regions.header
    marks = _joined([mark.mark for mark in run.marks])
    tested = "fraction_difference" in run.marks[0].regions.table
    compared = (
        " Groups were compared by Fisher's exact test of peak or no peak with Benjamini-Hochberg"
        " adjustment, to rank consensus peaks; no amount of the mark was tested."
        if tested
        else " No groups were compared."
    )
    return (
        f"Peaks of {marks} were read with resist_epi {VERSION}. Consensus: {header['consensus']}."
        f" Units: {header['units']}.{compared} Peaks were linked to genes of"
        " the assembly stated, by promoter window, gene body and distance to the nearest start"
        " as the preset of the mark has it."
    )


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
