"""What `check` says of chromosomes: which are dropped, and what files beside the sheet hold."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from resist_epi.counting.sources import (
    assembly_of_sheet,
    has_reads,
    in_one_naming,
    study_naming,
)
from resist_epi.dna.seg import read_seg
from resist_epi.errors import ResistEpiError
from resist_epi.genome.builtin import genomes_with_genes, known_genomes, load_genome
from resist_epi.genome.chromosomes import shown
from resist_epi.genome.exogenous import in_words
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions, read_peaks
from resist_epi.genome.reconcile import describe_mismatch, is_y, shared_chromosomes
from resist_epi.genome.reference import genomes, load_reference, own_genes_or_lift
from resist_epi.samples.assay_rows import assays_of
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.given_files import GivenFiles, StudyContext, given_findings
from resist_epi.tracks.opened import OpenedFile, stated_lengths

Finding = tuple[str, str, str, str, str]  # level, sample, column, path, message


@dataclass(frozen=True)
class Beside:
    """What is given beside a sheet.

    Attributes
    ----------
    genome, genes
        As of `reference.load_reference`.
    exclude
        BED of what counts nowhere.
    segments
        SEG file.
    given
        What is needed after counting alone.
    questions
        What will be asked.
    """

    genome: str | None = None
    genes: Path | None = None
    exclude: Path | None = None
    segments: Path | None = None
    given: GivenFiles = field(default_factory=GivenFiles)
    questions: Sequence[Question] = (Question(),)


def check_chromosomes(
    sheet: SampleSheet,
    tracks: Mapping[str, OpenedFile],
    reads: Mapping[str, OpenedFile],
    of: Beside,
) -> Iterator[Finding]:
    """Which chromosomes count and run would drop or refuse, and how much of each file takes part.

    Parameters
    ----------
    tracks, reads
        SampleID -> its track, and its file of reads, as far as they can be opened.
    of
        What is given beside the sheet.
    """
    naming, genes = yield from _of_tracks(sheet, tracks, reads, of)
    told = StudyContext(sheet, of.questions, naming, genes)
    for level, option, path, text in given_findings(of.given, told):
        yield level, "", option, path, text


def _of_tracks(
    sheet: SampleSheet,
    tracks: Mapping[str, OpenedFile],
    reads: Mapping[str, OpenedFile],
    of: Beside,
) -> Generator[Finding, None, tuple[Naming | None, pd.DataFrame | None]]:
    """How chromosomes are named, and the genes, as far as either can be told."""
    genes = None
    stated = assembly_of_sheet(sheet) if of.genome is None else of.genome
    counted: dict[str, OpenedFile] = {}
    yield from _without_genes(stated, [*tracks.values(), *reads.values()], of)
    for mark in sheet.marks:
        own = sheet.for_mark(mark)
        files = reads if has_reads(own) else tracks
        named = in_one_naming({s: files[s] for s in own.samples if s in files}, stated, log=False)
        counted |= named
        yield from _of_another_genome(named)
        own_genes = yield from _of_mark(mark, named, of)
        genes = own_genes if genes is None else genes
        yield from _of_exogenous(own, named)
    if not counted:
        return None, genes
    try:
        genome = None if stated is None else load_genome(stated)
    except ResistEpiError as error:
        yield "error", "", "--genome", "", str(error)
        return None, genes
    naming = study_naming(counted, genome)
    if "Peaks" in sheet.table:
        yield from _of_peaks(sheet, naming)
    given: tuple[tuple[str, Path | None, Callable[[Path], pd.DataFrame], str], ...] = (
        ("--exclude", of.exclude, read_bed_regions, "intervals"),
        ("--segments", of.segments, lambda path: read_seg(str(path)), "segments"),
    )
    for option, path, read, rows in given:
        if path is not None:
            yield from _of_file(option, path, read, rows, naming)
    return naming, genes


def _of_mark(
    mark: str, files: Mapping[str, OpenedFile], of: Beside
) -> Generator[Finding, None, pd.DataFrame | None]:
    """Gives the genes, where they can be told."""
    genes = None
    lengths = stated_lengths(files)
    if not lengths:
        return genes
    told = {file.assembly for file in files.values() if file.lengths_known}
    have_genes = of.genes is not None or of.genome is not None
    have_genes |= len(told) == 1 and bool(told & set(genomes_with_genes()))
    where, what = ("--genes" if of.genes else "Coverage"), "the genes"
    try:
        if have_genes:
            reference = load_reference(of.genome, of.genes, tracks=files)
            genes = reference.annotation.genes
            chroms = list(genes["chrom"].unique())
            genome = reference.genome
        else:
            # Without genes nobody knows on which chromosomes regions will lie.
            what, genome = "the tracks", None
            common = set.intersection(*(set(own) for own in lengths.values()))
            if not common:
                yield "error", "", where, "", f"{mark}: {_nothing_in_common(lengths)}"
                return genes
            chroms = [c for c in _union(lengths) if is_y(c) or c in common]
        found = shared_chromosomes(chroms, lengths, genome=genome, known=genomes(), annotation=what)
    except ResistEpiError as error:
        yield "error", "", where, "", f"{mark}: {error}"
        return genes
    for warning in found.warnings():
        yield "warning", "", "Coverage", "", f"{mark}: {warning} by count and run"
    if found.in_none:
        yield "info", "", "Coverage", "", f"{mark}: {found.dropped(what)}"
    absent = [] if have_genes else [c for c in _union(lengths) if c not in chroms]
    if absent:
        text = f"{len(absent)} chromosomes are absent from some tracks ({shown(absent)})"
        yield "warning", "", "Coverage", "", f"{mark}: {text}: regions on them are refused by count"
    return genes


def _of_another_genome(files: Mapping[str, OpenedFile]) -> Iterator[Finding]:
    """Files that have chromosomes of another genome and none of the study's."""
    for name, file in files.items():
        if file.exogenous and not file.chrom_lengths:
            column = "bamReads" if file.quantity == "reads" else "Coverage"
            text = (
                f"{in_words(file.exogenous)} is all that the file holds: no region lies on it."
                " Give the file that was mapped to the study's genome, or to both together"
            )
            yield "error", name, column, Path(file.path).name, text


def _of_exogenous(sheet: SampleSheet, files: Mapping[str, OpenedFile]) -> Iterator[Finding]:
    """Which other genomes are in the files of a mark, and whether one may be a spike-in."""
    for species in dict.fromkeys(s for file in files.values() for s in file.exogenous):
        have = [name for name, file in files.items() if species in file.exogenous]
        first = files[have[0]]
        text = (
            f"{sheet.marks[0]}: {in_words({species: first.exogenous[species]})} in {len(have)} of"
            f" {len(files)} files is of another genome: no region lies on it, and no library's size"
            " holds it"
        )
        of_reads = all(file.quantity == "reads" for file in files.values())
        usable = all(species in assay.spike_in for assay in assays_of(sheet))
        given = sheet.numbers("SpikeInReads") is not None
        level = "info"
        if given:
            text += "; the sheet's SpikeInReads win over its reads"
        elif not of_reads:
            text += "; its reads are not counted in tracks: give SpikeInReads, or files of reads"
        elif not usable:
            names = " and ".join(dict.fromkeys(a.name for a in assays_of(sheet)))
            text += f"; it is no spike-in of {names}"
        elif len(have) < len(files):
            level = "warning"
            absent = [name for name in files if name not in have]
            text += (
                f"; {shown(absent)} lack it, so it can be no spike-in: map every library to both"
                " genomes together"
            )
        else:
            text += "; its reads are counted as spike-in"
        yield level, "", "bamReads" if of_reads else "Coverage", "", text


def _without_genes(
    stated: str | None, files: Iterable[OpenedFile], of: Beside
) -> Iterator[Finding]:
    """Say at once that an assembly has no built-in genes, and both ways out."""
    told = {file.assembly for file in files if file.lengths_known}
    name = stated or (next(iter(told)) if len(told) == 1 else None)
    if name in known_genomes() and name not in genomes_with_genes() and of.genes is None:
        text = f"the files are of {name}, of which there are no built-in genes: run stops there"
        yield "warning", "", "Assembly", "", f"{text}; {own_genes_or_lift(str(name))}"


def _nothing_in_common(lengths: Mapping[str, Mapping[str, int | None]]) -> str:
    """Say which two tracks share no chromosome, else how many there are that all have."""
    (first, ours), *others = lengths.items()
    for other, theirs in others:
        if not ours.keys() & theirs.keys():
            return describe_mismatch(
                f"track {first!r}", list(ours), f"track {other!r}", list(theirs)
            )
    return f"no chromosome is in all of the {len(lengths)} tracks; use files of one assembly"


def _union(lengths: Mapping[str, Mapping[str, int | None]]) -> list[str]:
    return list(dict.fromkeys(c for own in lengths.values() for c in own))


def _of_peaks(sheet: SampleSheet, naming: Naming) -> Iterator[Finding]:
    tables = {}
    for sample, path in zip(sheet.samples, sheet.table["Peaks"], strict=True):
        try:
            if path:
                tables[sample] = read_peaks(path)
        except ResistEpiError:
            continue  # said where its file is described
    for sample, table in tables.items():
        try:
            naming.placed({sample: table}, sample, rows="peaks")
        except ResistEpiError as error:
            yield "error", sample, "Peaks", "", str(error)
            return
    yield from _said(naming, tables, f"peaks of {len(tables)} samples", "peaks", ("Peaks", ""))


def _of_file(
    option: str, path: Path, read: Callable[[Path], pd.DataFrame], rows: str, naming: Naming
) -> Iterator[Finding]:
    try:
        tables = {str(path): read(path)}
        yield from _said(naming, tables, str(path), rows, (option, path.name))
    except ResistEpiError as error:
        yield "error", "", option, path.name, str(error)


def _said(
    naming: Naming,
    tables: Mapping[str, pd.DataFrame],
    what: str,
    rows: str,
    place: tuple[str, str],
) -> Iterator[Finding]:
    _, said = naming.placed(tables, what, rows=rows, loose=rows == "segments")
    for level, text in said:
        yield "warning" if level >= logging.WARNING else "info", "", *place, text
