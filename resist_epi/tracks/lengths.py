"""Chromosome lengths that the files of a study state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resist_epi.genome.chromosomes import HasLengths
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.open import is_bigwig, open_track
from resist_epi.tracks.reads.open import is_bam, open_reads
from resist_epi.tracks.reads.reads import ReadsFile


def control_lengths(opened: Mapping[str, CoverageTrack | ReadsFile]) -> dict[str, int]:
    """Length of every chromosome of these inputs, bp."""
    lengths: dict[str, int] = {}
    for file in opened.values():
        for chrom, length in file.chrom_lengths.items():
            lengths[chrom] = max(length, lengths.get(chrom, 0))
    return lengths


@dataclass(frozen=True)
class StatedLengths:
    """Chromosome lengths as a file's header states them.

    Attributes
    ----------
    chrom_lengths
        Length of every chromosome, bp; empty where the format does not state them.
    lengths_known
        Whether it does.
    """

    chrom_lengths: Mapping[str, int]
    lengths_known: bool


def stated_lengths(path: str, *, reads: bool) -> StatedLengths:
    """What the header of a track or of a file of reads says; text is not read for it.

    Raises
    ------
    InputFormatError
        If the header cannot be read.
    """
    if (is_bam if reads else is_bigwig)(path):
        file: HasLengths = open_reads(path) if reads else open_track(path)
        return StatedLengths(dict(file.chrom_lengths), True)
    return StatedLengths({}, False)
