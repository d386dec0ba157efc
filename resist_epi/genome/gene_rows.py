"""Lines of an annotation file, and the transcripts gathered from them with checks."""

from __future__ import annotations

import gzip
import io
import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from resist_epi.errors import InputFormatError, shortened
from resist_epi.genome.annotation import GENE_COLUMNS
from resist_epi.io.lines import whole_number
from resist_epi.io.store import LONGEST_LINE, line_too_long, unreadable, warn_of_no_end

logger = logging.getLogger(__name__)

STRANDS = {"+": "+", "-": "-", "1": "+", "+1": "+", "-1": "-"}

NO_STRAND = frozenset((".", "*", "?"))

LARGEST_POSITION = 2**32 - 1  # bp; what bigWig and BAM can address at most

_SKIPPED = ("track ", "track\t", "browser ", "browser\t")


def data_lines(path: str | Path, *, comments: bool = False) -> Iterator[tuple[int, str]]:
    """Lines of a text file, gzipped or not, with their 1-based numbers.

    Read as a stream, as annotations unpack to gigabytes. `track` and `browser` lines and
    empty ones are left out, and comments unless asked for; line ends may be those of any system.

    Raises
    ------
    InputFormatError
        If the file cannot be read or is no UTF-8 text.
    """
    number = 0
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if packed else raw
            with io.TextIOWrapper(stream, encoding="utf-8-sig", newline=None) as lines:
                while line := lines.readline(LONGEST_LINE):
                    number += 1
                    if not line.endswith("\n"):
                        if len(line) == LONGEST_LINE:
                            raise line_too_long(path, number)
                        warn_of_no_end(path)
                    if "\x00" in line:
                        raise _binary(path, number)
                    unwanted = line.startswith("#") and not comments
                    if line.strip() and not unwanted and not line.startswith(_SKIPPED):
                        yield number, line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise _binary(path, number + 1) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputFormatError(
            f"damaged gzip file ({error})", path=path, remedy="copy or download the file again"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _binary(path: str | Path, line: int) -> InputFormatError:
    return InputFormatError(
        "not UTF-8 text",
        path=path,
        line=line,
        expected="a gene annotation as text (GTF, GFF3, genePred, BED12 or a table)",
        remedy="a binary file was perhaps given by mistake",
    )


@dataclass
class GeneRows:
    """Transcripts as they are read, one call of `add` each, in 0-based half-open coordinates.

    Attributes
    ----------
    path
        The file, for messages.
    """

    path: str | Path
    _rows: list[tuple[str, int, int, str, str, str, str, str]] = field(default_factory=list)
    _without_strand: list[tuple[int, str]] = field(default_factory=list)

    def add(
        self,
        line: int,
        place: Sequence[str],
        *,
        gene_id: str,
        symbol: str = "",
        entrez_id: str = "",
        biotype: str = "",
        one_based: bool = False,
    ) -> None:
        """Take one transcript.

        Parameters
        ----------
        line
            1-based line in the file.
        place
            Chromosome, start, end and strand, as text of the file. One without a strand is left
            out, and `frame` says so.
        gene_id, symbol, entrez_id, biotype
            What the gene is called; only `gene_id` must not be empty.
        one_based
            The coordinates are 1-based and closed, as in GTF.

        Raises
        ------
        InputFormatError
            If a coordinate is no number or impossible, the strand is none, or the chromosome or
            the id is empty.
        """
        chrom, start_text, end_text, strand_text = place
        first, end = whole_number(start_text), whole_number(end_text)
        if first is None or end is None:
            raise self.problem(
                line, "start and end must be whole numbers", found=f"{start_text} and {end_text}"
            )
        start = first - one_based
        if not 0 <= start < end <= LARGEST_POSITION:
            base = "1-based, start not above end" if one_based else "0-based, start less than end"
            raise self.problem(line, "impossible coordinates", base, f"{start_text} to {end_text}")
        if not chrom.strip():
            raise self.problem(line, "the gene has no chromosome")
        strand = STRANDS.get(strand_text)
        if strand_text in NO_STRAND:
            self._without_strand.append((line, gene_id))
            return
        if strand is None:
            raise self.problem(
                line,
                f"the strand of gene {gene_id!r} is none",
                "+, -, 1 or -1, or . for unknown",
                repr(strand_text),
            )
        if not gene_id:
            raise self.problem(line, "the gene has no id")
        self._rows.append((chrom, start, end, strand, gene_id, symbol, entrez_id, biotype))

    def problem(
        self,
        line: int,
        problem: str,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> InputFormatError:
        """Make the error for one line of the file."""
        return InputFormatError(
            problem, path=self.path, line=line, expected=expected, found=found, remedy=remedy
        )

    def __len__(self) -> int:
        return len(self._rows)

    def frame(self) -> pd.DataFrame:
        """One row a transcript: `chrom start end strand gene_id symbol entrez_id biotype`."""
        if self._without_strand:
            line, gene_id = self._without_strand[0]
            n, known = len({g for _, g in self._without_strand}), {row[4] for row in self._rows}
            if not known:
                raise self.problem(
                    line,
                    f"gene {gene_id!r} has no strand, and neither has any other, so none has a"
                    " transcription start",
                    "+, -, 1 or -1",
                )
            logger.warning(
                "%s: %d genes have no strand, so no transcription start, and are left out: %s%s",
                *(self.path, n, shortened(gene_id), ", ..." if n > 1 else ""),
            )
        table = pd.DataFrame(self._rows, columns=list(GENE_COLUMNS))
        return table.astype({"start": "int64", "end": "int64"})
