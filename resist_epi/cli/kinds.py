"""What a file is that a verb cannot take, and which verb does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from resist_epi.errors import InputFormatError, ResistEpiError

_ANY = 4096  # bytes that tell what a text is


class _Kind(NamedTuple):
    """A kind of file: in words, and what is done with it."""

    words: str
    remedy: str


COUNTS = _Kind(
    "a table of counts",
    "`diff` makes results of counts; `plot locus` and `plot gene-set` draw the counts themselves",
)

RESULTS = _Kind(
    "a table of results",
    "`plot ma`, `volcano`, `pvalue` and `genome` draw results; `enrich`, `marks` and `evidence`"
    " read them",
)

MATRIX = _Kind("a matrix of signal along regions", "`plot heatmap` and `plot profile` draw it")

OTHER = _Kind("such a table", "")

SHEET = _Kind("a sample sheet", "`check`, `count`, `profile`, `plot locus` and `run` take it")

_TRACK = _Kind("a coverage track or reads", "name it in a sample sheet, and give that to `count`")

_BED = _Kind(
    "a BED file or peaks", "give it to `count` as --regions, or name it in the sheet under Peaks"
)

_PICTURE = _Kind("a picture or a page", "give the table that it was made from")

_BEGINNINGS = (
    (b"@{", MATRIX),
    (b"BAM\x01", _TRACK),
    (b"CRAM", _TRACK),
    (b"\x89PNG", _PICTURE),
    (b"%PDF", _PICTURE),
    (b"<", _PICTURE),
)


def kind_of(path: Path) -> _Kind | None:
    """What a file is, by how it begins; None where that does not tell."""
    from resist_epi.io.first_bytes import first_bytes
    from resist_epi.io.store import read_text
    from resist_epi.tracks.open import is_bigwig

    start = first_bytes(path)
    if start.startswith(b"PAR1"):
        return COUNTS._replace(words="a Parquet file of counts")
    if is_bigwig(path):
        return _TRACK
    for magic, kind in _BEGINNINGS:
        if start.startswith(magic):
            return kind
    lines = [x for x in read_text(path)[:_ANY].split("\n") if x.strip() and x[0] != "#"]
    return _kind_of_text(lines[0]) if lines else None


def _kind_of_text(header: str) -> _Kind | None:
    cells = [cell.strip().lower() for cell in re.split("[\t,]", header)]
    if {"sampleid", "factor"} <= set(cells):
        return SHEET
    if {"log2foldchange", "padj", "chrom"} <= set(cells):
        return RESULTS
    of_results = {"log2foldchange", "pvalue", "padj", "basemean", "direction"}
    if cells[:3] == ["chrom", "start", "end"] and not of_results & set(cells):
        return COUNTS
    if len(cells) >= 3 and cells[1].isdigit() and cells[2].isdigit():
        return _BED
    return None


@contextmanager
def expecting(path: Path, *kinds: _Kind) -> Iterator[None]:
    """Where a file cannot be read as what it should be, say what it is instead.

    Parameters
    ----------
    kinds
        What it may be. Of a file that is one of these the reader's own error is the one that helps.

    Raises
    ------
    InputFormatError
        That of the reader, or with what the file is and what takes it.
    """
    try:
        yield
    except ResistEpiError as error:
        found = None
        with suppress(ResistEpiError, OSError):
            found = kind_of(path)
        about = getattr(error, "path", None)
        taken = {kind.remedy for kind in kinds}
        if found is None or found.remedy in taken or about is None or Path(about) != path:
            raise
        wanted = " or ".join(kind.words for kind in kinds)
        raise InputFormatError(
            f"this is {found.words}, not {wanted}", path=path, remedy=found.remedy
        ) from error
