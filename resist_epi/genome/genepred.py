"""Genes from UCSC's tables: genePred, refGene, refFlat and BED12, all 0-based half-open."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genome.gene_rows import NO_STRAND, STRANDS, GeneRows, data_lines
from resist_epi.io.lines import whole_number

_BED_STRAND = 5

_NAME2 = 11  # in genePredExt, counted without the bin column

_EXTENDED = 15


def genepred_offset(columns: list[str]) -> int | None:
    """How many columns stand before genePred's own (name chrom strand ...): 0, 1, or None.

    One is refGene's `bin`, or the gene's name in refFlat; None means that this is no genePred.
    """
    for offset in (0, 1):
        numbers = columns[offset + 3 : offset + 8]
        if (
            len(columns) >= offset + 10
            and columns[offset + 2] in ("+", "-")
            and all(whole_number(n) is not None for n in numbers)
        ):
            return offset
    return None


def read_genepred(path: str | Path) -> pd.DataFrame:
    """Transcripts of a genePred table, with or without `bin`, or of refFlat.

    The gene is `name2` of the extended table (the symbol in refGene), the first column of refFlat,
    else the transcript's own name.

    Returns
    -------
    transcripts
        One row a transcript: `chrom start end strand gene_id symbol entrez_id biotype`, 0-based
        half-open.

    Raises
    ------
    InputFormatError
        With the line that cannot be understood.
    """
    rows = GeneRows(path)
    for line, text in data_lines(path):
        columns = text.split("\t")
        offset = genepred_offset(columns)
        if offset is None:
            raise InputFormatError(
                "not a line of a genePred table",
                path=path,
                line=line,
                expected="[bin] name chrom strand txStart txEnd cdsStart cdsEnd exonCount ...",
                found=text[:60],
            )
        name, chrom, strand, start, end = columns[offset : offset + 5]
        rest = columns[offset:]
        if len(rest) >= _EXTENDED and rest[_NAME2]:
            name = rest[_NAME2]
        elif offset and not columns[0].isdigit():
            name = columns[0]
        rows.add(line, (chrom, start, end, strand), gene_id=name, symbol=name)
    return rows.frame()


def read_bed_genes(path: str | Path) -> pd.DataFrame:
    """Transcripts of a BED12 file, or of any BED with name and strand; the name is the gene.

    Returns
    -------
    transcripts
        As `read_genepred`.

    Raises
    ------
    InputFormatError
        With the line that cannot be understood.
    """
    rows = GeneRows(path)
    for line, text in data_lines(path):
        columns = text.split("\t") if "\t" in text else text.split()
        if len(columns) <= _BED_STRAND or columns[_BED_STRAND] not in {*STRANDS, *NO_STRAND}:
            raise InputFormatError(
                "not a gene in BED",
                path=path,
                line=line,
                expected="chrom start end name score strand, with + or - as strand",
                found=text[:60],
            )
        chrom, start, end, name, _, strand = columns[:6]
        rows.add(line, (chrom, start, end, strand), gene_id=name, symbol=name)
    return rows.frame()
