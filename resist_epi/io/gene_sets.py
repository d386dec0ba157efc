"""Gene sets from GMT: a set a line, name, source and symbols with tabs between."""

from __future__ import annotations

import logging
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.gene_sets import GeneSet
from resist_epi.io.store import read_text

logger = logging.getLogger(__name__)


def read_gmt(path: str | Path) -> dict[str, GeneSet]:
    """Read gene sets from a GMT file, gzipped or not.

    Parameters
    ----------
    path
        The file; `#` lines and empty ones are skipped.

    Returns
    -------
    gene_sets
        Sets by name, in the order of the file.

    Raises
    ------
    InputFormatError
        If the file cannot be read, a line has fewer than three columns, a name stands twice, or
        there are no sets.
    """
    gene_sets = parse_gmt(read_text(path), path)
    logger.info("%s: %d gene sets", path, len(gene_sets))
    return gene_sets


def parse_gmt(text: str, path: str | Path) -> dict[str, GeneSet]:
    """Gene sets from the text of a GMT file; `path` is for messages.

    Raises
    ------
    InputFormatError
        As `read_gmt`.
    """
    gene_sets: dict[str, GeneSet] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, *rest = (field.strip() for field in line.split("\t"))
        if not name or len(rest) < 2 or not any(rest[1:]):
            raise InputFormatError(
                "not a line of a GMT file",
                path=path,
                line=number,
                expected="name, source and at least one gene, with tabs between",
                found=line[:60],
            )
        if name in gene_sets:
            raise InputFormatError(
                f"the gene set {name!r} stands twice",
                path=path,
                line=number,
                remedy="give every set a name of its own",
            )
        gene_sets[name] = GeneSet(name, rest[0], tuple(rest[1:]))
    if not gene_sets:
        raise InputFormatError("no gene sets in the file", path=path, expected="a GMT file")
    return gene_sets
