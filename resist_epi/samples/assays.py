"""How each assay is read: what of its reads counts, and where its spike-in comes from.

To add an assay, add a record to `ASSAYS`; nothing else lists assays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from resist_epi.errors import did_you_mean, quoted
from resist_epi.stats.literature import (
    KAYA_OKUR_2019,
    MEERS_2019,
    ORLANDO_2014,
    SKENE_2017,
    Reference,
)


@dataclass(frozen=True)
class Assay:
    """How one assay is read by default; each choice has its reason beside it.

    Attributes
    ----------
    name
        As in the sheet's `Assay`.
    aliases
        Other spellings: lower case, letters and digits alone.
    count_as
        As of `tracks.reads.reads.ReadRules`.
    why_count_as
        The reason, in a clause.
    fragment_length
        bp of a fragment where reads are not paired and the sheet has no `FragmentLength`; None
        where fragments are not counted.
    why_fragment_length, why_duplicates, why_spike_in
        The reasons, in a clause each.
    duplicates
        Whether reads marked as duplicates count.
    duplicates_are_signal
        Whether leaving them out is worth a warning.
    spike_in
        Species whose reads in the same file may be a spike-in, what was given on purpose first.
    references
        Papers for the reasons.
    """

    name: str
    aliases: tuple[str, ...]
    count_as: Literal["read", "fragment"]
    why_count_as: str
    fragment_length: int | None
    why_fragment_length: str
    duplicates: bool
    why_duplicates: str
    duplicates_are_signal: bool
    spike_in: tuple[str, ...]
    why_spike_in: str
    references: tuple[Reference, ...] = ()

    def sentence(self) -> str:
        """What is done by default and why, for log, header and report."""
        if self.count_as == "fragment":
            counted = f"fragments, pairs from end to end ({self.why_count_as})"
        else:
            counted = f"reads as they are aligned ({self.why_count_as})"
        if self.fragment_length is not None:
            counted += (
                f", and where reads are single of {self.fragment_length} bp"
                f" ({self.why_fragment_length})"
            )
        kept = "kept" if self.duplicates else "left out"
        return (
            f"{self.name}, by default: {counted}; marked duplicates are {kept}"
            f" ({self.why_duplicates}); a spike-in in the same files may be of"
            f" {', '.join(self.spike_in[:-1])} or {self.spike_in[-1]} ({self.why_spike_in})"
        )


ASSAYS: dict[str, Assay] = {
    a.name: a
    for a in (
        Assay(
            "ChIP-seq",
            ("chip", "chipseq", "xchip", "xchipseq", "nativechip", "nchip", "chiprx"),
            count_as="read",
            why_count_as="the ends of sonicated fragments say little about where the protein lay",
            fragment_length=None,
            why_fragment_length="",
            duplicates=True,
            why_duplicates="whoever takes them for artefacts leaves them out by --drop-duplicates",
            duplicates_are_signal=False,
            spike_in=("fly", "yeast", "mouse", "human"),
            why_spike_in="chromatin that was added before the precipitation; E. coli has none",
            references=(ORLANDO_2014,),
        ),
        Assay(
            "CUT&RUN",
            ("cutrun", "cutandrun", "cutnrun", "cr", "cnr"),
            count_as="fragment",
            why_count_as="both ends are cuts beside what the antibody holds: a pair is one event",
            fragment_length=150,
            why_fragment_length="the nuclease leaves the DNA of one nucleosome",
            duplicates=True,
            why_duplicates="the nuclease cuts again and again at the same places, so fragments of"
            " different cells have the same ends: signal",
            duplicates_are_signal=True,
            spike_in=("yeast", "fly", "mouse", "human", "E. coli"),
            why_spike_in="DNA added in equal amount, else that of E. coli which the enzyme carries"
            " over, in proportion to the enzyme and so to cells where both were alike",
            references=(SKENE_2017, MEERS_2019),
        ),
        Assay(
            "CUT&Tag",
            ("cuttag", "cutandtag", "cutntag", "ct", "cnt"),
            count_as="fragment",
            why_count_as="both ends are insertions beside what the antibody holds: a pair is one"
            " event",
            fragment_length=180,
            why_fragment_length="insertions lie a nucleosome and its linker apart",
            duplicates=True,
            why_duplicates="the transposase inserts at the same places in different cells, so"
            " fragments with the same ends are signal",
            duplicates_are_signal=True,
            spike_in=("fly", "yeast", "mouse", "human", "E. coli"),
            why_spike_in="DNA added in equal amount, else that of E. coli which the transposase"
            " carries over, in proportion to the enzyme and so to cells where both were alike",
            references=(KAYA_OKUR_2019,),
        ),
    )
}

DEFAULT = "ChIP-seq"  # of a sheet that does not say it

ASSAY_COLUMN = "Assay"


def assay_named(text: str) -> Assay | None:
    """The assay of a cell, however it is spelled; None for an unknown one.

    Examples
    --------
    >>> [assay_named(text).name for text in ("cutandtag", "Cut & Run", "chip_seq")]
    ['CUT&Tag', 'CUT&RUN', 'ChIP-seq']
    """
    bare = re.sub(r"[^a-z0-9]", "", text.lower())
    known = (a for a in ASSAYS.values() if bare in (_bare(a.name), *a.aliases))
    return next(known, None)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def assay_problem(text: str) -> str | None:
    """What is wrong with a cell of the column; None where it names an assay, or nothing."""
    if not text.strip() or assay_named(text) is not None:
        return None
    close = did_you_mean([text], ASSAYS)
    return f"{quoted(text)} is no assay that is known; expected {', '.join(ASSAYS)}" + (
        f". {close}" if close else ""
    )
