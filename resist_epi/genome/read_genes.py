"""Gene annotations of any format as one noun; the format is told by the content."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError, did_you_mean
from resist_epi.genome.annotation import Annotation, annotation_from_transcripts
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.gene_rows import NO_STRAND, STRANDS, GeneRows, data_lines
from resist_epi.genome.genepred import genepred_offset, read_bed_genes, read_genepred
from resist_epi.genome.gtf import N_COLUMNS, read_gff3, read_gtf
from resist_epi.io.lines import whole_number

logger = logging.getLogger(__name__)

# What the columns of a plain table are called by us, Ensembl's BioMart and UCSC.
_NAMES = {
    "chrom": "chrom chr chromosome seqnames chromosome_name",
    "start": "start start_position chromstart txstart",
    "end": "end end_position chromend txend",
    "strand": "strand",
    "gene_id": "gene_id ensembl_gene_id",
    "symbol": "gene_name symbol gene_symbol external_gene_name",
    "entrez_id": "entrez_id entrezgene_id",
    "biotype": "biotype gene_biotype gene_type",
}

_COLUMN_OF = {alias: column for column, aliases in _NAMES.items() for alias in aliases.split()}

_REQUIRED = ("chrom", "start", "end", "strand", "gene_id")


def read_genes(
    path: str | Path, *, assembly: str | None = None, genome: Genome | None = None
) -> Annotation:
    """Read genes from GTF, GFF3, refGene or genePred, BED12 or a plain table, gzipped or not.

    A plain table has a header with `chrom start end gene_id gene_name strand` (strand + and -, or
    1 and -1; `gene_name`, `biotype` and `entrez_id` may be missing) and 0-based half-open
    coordinates, as BED; a row is a gene with one transcript, or a transcript where the id repeats.

    Parameters
    ----------
    path
        The annotation; its format is told by the first line, not by the name.
    assembly
        Name of its assembly, where known.
    genome
        Gives the order of the chromosomes; otherwise natural order.

    Returns
    -------
    annotation

    Raises
    ------
    InputFormatError
        If no format fits, a line is malformed (named by its number) or there are no genes.
    """
    found = recognise_format(path)
    transcripts = found.reader(path)
    if transcripts.empty:
        raise InputFormatError(f"no genes in this {found.name} file", path=path)
    annotation = annotation_from_transcripts(
        transcripts,
        source=str(path),
        assembly=assembly,
        genome=genome,
        split_gaps=found.split_gaps,
    )
    logger.info(
        "%s: %d genes with %d transcripts (%s)",
        path,
        len(annotation),
        len(transcripts),
        found.name,
    )
    return annotation


def recognise_format(path: str | Path) -> GeneFormat:
    """The file's format: the first of `FORMATS` that its first line fits.

    Raises
    ------
    InputFormatError
        If the file is empty or its first line fits no format.
    """
    first = _first_line(path)
    if first is None:
        raise InputFormatError(
            "the gene annotation is empty", path=path, expected="at least one gene"
        )
    line, text = first
    known = next((f for f in FORMATS if f.fits(text)), None)
    if known is not None:
        return known
    raise InputFormatError(
        "not a gene annotation that is understood",
        path=path,
        line=line,
        expected="GTF, GFF3, genePred (refGene), BED12, or a table whose header has"
        " chrom start end gene_id gene_name strand",
        found=text[:60],
    )


def read_gene_table(path: str | Path) -> pd.DataFrame:
    """Transcripts of a plain table with a header, 0-based half-open.

    Returns
    -------
    transcripts
        One row a transcript: `chrom start end strand gene_id symbol entrez_id biotype`.

    Raises
    ------
    InputFormatError
        If a required column is missing or a line is malformed.
    """
    rows = GeneRows(path)
    position: dict[str, int] = {}
    width = 0
    for line, text in data_lines(path, comments=True):
        if text.startswith("#") and (position or not _is_header(text)):
            continue
        columns = text.split("\t")
        if not position:
            width = len(columns)
            for i, name in enumerate(columns):
                position.setdefault(_column(name), i)
            if missing := [c for c in _REQUIRED if c not in position]:
                raise rows.problem(
                    line,
                    f"the header lacks {', '.join(missing)}",
                    found=" ".join(columns),
                    remedy=did_you_mean(missing, columns),
                )
            continue
        if len(columns) != width:
            raise rows.problem(
                line, "a line of another width", f"{width} columns", f"{len(columns)}"
            )
        value = {c: columns[i].strip() for c, i in position.items()}
        rows.add(
            line,
            (value["chrom"], value["start"], value["end"], value["strand"]),
            gene_id=value["gene_id"],
            symbol=value.get("symbol", ""),
            entrez_id=value.get("entrez_id", ""),
            biotype=value.get("biotype", ""),
        )
    return rows.frame()


def _positions(*texts: str) -> bool:
    return all(whole_number(text) is not None for text in texts)


def _is_header(line: str) -> bool:
    return {_column(name) for name in line.split("\t")} >= {"chrom", "start", "end"}


def _column(name: str) -> str:
    plain = name.strip().lstrip("#").strip().lower().replace(" ", "_")
    return _COLUMN_OF.get(plain, plain)


def _first_line(path: str | Path) -> tuple[int, str] | None:
    """The header of a table, which may stand behind a #, else the first line that is no comment."""
    for line, text in data_lines(path, comments=True):
        if _is_header(text) or not text.startswith("#"):
            return line, text
    return None


def _is_gtf(line: str) -> bool:
    columns = line.split("\t")
    return len(columns) == N_COLUMNS and _positions(*columns[3:5])


def _is_gff3(line: str) -> bool:
    return _is_gtf(line) and "=" in line.split("\t")[8].partition('"')[0].partition(" ")[0]


def _is_genepred(line: str) -> bool:
    return genepred_offset(line.split("\t")) is not None


def _is_bed(line: str) -> bool:
    columns = line.split("\t")
    fields = columns if len(columns) > 1 else line.split()
    strands = {*STRANDS, *NO_STRAND}
    return len(fields) >= 6 and _positions(*fields[1:3]) and fields[5] in strands


@dataclass(frozen=True)
class GeneFormat:
    """A format of gene annotations.

    Attributes
    ----------
    name
        As in messages.
    fits
        Whether a first line is of this format.
    reader
        path -> transcripts.
    split_gaps
        As of `annotation_from_transcripts`.
    """

    name: str
    fits: Callable[[str], bool]
    reader: Callable[[str | Path], pd.DataFrame]
    split_gaps: bool = False


# In the order in which they are tried: a new format is one record here.
FORMATS = (
    GeneFormat("table", _is_header, read_gene_table),
    GeneFormat("GFF3", _is_gff3, read_gff3),
    GeneFormat("GTF", _is_gtf, read_gtf),
    GeneFormat("genePred", _is_genepred, read_genepred, split_gaps=True),
    GeneFormat("BED", _is_bed, read_bed_genes),
)
