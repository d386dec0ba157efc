"""Whether tracks and an annotation are of one genome, and which chromosomes they share."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.chromosomes import (
    Genome,
    chrom_rank,
    recognise_assembly,
    shown,
    without_prefix,
)

logger = logging.getLogger(__name__)


def describe_mismatch(
    first: str,
    first_chroms: Collection[str],
    second: str,
    second_chroms: Collection[str],
    *,
    first_assembly: str | None = None,
    second_assembly: str | None = None,
) -> str:
    """Say in words why two inputs cannot be of one genome, and the remedy.

    Parameters
    ----------
    first, second
        What the inputs are, such as `the annotation` and `track 's1'`.
    first_assembly, second_assembly
        Their assemblies, where known.
    """

    def named(what: str, assembly: str | None, chroms: Collection[str]) -> str:
        return f"{what} ({assembly or 'assembly unknown'}: {shown(chroms)})"

    text = (
        f"{named(first, first_assembly, first_chroms)} and"
        f" {named(second, second_assembly, second_chroms)} do not belong to the same genome"
    )
    stems = {without_prefix(c) for c in first_chroms} & {without_prefix(c) for c in second_chroms}
    if not set(first_chroms) & set(second_chroms) and stems:
        bare = first if not any(c.startswith("chr") for c in first_chroms) else second
        return (
            f"{text}: {bare} lacks the prefix 'chr' (or has it too much); rename one of them, or"
            " state the assembly with --genome, whose names are then taken"
        )
    if first_assembly and second_assembly and first_assembly != second_assembly:
        return f"{text}: bring both to one assembly, for example with liftOver"
    return f"{text}: use files of one assembly"


@dataclass(frozen=True)
class SharedChromosomes:
    """Which chromosomes of an annotation the tracks have.

    Attributes
    ----------
    kept
        Those that every track has, in genome order.
    in_none
        Those that no track has.
    not_in_all
        Y where some tracks lack it (of women, or of cells that lost it) -> these samples.
    n_samples
        Tracks in all.
    """

    kept: list[str]
    in_none: list[str]
    not_in_all: dict[str, list[str]]
    n_samples: int

    def warnings(self) -> list[str]:
        """Say which chromosomes are dropped though some tracks have them."""
        return [
            f"{chrom} is absent from {len(absent)} of {self.n_samples} tracks ({shown(absent)}) and"
            " is dropped"
            for chrom, absent in self.not_in_all.items()
        ]

    def dropped(self, annotation: str) -> str:
        """Say which chromosomes no track has; empty where there is none."""
        if not self.in_none:
            return ""
        n = len(self.kept) + len(self.in_none) + len(self.not_in_all)
        return (
            f"{len(self.in_none)} of {n} chromosomes of {annotation} are in no track and are"
            f" dropped: {shown(self.in_none)}"
        )


def reconcile_chromosomes(
    annotation_chroms: Iterable[str],
    track_lengths: Mapping[str, Mapping[str, int | None]],
    *,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    annotation: str = "the annotation",
) -> list[str]:
    """Chromosomes of the annotation that every track has, each once, in genome order.

    As `shared_chromosomes`; the log says what is dropped.
    """
    found = shared_chromosomes(
        annotation_chroms, track_lengths, genome=genome, known=known, annotation=annotation
    )
    for warning in found.warnings():
        logger.warning("%s", warning)
    if found.in_none:
        logger.info("%s", found.dropped(annotation))
    return found.kept


def shared_chromosomes(
    annotation_chroms: Iterable[str],
    track_lengths: Mapping[str, Mapping[str, int | None]],
    *,
    genome: Genome | None = None,
    known: Collection[Genome] = (),
    annotation: str = "the annotation",
) -> SharedChromosomes:
    """Compare the chromosomes of an annotation with those of the tracks.

    A chromosome absent from every track is dropped, and so is Y where some tracks lack it; another
    one absent from some, or one of another length, is an error, and so are tracks that share none.

    Parameters
    ----------
    annotation_chroms
        Chromosome names of the regions or genes.
    track_lengths
        Per sample, length in bp by chromosome (None where the format does not tell).
    genome
        Assembly of the annotation, where known.
    known
        Assemblies by which a mismatch is explained.
    annotation
        What to call the annotation in messages.

    Raises
    ------
    GenomeMismatchError
        With both assemblies named, the samples, the chromosome and the remedy.
    """
    wanted = list(dict.fromkeys(map(str, annotation_chroms)))
    order = np.argsort(chrom_rank(wanted, genome=genome), kind="stable")
    wanted = [wanted[i] for i in order]
    assemblies = _assemblies(track_lengths, known)
    _check_one_assembly(assemblies)
    _check_shared(wanted, track_lengths, genome, annotation, assemblies)
    found = SharedChromosomes([], [], {}, len(track_lengths))
    for chrom in wanted:
        absent = [s for s, lengths in track_lengths.items() if chrom not in lengths]
        if track_lengths and len(absent) == len(track_lengths):
            found.in_none.append(chrom)
        elif absent and is_y(chrom):
            found.not_in_all[chrom] = absent
        elif absent:
            raise GenomeMismatchError(
                f"chromosome {chrom} of {annotation} is absent from {len(absent)} of"
                f" {len(track_lengths)} tracks ({shown(absent)}); make every track over the same"
                f" chromosomes, or leave {chrom} out of {annotation}"
            )
        else:
            _check_lengths(chrom, track_lengths, genome, annotation, assemblies)
            found.kept.append(chrom)
    return found


def _assemblies(
    track_lengths: Mapping[str, Mapping[str, int | None]], known: Collection[Genome]
) -> dict[str, str | None]:
    """The assembly of each sample; most have the same chromosomes, which are looked at once."""
    found: dict[tuple[tuple[str, int | None], ...], str | None] = {}
    samples = {}
    for sample, lengths in track_lengths.items():
        same = tuple(lengths.items())
        if same not in found:
            found[same] = recognise_assembly(lengths, known)
        samples[sample] = found[same]
    return samples


def is_y(chrom: str) -> bool:
    """Whether it is the chromosome that samples of women, and cells that lost it, do not have."""
    return without_prefix(chrom).upper() == "Y"


def _check_shared(
    wanted: Collection[str],
    track_lengths: Mapping[str, Mapping[str, int | None]],
    genome: Genome | None,
    annotation: str,
    assemblies: Mapping[str, str | None],
) -> None:
    """Every track must have one of the chromosomes at least."""
    for sample, lengths in track_lengths.items():
        if wanted and not set(wanted) & set(lengths):
            raise GenomeMismatchError(
                describe_mismatch(
                    annotation,
                    wanted,
                    f"track {sample!r}",
                    list(lengths),
                    first_assembly=None if genome is None else genome.name,
                    second_assembly=assemblies[sample],
                )
            )


def _check_one_assembly(assemblies: Mapping[str, str | None]) -> None:
    by_name: dict[str, list[str]] = {}
    for sample, name in assemblies.items():
        if name is not None:
            by_name.setdefault(name, []).append(sample)
    if len(by_name) > 1:
        found = "; ".join(f"{name}: {shown(samples)}" for name, samples in by_name.items())
        raise GenomeMismatchError(
            f"the tracks are of different assemblies ({found});"
            " bring them to one, for example with CrossMap or liftOver"
        )


def _check_lengths(
    chrom: str,
    track_lengths: Mapping[str, Mapping[str, int | None]],
    genome: Genome | None,
    annotation: str,
    assemblies: Mapping[str, str | None],
) -> None:
    """All lengths of one chromosome must agree; the first sample that deviates is named."""
    reference = None if genome is None else genome.lengths.get(chrom)
    owner = annotation if genome is None else f"{annotation} ({genome.name})"
    for sample, lengths in track_lengths.items():
        length = lengths[chrom]
        if length is None:
            continue
        if reference is None:
            reference, owner = length, f"track {sample!r} ({assemblies[sample] or 'unknown'})"
        elif length != reference:
            raise GenomeMismatchError(
                f"chromosome {chrom} has {reference} bp in {owner} but {length} bp in track"
                f" {sample!r} ({assemblies[sample] or 'assembly unknown'}); use files of one"
                " assembly"
            )


def refuse_beyond_ends(reached: Mapping[str, Mapping[str, int]], genome: Genome) -> None:
    """Refuse data that lie beyond the end of a chromosome of the genome.

    Parameters
    ----------
    reached
        Sample -> where the data of each chromosome end, bp.
    genome
        Assembly that was stated, or told by other files.

    Raises
    ------
    GenomeMismatchError
        With the first sample and chromosome.
    """
    for sample, ends in reached.items():
        for chrom, end in ends.items():
            if end > genome.lengths.get(chrom, end):
                raise GenomeMismatchError(
                    f"track {sample!r} has data up to {chrom}:{end}, but {chrom} of {genome.name}"
                    f" has {genome.lengths[chrom]} bp; use the track's own assembly"
                )


def refuse_peaks_beyond_ends(peaks: Mapping[str, pd.DataFrame], genome: Genome) -> None:
    """Refuse peaks past the end of a chromosome: of another assembly, which nothing else shows.

    Parameters
    ----------
    peaks
        Sample, or file -> its peaks.

    Raises
    ------
    GenomeMismatchError
        With the first sample and peak.
    """
    for sample, table in peaks.items():
        lengths = table["chrom"].map(genome.lengths).to_numpy(np.float64)
        past = table["end"].to_numpy(np.float64) > lengths
        if past.any():
            row = table.iloc[int(np.argmax(past))]
            raise GenomeMismatchError(
                f"the peaks of {sample!r}: {row['chrom']}:{row['start']}-{row['end']} lies past the"
                f" end of {row['chrom']} in {genome.name} ({genome.lengths[row['chrom']]:,} bp;"
                f" {int(past.sum())} such peaks), so they are of another assembly; state the one"
                " of the peaks (--genome, or the column Assembly)"
            )
