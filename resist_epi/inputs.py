"""From a sheet and settings to open tracks, genes, peaks and excluded intervals."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.annotation import Annotation
from resist_epi.config import GO
from resist_epi.consensus import Consensus, consensus_peaks
from resist_epi.errors import GenomeMismatchError, SampleSheetError
from resist_epi.gene_sets import GeneSet
from resist_epi.genome import Genome, recognise_assembly
from resist_epi.io.annotation import read_genes
from resist_epi.io.builtin import (
    cpg_island_genes,
    genomes_with_genes,
    known_genomes,
    load_gene_sets,
    load_genes,
    load_genome,
    load_go_sets,
)
from resist_epi.io.gene_sets import read_gmt
from resist_epi.io.peaks import read_bed_regions, read_peaks
from resist_epi.io.read_files import is_bam, open_reads
from resist_epi.io.reads import ReadsFile
from resist_epi.io.run_track import RunTrack
from resist_epi.io.tracks import is_bigwig, open_track
from resist_epi.regions import disjoint_by_chrom
from resist_epi.samples import SampleSheet

logger = logging.getLogger(__name__)

Disjoint = dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


class HasLengths(Protocol):
    """What telling the assembly needs of a track or a file of reads."""

    @property
    def chrom_lengths(self) -> Mapping[str, int]:
        """Length of every chromosome, bp."""
        ...

    @property
    def lengths_known(self) -> bool:
        """Whether these are the true lengths, or only where the data end (bedGraph)."""
        ...


@dataclass(frozen=True)
class Reference:
    """Genes and chromosome lengths that a study is read against.

    Attributes
    ----------
    annotation
        The genes.
    genome
        The assembly, where it is known.
    lengths
        Length of each chromosome, bp: the assembly's, else what the tracks state; None where
        neither is known.
    """

    annotation: Annotation
    genome: Genome | None
    lengths: Mapping[str, int] | None = None

    @property
    def name(self) -> str:
        """Name of the assembly, or of the gene file where that is all we know."""
        return self.genome.name if self.genome is not None else self.annotation.source


def gene_covariates(reference: Reference) -> pd.DataFrame:
    """What the chance of a gene to change may depend on, blind to the study.

    Returns
    -------
    DataFrame
        By `gene_id`: `length` (float64, bp, start to end) and, for the built-in genes,
        `cpg_island` (nullable boolean: whether the promoter that speaks for it is one).
    """
    annotation = reference.annotation
    genes = annotation.genes.drop_duplicates("gene_id").set_index("gene_id")
    table = pd.DataFrame({"length": (genes["end"] - genes["start"]).astype(np.float64)})
    built_in = annotation.assembly in genomes_with_genes() and "built-in" in annotation.source
    if built_in:
        flags = cpg_island_genes(str(annotation.assembly))
        table["cpg_island"] = flags[~flags.index.duplicated()].reindex(table.index)
    return table


def genomes() -> list[Genome]:
    """Every assembly that the package can recognise."""
    return [load_genome(name) for name in known_genomes()]


def load_reference(
    genome: str | None,
    genes: str | Path | None,
    *,
    tracks: Mapping[str, HasLengths] | None = None,
) -> Reference:
    """Load genes and assembly, and check them against the tracks.

    Parameters
    ----------
    genome
        Name of a built-in assembly; without it, it is recognised from the tracks.
    genes
        Gene file of the user's, which wins over the built-in genes.

    Raises
    ------
    GenomeMismatchError
        If the tracks are of another assembly (both are named), or none can be told.
    InputFormatError
        If the gene file cannot be read, or the name is unknown.
    """
    recognised = _assembly_of(tracks or {})
    if genome is not None and recognised is not None and recognised != genome:
        raise GenomeMismatchError(
            f"the tracks are of assembly {recognised}, told by their chromosome lengths, but"
            f" {genome} was asked for; give --genome {recognised}, or bring the tracks to {genome}"
        )
    name = genome if genome is not None else recognised
    own = load_genome(name) if name is not None else None
    if genes is not None:
        return Reference(read_genes(genes), own, _lengths(own, tracks or {}))
    if name is None or name not in genomes_with_genes():
        raise GenomeMismatchError(
            (f"there are no built-in genes of {name}" if name else "no genes were given")
            + f"; give a gene file with --genes, or --genome {' or '.join(genomes_with_genes())}"
        )
    if genome is None:
        logger.info("assembly %s, told by the tracks' chromosome lengths", name)
    return Reference(load_genes(name), own, _lengths(own, tracks or {}))


def _lengths(genome: Genome | None, tracks: Mapping[str, HasLengths]) -> Mapping[str, int] | None:
    if genome is not None:
        return genome.lengths
    stated = [t.chrom_lengths for t in tracks.values() if t.lengths_known]
    # Where tracks disagree, counting refuses them and names the chromosome.
    return stated[0] if stated else None


def _assembly_of(tracks: Mapping[str, HasLengths]) -> str | None:
    known = genomes()
    # A bedGraph does not state the lengths of its chromosomes, so it has no say.
    stated = {s: t for s, t in tracks.items() if t.lengths_known}
    found = {s: recognise_assembly(t.chrom_lengths, known) for s, t in stated.items()}
    names = sorted({name for name in found.values() if name is not None})
    if len(names) > 1:
        example = "; ".join(f"{n}: {next(s for s, f in found.items() if f == n)}" for n in names)
        raise GenomeMismatchError(
            f"the tracks are of different assemblies ({example}); bring them to one"
        )
    return names[0] if names and all(found.values()) else None


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


def has_reads(sheet: SampleSheet) -> bool:
    """Whether every row names a file of reads that is there."""
    if "bamReads" not in sheet.table:
        return False
    return all(path and Path(path).exists() for path in sheet.table["bamReads"])


def sheet_reads(sheet: SampleSheet) -> dict[str, ReadsFile]:
    """Open the file of reads of every row.

    Raises
    ------
    SampleSheetError
        If a row has no `bamReads`; every such row is named.
    InputFormatError
        If a file cannot be read.
    """
    table = sheet.table
    missing = (
        list(table.loc[table["bamReads"] == "", "SampleID"])
        if "bamReads" in table
        else list(sheet.samples)
    )
    if missing:
        raise SampleSheetError(
            sheet.path,
            [f"sample {s}, column bamReads: empty; reads need a BAM file" for s in missing],
        )
    return {s: open_reads(p) for s, p in zip(table["SampleID"], table["bamReads"], strict=True)}


def sheet_tracks(sheet: SampleSheet) -> dict[str, RunTrack]:
    r"""Open the coverage track of every row.

    Raises
    ------
    SampleSheetError
        If a row has no `Coverage`; every such row is named.
    InputFormatError
        If a track cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from resist_epi.io.sheet import read_sheet
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "t.bedGraph").write_text("chr1 0 100 2\nchr1 100 200 5\n")
    >>> text = "SampleID,Factor,Condition,Coverage\nT1,ER,good,t.bedGraph\n"
    >>> _ = (folder / "sheet.csv").write_text(text)
    >>> tracks = sheet_tracks(read_sheet(folder / "sheet.csv"))
    >>> tracks["T1"].total()
    700.0
    """
    table = sheet.table
    if "Coverage" not in table:
        raise SampleSheetError(
            sheet.path, ["no column Coverage: counting needs a bigWig or bedGraph in every row"]
        )
    empty = table.loc[table["Coverage"] == "", "SampleID"]
    if len(empty):
        raise SampleSheetError(
            sheet.path,
            [f"sample {s}, column Coverage: empty; expected a bigWig or bedGraph" for s in empty],
        )
    return {s: open_track(p) for s, p in zip(table["SampleID"], table["Coverage"], strict=True)}


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


def load_sets(source: str | Path | None) -> dict[str, GeneSet]:
    """Read the user's gene sets, those of the Gene Ontology, or the built-in ones.

    Parameters
    ----------
    source
        A GMT file; the word `go` (a file of that name is `./go`, or a Path); None for built-in.

    Raises
    ------
    InputFormatError
        If the GMT cannot be read.
    """
    if source == GO:
        return load_go_sets()
    return load_gene_sets() if source is None else read_gmt(source)


def load_exclude(path: str | Path | None) -> Disjoint:
    """Read a blacklist as sorted, disjoint intervals a chromosome.

    Raises
    ------
    InputFormatError
        If the BED cannot be read.
    """
    if path is None:
        return {}
    return disjoint_by_chrom(read_bed_regions(path))
