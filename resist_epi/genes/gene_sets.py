"""Gene sets: names of genes with where they come from."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import IntArray
from resist_epi.errors import InputFormatError, shortened
from resist_epi.genes.symbols import SymbolTable
from resist_epi.io.store import read_text

logger = logging.getLogger(__name__)

_VERSIONED = re.compile(r"(ENS[A-Z]*\d{6,})\.\d+")


@dataclass(frozen=True)
class GeneSet:
    """A named list of genes.

    Attributes
    ----------
    name
        Name of the set.
    source
        Where its members come from, as the file has it.
    genes
        Symbols, each once, in the order of the source.

    Raises
    ------
    InputFormatError
        If the name is empty or no genes are given.
    """

    name: str
    source: str
    genes: tuple[str, ...]

    def __post_init__(self) -> None:
        genes = tuple(dict.fromkeys(g.strip() for g in self.genes if g.strip()))
        if not self.name or not genes:
            raise InputFormatError(f"gene set {self.name!r} needs a name and at least one gene")
        object.__setattr__(self, "genes", genes)

    def __len__(self) -> int:
        return len(self.genes)


def read_gmt(path: str | Path) -> dict[str, GeneSet]:
    """Read gene sets from a GMT file, gzipped or not.

    Parameters
    ----------
    path
        The file; `#` lines and empty ones are skipped. Sets without genes are left out with a
        warning.

    Returns
    -------
    gene_sets
        Sets by name, in the order of the file.

    Raises
    ------
    InputFormatError
        If the file cannot be read, a line has no tab, a name stands twice, or no set has a gene.
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
    empty = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, *rest = (field.strip() for field in line.split("\t"))
        if not name or not rest:
            raise InputFormatError(
                "not a line of a GMT file",
                path=path,
                line=number,
                expected="name, source and genes, with tabs between",
                found=line[:60],
            )
        if name in gene_sets:
            raise InputFormatError(
                f"the gene set {name!r} stands twice",
                path=path,
                line=number,
                remedy="give every set a name of its own",
            )
        if any(rest[1:]):
            gene_sets[name] = GeneSet(name, rest[0], tuple(rest[1:]))
        else:
            empty.append(name)
    if not gene_sets:
        raise InputFormatError(
            "no gene sets in the file", path=path, expected="a GMT file: name, source, genes"
        )
    if empty:
        shown = ", ".join(shortened(name) for name in empty[:5])
        logger.warning("%s: %d sets without genes are left out: %s", path, len(empty), shown)
    return gene_sets


def without_version(gene_id: str) -> str:
    """An id of Ensembl without its version; any other text as it is.

    Examples
    --------
    >>> without_version("ENSG00000141510.18"), without_version("RP11-34P13.7")
    ('ENSG00000141510', 'RP11-34P13.7')
    """
    found = _VERSIONED.fullmatch(gene_id)
    return found[1] if found else gene_id


# Kinds of sets that ride along and are no hypotheses.
BESIDE = ("control", "marker")


def current_symbols(symbols: Sequence[str], table: SymbolTable | None) -> list[str]:
    """Translate previous and alias symbols; what is unknown or ambiguous stays as it is."""
    if table is None or not symbols:
        return list(symbols)
    # Tens of thousands of names are asked for at every list of sets: no table is made of them.
    means = [table.names.get(str(symbol).strip(), ()) for symbol in symbols]
    return [new[0] if len(new) == 1 else old for old, new in zip(symbols, means, strict=True)]


def match_sets(
    gene_sets: Mapping[str, GeneSet],
    symbols: Sequence[str],
    table: SymbolTable | None,
    *,
    gene_ids: Sequence[str] = (),
) -> dict[str, IntArray]:
    """Set -> increasing positions of its genes, int64.

    The exact symbol wins over a translated one, these over the gene's id, and of several loci with
    one symbol the first.

    Parameters
    ----------
    symbols
        n_genes symbols, empty for genes that cannot be members.
    table
        Previous and alias symbols, or None.
    gene_ids
        n_genes ids, by which sets may name their genes, too; versions do not count.
    """
    return find_sets(gene_sets, name_places(symbols, table, gene_ids=gene_ids), table)


def name_places(
    symbols: Sequence[str], table: SymbolTable | None, *, gene_ids: Sequence[str] = ()
) -> dict[str, int]:
    """Name -> position of the gene that it stands for, as `match_sets` has it."""
    usable = np.array([bool(symbol) for symbol in symbols], dtype=bool)
    return places_of(names_of_genes(symbols, table, gene_ids=gene_ids), usable)


def names_of_genes(
    symbols: Sequence[str], table: SymbolTable | None, *, gene_ids: Sequence[str] = ()
) -> tuple[list[str], list[str], list[str]]:
    """Id without version, current symbol and symbol of each gene; empty where there is none.

    Parameters
    ----------
    symbols, table, gene_ids
        As of `match_sets`.
    """
    return [without_version(g) for g in gene_ids], current_symbols(symbols, table), list(symbols)


def places_of(names: Sequence[Sequence[str]], usable: NDArray[np.bool_]) -> dict[str, int]:
    """Name -> position of the gene that it stands for: of several the first.

    Parameters
    ----------
    names
        As of `names_of_genes`; the later ones win.
    usable
        (n_genes,) which genes may be members.
    """
    last_first = np.flatnonzero(usable)[::-1].tolist()
    place: dict[str, int] = {}
    for each in filter(len, names):
        place |= {name: i for i in last_first if (name := each[i])}
    return place


def find_sets(
    gene_sets: Mapping[str, GeneSet], place: Mapping[str, int], table: SymbolTable | None
) -> dict[str, IntArray]:
    """Find the genes of each set among `name_places`."""
    wanted = sorted({g for s in gene_sets.values() for g in s.genes})
    current = dict(zip(wanted, current_symbols(wanted, table), strict=True))

    def names(gene: str) -> tuple[str, ...]:
        return gene, current[gene], without_version(gene)

    return {
        name: np.array(
            sorted({place[k] for g in s.genes for k in names(g) if k in place}),
            dtype=np.int64,
        )
        for name, s in gene_sets.items()
    }
