"""Tables of other assays: effects a gene, levels a patient, or mean levels a group."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.errors import InputFormatError, shortened
from resist_epi.io.store import read_text
from resist_epi.io.table_text import csv_rows
from resist_epi.mechanism.assays import Assay, Evidence

logger = logging.getLogger(__name__)

# What DESeq2, edgeR, limma, MSstats and spreadsheets call their columns, in lower case.
GENE_COLUMNS = (
    "symbol gene gene_symbol genesymbol gene_name genename hgnc_symbol gene_id geneid"
    " ensembl_gene_id ensembl id name protein row"
)

_EFFECT = (
    "log2foldchange logfc log2fc log2_fold_change log2_fc log_fc lfc effect estimate beta"
    " delta_beta deltabeta meandiff coef"
)

_PVALUE = "pvalue p.value p_value pval p_val p.val p"

_BASE = "basemean aveexpr logcpm avelogcpm base mean average baselevel"

FEWEST_PATIENTS = 4


def read_evidence(
    path: str | Path,
    assay: Assay,
    *,
    patients: Sequence[str] = (),
    groups: tuple[str, str] | None = None,
) -> Evidence:
    """Read the measurements of another assay, CSV or TSV, gzipped or not.

    Three shapes are understood, in this order: a column of effects (`log2FoldChange`, `logFC`, ...)
    with or without P; a column a patient; a column for the mean of each of the two groups.

    Parameters
    ----------
    assay
        What it is.
    patients
        The study's patients (or samples), which name the columns of a matrix.
    groups
        The two sides of the contrast, A and B of A-B: columns that are called or end like them hold
        group means, and log2((A + c) / (B + c)) is the effect, c the first percentile of the
        positive means.

    Raises
    ------
    InputFormatError
        If the file cannot be read, has none of the three shapes, or a value is no number.
    """
    table, first = read_cells(Path(path))
    gene = find_column(table, GENE_COLUMNS) or str(table.columns[0])
    effect = find_column(table, _EFFECT, besides=gene)
    genes = gene_names(table, gene, path)
    if effect is not None:
        return _effects(table, genes, effect, assay, path, first)
    named = [c for c in table.columns if c != gene and str(c) in set(map(str, patients))]
    if len(named) >= FEWEST_PATIENTS:
        return _matrix(table, genes, named, assay, path, first)
    if groups is not None:
        sides = [_group_column(table, side, gene) for side in groups]
        if all(sides):
            return _means(table, genes, [str(s) for s in sides], assay, path, first)
    raise InputFormatError(
        f"neither effects, nor levels of at least {FEWEST_PATIENTS} of the study's patients, nor"
        " means of its two groups",
        path=path,
        expected="a column log2FoldChange or the like; or columns named after patients"
        + ("" if groups is None else f"; or columns that end in {groups[0]} and {groups[1]}"),
        found=" ".join(map(str, table.columns[:12])),
    )


def read_cells(path: Path) -> tuple[pd.DataFrame, int]:
    """The table, every cell a text, and the line of its first row."""
    lines = read_text(path).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    skipped = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head = lines[skipped] if skipped < len(lines) else ""
    separator = "\t" if "\t" in head else ","
    if separator not in head:
        raise InputFormatError(
            "a table needs at least two columns", path=path, line=skipped + 1, found=head[:60]
        )
    rows = list(csv_rows(lines[skipped:], separator, path, skipped + 1))
    header, rows = rows[0][1], rows[1:]
    if rows and len(rows[0][1]) == len(header) + 1:
        header = ["", *header]  # R's row names have none
    twice = sorted({name for name in header if name.strip() and header.count(name) > 1})
    if twice:
        raise InputFormatError(
            f"two columns are called {shortened(twice[0])!r}", path=path, line=skipped + 1
        )
    for number, cells in rows:
        if len(cells) != len(header):
            raise InputFormatError(
                f"{len(cells)} cells in a row",
                path=path,
                line=number,
                expected=f"{len(header)}, as in the header",
                remedy="the table may be cut off; a cell that holds a comma needs quotes",
            )
    if not rows:
        raise InputFormatError("the table has no rows", path=path)
    table = pd.DataFrame([cells for _, cells in rows], columns=header, dtype=object)
    return table.loc[:, [bool(n.strip()) or i == 0 for i, n in enumerate(header)]], skipped + 2


def find_column(table: pd.DataFrame, known: str, *, besides: str = "") -> str | None:
    """The first of the known names, in lower case with blanks between, that a column has."""
    lower = {str(c).strip().lower().replace(" ", "_"): str(c) for c in reversed(table.columns)}
    found = (lower[name] for name in known.split() if name in lower)
    return next((c for c in found if c != besides), None)


def _group_column(table: pd.DataFrame, side: str, gene: str) -> str | None:
    found = [
        str(c)
        for c in table.columns
        if c != gene
        and (str(c).lower() == side.lower() or str(c).lower().endswith(f"_{side.lower()}"))
    ]
    return found[0] if len(found) == 1 else None


def gene_names(table: pd.DataFrame, column: str, path: str | Path) -> pd.Series:
    """Names of the genes; an Ensembl version is no part of one."""
    genes = table[column].str.strip().str.replace(r"^(ENS\w*\d{6,})\.\d+$", r"\1", regex=True)
    if not (genes != "").any():
        raise InputFormatError(f"column {column} names no gene", path=path)
    return genes


def numbers(table: pd.DataFrame, column: str, path: str | Path, first: int) -> pd.Series:
    """A column as numbers, NaN where it is empty; `first` is the line of the first row.

    Raises
    ------
    InputFormatError
        With the line of a cell that is neither.
    """
    text = table[column].str.strip()
    empty = text.str.lower().isin(["", "na", "nan", "null", "none"])
    found = pd.to_numeric(text.mask(empty), errors="coerce")
    wrong = ~np.isfinite(found) & ~empty
    refuse_cells(wrong, table[column], path, first, expected="a number")
    return found.astype(np.float64)


def refuse_cells(
    wrong: pd.Series,
    column: pd.Series,
    path: str | Path,
    first: int,
    *,
    expected: str,
    remedy: str | None = None,
) -> None:
    """Refuse a column of which cells are wrong, with the line of the first of them.

    Parameters
    ----------
    wrong
        bool, a row a cell.
    first
        Line of the first row.

    Raises
    ------
    InputFormatError
        If any is wrong.
    """
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    cell = column.iloc[row]
    raise InputFormatError(
        f"column {column.name}",
        path=path,
        line=first + row,
        expected=expected,
        found=repr(cell) if isinstance(cell, str) else f"{cell:g}",
        remedy=remedy,
    )


def _one_a_gene(effects: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Genes that stand several times keep the row with the highest level, else the first."""
    named = effects[effects["gene"] != ""]
    best = named.assign(_base=named["base"].fillna(-np.inf)).sort_values(
        "_base", ascending=False, kind="stable"
    )
    kept = best.drop_duplicates("gene").drop(columns="_base").sort_index()
    if len(kept) < len(named):
        logger.info(
            "%s: %d rows of genes that stand more than once are left out (the highest level is"
            " kept, else the first)",
            path,
            len(named) - len(kept),
        )
    return kept


def _effects(
    table: pd.DataFrame, genes: pd.Series, effect: str, assay: Assay, path: str | Path, first: int
) -> Evidence:
    pvalue, base = find_column(table, _PVALUE), find_column(table, _BASE)
    nothing = pd.Series(np.nan, index=table.index)
    effects = pd.DataFrame(
        {
            "gene": genes,
            "effect": numbers(table, effect, path, first),
            "pvalue": nothing if pvalue is None else numbers(table, pvalue, path, first),
            "base": nothing if base is None else numbers(table, base, path, first),
        }
    )
    wrong = (effects["pvalue"] < 0) | (effects["pvalue"] > 1)
    cells = effects["pvalue"].rename(pvalue)
    refuse_cells(wrong, cells, path, first, expected="a P from 0 to 1")
    source = f"effects ({effect}) {'without P' if pvalue is None else f'with P ({pvalue})'}"
    return Evidence(assay, _one_a_gene(effects, path).reset_index(drop=True), source=source)


def _matrix(
    table: pd.DataFrame,
    genes: pd.Series,
    patients: Sequence[str],
    assay: Assay,
    path: str | Path,
    first: int,
) -> Evidence:
    values = pd.DataFrame({str(p): numbers(table, p, path, first) for p in patients})
    effects = pd.DataFrame(
        {"gene": genes, "effect": np.nan, "pvalue": np.nan, "base": values.mean(axis=1)}
    )
    kept = _one_a_gene(effects, path)
    return Evidence(
        assay,
        kept.reset_index(drop=True),
        values.loc[kept.index].reset_index(drop=True),
        f"levels of {len(patients)} patients",
    )


def _means(
    table: pd.DataFrame,
    genes: pd.Series,
    sides: Sequence[str],
    assay: Assay,
    path: str | Path,
    first: int,
) -> Evidence:
    one, other = (numbers(table, side, path, first) for side in sides)
    both = pd.concat([one, other])
    if (both < 0).any():
        raise InputFormatError(
            f"columns {sides[0]} and {sides[1]} hold negative values, so they are no mean levels on"
            " the natural scale",
            path=path,
            remedy="give a column of log2 fold changes instead",
        )
    positive = both[both > 0]
    prior = float(positive.quantile(0.01)) if len(positive) else 1.0
    effects = pd.DataFrame(
        {
            "gene": genes,
            "effect": np.log2((one + prior) / (other + prior)),
            "pvalue": np.nan,
            "base": (one + other) / 2,
        }
    )
    source = f"means of two groups ({sides[0]}, {sides[1]}), without replicates and so without P"
    return Evidence(assay, _one_a_gene(effects, path).reset_index(drop=True), source=source)
