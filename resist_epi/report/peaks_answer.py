"""What the page on peaks alone says first: how many, where, and how alike samples and groups are.

Every number is read from the run's tables; none of them is a test of an amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from resist_epi.io.shown import count
from resist_epi.report.peaks_gather import PeaksRun, PeakTables
from resist_epi.report.sections import percent
from resist_epi.report.words import join_words

LEVEL = 0.05  # of the descriptive P, adjusted


@dataclass(frozen=True)
class PeaksAnswer:
    """What a reader gets without scrolling.

    Attributes
    ----------
    question, units
        What was asked, and of how many samples.
    sentences
        Of each mark: peaks and where they lie, what groups share, what differs; then mechanisms.
    next_steps
        What to do next.
    """

    question: str
    units: str
    sentences: tuple[str, ...]
    next_steps: tuple[str, ...]


def peaks_answer(run: PeaksRun) -> PeaksAnswer:
    """What the tables of a run of peaks alone answer."""
    marks = join_words([mark.mark for mark in run.marks])
    groups = compared_levels(run.marks[0])
    differ = f", and where do {join_words(groups)} differ" if groups else ""
    sentences = [text for mark in run.marks for text in _of_mark(mark)]
    return PeaksAnswer(
        question=f"Which samples have peaks of {marks}{differ}?",
        units=_units(run),
        sentences=(*sentences, *_mechanisms(run)),
        next_steps=tuple(_next_steps(groups)),
    )


def compared_levels(mark: PeakTables) -> list[str]:
    """The two groups that were compared, the first side first; none where nothing was."""
    table = mark.regions.table
    if "fraction_difference" not in table:
        return []
    words = str(mark.regions.header.get("contrast", "")).split(";")[0]
    levels = [str(c).removeprefix("fraction_") for c in table if str(c).startswith("fraction_")]
    found = [level for level in levels if level != "difference"]
    return sorted(found, key=lambda level: not words.startswith(f"{level} minus"))


def _units(run: PeaksRun) -> str:
    samples = pd.concat([mark.samples for mark in run.marks])
    own = {m.mark: str(m.regions.header["groups"]).split(": ", 1)[-1] for m in run.marks}
    said = set(own.values())
    groups = next(iter(said)) if len(said) == 1 else "; ".join(f"{k}: {v}" for k, v in own.items())
    return f"{groups}; {count(len(samples), 'peak file')}"


def _of_mark(mark: PeakTables) -> Iterator[str]:
    table = mark.regions.table
    n, samples = len(table), len(mark.samples)
    in_all = int((table["n_samples"] == samples).sum())
    places = table["class"].value_counts(normalize=True)
    where = [f"{percent(places[c])} {w}" for c, w in _CLASSES.items() if places.get(c, 0)]
    yield (
        f"{mark.mark} has {count(n, 'consensus peak')}, {in_all:,} of them in all of {samples}"
        f" samples; {join_words(where)}"
    )
    groups = compared_levels(mark)
    if not groups:
        return
    first, second = groups
    counted = mark.group_overlaps
    if {first, second} <= set(map(str, counted)):
        alone = {
            g: int(counted.loc[(counted[g] == 1) & (counted[o] == 0), "n_peaks"].sum())
            for g, o in ((first, second), (second, first))
        }
        has = "is" if alone[first] == 1 else "are"
        yield (
            f"{count(alone[first], 'peak')} of {mark.mark} {has} held by at least half of {first}"
            f" and not of {second}, {alone[second]:,} the other way round; {_differing(table)}"
        )


_CLASSES = {
    "promoter": "at promoters",
    "gene_body": "in gene bodies",
    "distal": "distal",
    "intergenic": "between genes",
}


def _differing(table: pd.DataFrame) -> str:
    """How many peaks differ in occupancy; an adjusted P, which is descriptive still."""
    n = int((table["descriptive_padj"] <= LEVEL).sum())
    has = "none has" if not n else "1 has" if n == 1 else f"{n:,} have"
    return f"{has} a descriptive adjusted P of at most {LEVEL}"


def _mechanisms(run: PeaksRun) -> Iterator[str]:
    said = []
    for mark in run.marks:
        table = mark.mechanisms.table
        if len(table):
            some = int((table["n_with_peak"] > 0).sum())
            said.append(
                f"{some:,} of {len(table):,} mechanisms have a gene with a peak of {mark.mark}"
            )
    if said:
        yield f"{'; '.join(said)}: counts, from which no mechanism can be concluded"


def _next_steps(groups: list[str]) -> Iterator[str]:
    yield (
        "Name coverage tracks (column Coverage) or reads (column bamReads) in the sheet: the same"
        " command then tests the amount of the mark"
    )
    if groups:
        yield "Look at the peaks below in IGV, with tracks beside them: open igv_session.xml"
    else:
        yield "Look at the consensus in IGV: open igv_session.xml"
