"""Genes from GTF and GFF3: nine columns, 1-based closed coordinates, attributes in the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.genome.gene_rows import GeneRows, data_lines
from resist_epi.io.lines import whole_number

N_COLUMNS = 9

_GTF_ATTRIBUTE = re.compile(r'([^\s;]+)\s+(?:"([^"]*)"|([^\s;"]+))')

_ENTREZ = re.compile(r"\bGeneID:(\d+)")

_GFF3_GENES = ("gene", "ncRNA_gene", "pseudogene", "protein_coding_gene")

# Children of a gene that are parts of a transcript, not transcripts.
_PARTS = {
    *("exon", "CDS", "intron", "UTR", "five_prime_UTR", "three_prime_UTR", "start_codon"),
    *("stop_codon", "stop_codon_redefined_as_selenocysteine", "region", "biological_region"),
    *("match", "cDNA_match"),
}

Place = tuple[str, str, str, str]

Names = dict[str, str]


def read_gtf(path: str | Path) -> pd.DataFrame:
    """Transcripts of a GTF file (Ensembl, GENCODE, NCBI, UCSC).

    Read from the `transcript` lines; where there are none, from the `exon` lines by
    `transcript_id`, else from the `gene` lines.

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
    genes: dict[str, Names] = {}
    found: list[tuple[int, Place, Names]] = []
    for line, place, feature, text in _features(path, {"gene", "transcript"}):
        attributes = _gtf_attributes(text)
        if feature == "gene":
            genes.setdefault(attributes.get("gene_id", ""), attributes)
            found.append((line, place, {**attributes, "is_gene": "yes"}))
        else:
            found.append((line, place, attributes))
    transcripts = [f for f in found if "is_gene" not in f[2]]
    with_transcripts = {a.get("gene_id", "") for _, _, a in transcripts}
    if not transcripts:
        transcripts = _transcripts_from_exons(path)
        with_transcripts = {a.get("gene_id", "") for _, _, a in transcripts}
    # A gene without transcripts (some files abridge them) stands for its only one.
    transcripts += [
        f for f in found if "is_gene" in f[2] and f[2].get("gene_id", "") not in with_transcripts
    ]
    rows = GeneRows(path)
    for line, place, attributes in transcripts:
        gene_id = attributes.get("gene_id", "")
        _add(rows, line, place, gene_id, {**genes.get(gene_id, {}), **attributes})
    return rows.frame()


def read_gff3(path: str | Path) -> pd.DataFrame:
    """Transcripts of a GFF3 file (Ensembl, GENCODE, NCBI).

    A transcript is what has a gene as its parent and is no part of one (exon, CDS, ...); a gene
    without any stands for itself.

    Returns
    -------
    transcripts
        As `read_gtf`.

    Raises
    ------
    InputFormatError
        With the line that cannot be understood.
    """
    genes: dict[str, tuple[int, Place, Names]] = {}
    children: list[tuple[int, Place, str]] = []
    for line, place, feature, text in _features(path, None):
        if feature in _PARTS:
            continue
        attributes = _gff3_attributes(text)
        if feature in _GFF3_GENES and "Parent" not in attributes:
            if not attributes.get("ID"):
                raise InputFormatError("a gene without ID", path=path, line=line, found=text)
            genes.setdefault(attributes["ID"], (line, place, attributes))
        elif "Parent" in attributes:
            children += [(line, place, parent) for parent in attributes["Parent"].split(",")]
    rows = GeneRows(path)
    childless = dict(genes)
    for line, place, parent in children:
        if parent in genes:
            childless.pop(parent, None)
            _add(rows, line, place, _gff3_gene_id(genes[parent][2]), genes[parent][2])
    for line, place, attributes in childless.values():
        _add(rows, line, place, _gff3_gene_id(attributes), attributes)
    return rows.frame()


def _features(path: str | Path, wanted: set[str] | None) -> Iterator[tuple[int, Place, str, str]]:
    """Line, place, feature and attributes of the wanted features (None: of all)."""
    for line, text in data_lines(path):
        columns = text.split("\t")
        if len(columns) != N_COLUMNS:
            # NCBI and others append the sequence below a line of its own.
            if text.startswith(">"):
                break
            raise InputFormatError(
                "a line of another width",
                path=path,
                line=line,
                expected=f"{N_COLUMNS} columns with tabs between",
                found=f"{len(columns)}",
            )
        chrom, _, feature, start, end, _, strand, _, attributes = columns
        if wanted is None or feature in wanted:
            yield line, (chrom, start, end, strand), feature, attributes


def _transcripts_from_exons(path: str | Path) -> list[tuple[int, Place, Names]]:
    spans: dict[tuple[str, str, str], tuple[int, int, int, Names]] = {}
    for line, (chrom, start, end, strand), _, text in _features(path, {"exon"}):
        attributes = _gtf_attributes(text)
        if "transcript_id" not in attributes:
            raise InputFormatError("an exon without transcript_id", path=path, line=line)
        low, high = whole_number(start), whole_number(end)
        if low is None or high is None:
            raise InputFormatError(
                "start and end must be whole numbers",
                path=path,
                line=line,
                found=f"{start} and {end}",
            )
        key = (chrom, strand, attributes["transcript_id"])
        first_line, first, last, names = spans.get(key, (line, low, high, attributes))
        spans[key] = (first_line, min(first, low), max(last, high), names)
    return [
        (line, (chrom, str(low), str(high), strand), names)
        for (chrom, strand, _), (line, low, high, names) in spans.items()
    ]


def _gtf_attributes(text: str) -> Names:
    # Of a key that stands several times (tag, db_xref) all values are kept, comma between.
    attributes: Names = {}
    for key, quoted, bare in _GTF_ATTRIBUTE.findall(text):
        value = quoted or bare
        attributes[key] = f"{attributes[key]},{value}" if key in attributes else value
    return attributes


def _gff3_attributes(text: str) -> Names:
    pairs = (part.split("=", 1) for part in text.strip().strip(";").split(";"))
    return {pair[0].strip(): unquote(pair[1].strip()) for pair in pairs if len(pair) == 2}


def _gff3_gene_id(attributes: Names) -> str:
    return attributes.get("gene_id") or re.sub(r"^gene[:-]", "", attributes["ID"])


def _add(rows: GeneRows, line: int, place: Place, gene_id: str, names: Names) -> None:
    entrez = _ENTREZ.search(names.get("Dbxref", "") or names.get("db_xref", ""))
    rows.add(
        line,
        place,
        gene_id=gene_id,
        symbol=names.get("gene_name") or names.get("gene") or names.get("Name") or "",
        entrez_id=entrez[1] if entrez else "",
        biotype=names.get("gene_type") or names.get("gene_biotype") or names.get("biotype") or "",
        one_based=True,
    )
