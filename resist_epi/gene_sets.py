"""Gene sets: names of genes with where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from resist_epi.errors import InputFormatError
from resist_epi.symbols import STATUSES, SymbolTable


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


def map_gene_sets(
    gene_sets: Mapping[str, GeneSet], symbols: SymbolTable
) -> tuple[dict[str, GeneSet], pd.DataFrame]:
    """Bring the symbols of gene sets up to date, and report what could not be.

    Aliases with one meaning become the current symbol. Ambiguous, date-mangled and unknown names
    stay as they are: a table of another species may know them.

    Parameters
    ----------
    gene_sets
        Sets by name.
    symbols
        What names mean today.

    Returns
    -------
    mapped
        The sets with current symbols.
    report
        One row a set: `set`, `n_genes`, a count for each of `symbols.STATUSES`, and `renamed`
        (`old>new`) and `unresolved` with commas between.
    """
    mapped, rows = {}, []
    for name, gene_set in gene_sets.items():
        table = symbols.resolve(gene_set.genes)
        resolved = table["symbol"] != ""
        mapped[name] = replace(
            gene_set, genes=tuple(table["symbol"].where(resolved, table["input"]))
        )
        aliases = table[table["status"] == "alias"]
        counts = table["status"].value_counts()
        rows.append(
            {
                "set": name,
                "n_genes": len(gene_set),
                **{status: int(counts.get(status, 0)) for status in STATUSES},
                "renamed": ",".join(aliases["input"] + ">" + aliases["symbol"]),
                "unresolved": ",".join(table.loc[~resolved, "input"]),
            }
        )
    columns = ["set", "n_genes", *STATUSES, "renamed", "unresolved"]
    return mapped, pd.DataFrame(rows, columns=columns)
