"""Genes, chromosome lengths and excluded intervals of a study."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resist_epi.arrays import ByChromosome
from resist_epi.errors import GenomeMismatchError, InputFormatError, unknown_name
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.builtin import (
    GENE_TABLES,
    genomes_with_genes,
    known_genomes,
    load_genes,
    load_genome,
    load_linked_genes,
    other_name,
)
from resist_epi.genome.chromosomes import Genome, HasLengths, recognise_assembly
from resist_epi.genome.naming import Naming
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.read_genes import read_genes
from resist_epi.genome.regions import disjoint_by_chrom

logger = logging.getLogger(__name__)

_OWN_GENES = "give the genes of {} with --genes (GTF, GFF3, refGene, BED12)"

_HUMAN = ("hg18",)  # of the known assemblies without genes; others have no chain to one that has

# An old assembly is left in one of two ways; who is told of one alone goes in a circle.
_LIFT = (
    "or lift peaks, BED reads and bedGraphs to {new} with --chain (UCSC's {old}To{New}.over.chain"
    " file), and convert bigWig and BAM (CrossMap)"
)


@dataclass(frozen=True)
class Reference:
    """Genes and chromosome lengths that a study is read against.

    Attributes
    ----------
    annotation
        Genes that are tested.
    lengths
        Length of each chromosome, bp: the assembly's, else what the tracks state; None where
        neither is known.
    """

    annotation: Annotation
    genome: Genome | None
    lengths: Mapping[str, int] | None = None

    @property
    def linked(self) -> Annotation:
        """Genes that regions are linked to: those that are tested, and of the built-in ones more.

        Regions at the starts of non-coding genes are named by them instead of being called
        intergenic. Genes of the user's are taken as they are.
        """
        name = self.annotation.assembly
        if name in genomes_with_genes() and self.annotation is load_genes(str(name)):
            return load_linked_genes(str(name))
        return self.annotation

    @property
    def name(self) -> str:
        """Name of the assembly, or of the gene file where that is all we know."""
        return self.genome.name if self.genome is not None else self.annotation.source


def genomes() -> list[Genome]:
    """Every assembly that the package can recognise."""
    return [load_genome(name) for name in known_genomes()]


def load_reference(
    genome: str | None,
    genes: str | Path | None = None,
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

    Examples
    --------
    >>> load_reference("hg38").genome.name
    'hg38'
    """
    recognised = _assembly_of(tracks or {})
    if genome is not None and recognised is not None and recognised != genome:
        have = recognised in genomes_with_genes() or genes is not None
        wanted = f"give --genome {recognised}" if have else _OWN_GENES.format(recognised)
        # To an assembly without genes nobody is sent.
        able = genome in genomes_with_genes() or genes is not None
        other = f", or bring the tracks to {genome} (CrossMap)" if able else ""
        raise GenomeMismatchError(
            f"the tracks are of assembly {recognised}, told by their chromosome lengths, but"
            f" {genome} was asked for; {wanted}{other}"
        )
    name = genome if genome is not None else recognised
    own = load_genome(name) if name is not None else None
    if genes is not None:
        chroms = [set(t.chrom_lengths) for t in (tracks or {}).values()]
        # Where a text was not read yet, nobody knows which chromosomes it has.
        known = frozenset().union(*chroms) if all(chroms) else frozenset()
        annotation = Naming(own, known).annotation(read_genes(genes))
        return Reference(annotation, own, _lengths(own, tracks or {}))
    if name is None or name not in genomes_with_genes():
        built_in = " or ".join(genomes_with_genes())
        if name is None:
            raise GenomeMismatchError(
                f"no genes were given; give a gene file with --genes, or --genome {built_in}"
            )
        raise GenomeMismatchError(
            f"there are no built-in genes of {name}; {own_genes_or_lift(name)}"
        )
    if genome is None:
        logger.info("assembly %s, told by the tracks' chromosome lengths", name)
    return Reference(load_genes(name), own, _lengths(own, tracks or {}))


def own_genes_or_lift(name: str) -> str:
    """The two ways out of an assembly without built-in genes: genes of its own, or a lift."""
    new = GENE_TABLES[0]
    lift = _LIFT.format(old=name, new=new, New=new[0].upper() + new[1:]) if name in _HUMAN else ""
    return ", ".join(filter(None, [_OWN_GENES.format(name), lift]))


def built_in(genome: str) -> Reference:
    """Genes and lengths of an assembly that ships with the package.

    Raises
    ------
    InputFormatError
        If there are no built-in genes of it; the message names those that have some.
    """
    if genome not in genomes_with_genes():
        known = unknown_name("assembly with built-in genes", genome, genomes_with_genes())
        raise InputFormatError(known, remedy=other_name(genome))
    return load_reference(genome, None)


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


def load_exclude(path: str | Path | None, naming: Naming | None = None) -> ByChromosome:
    """Read a blacklist as sorted, disjoint intervals a chromosome.

    Parameters
    ----------
    naming
        How the chromosomes are named where it is used; the log says how many intervals take part.

    Raises
    ------
    InputFormatError
        If the BED cannot be read.
    GenomeMismatchError
        If no interval lies on a chromosome that is there.
    """
    if path is None:
        return {}
    table = read_bed_regions(path)
    return disjoint_by_chrom(table if naming is None else naming.place(table, str(path)))
