"""Other evidence: do expression, proteins or methylation say what a change of a mark predicts?

Signs are stated in advance (`assays.ASSAYS`). What is compared is a level (genes with much of the
mark against their expression) and a change (the contrast of both); they are different questions,
and the first says nothing about the second.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.genes.gene_sets import GeneSet, match_sets
from resist_epi.genes.gene_values import gene_table, one_a_symbol
from resist_epi.genes.loci import locus_ids
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.assays import Evidence
from resist_epi.samples.question import Question

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Thresholds:
    """When a gene's other measurement counts as changed.

    Attributes
    ----------
    max_p
        Largest P; genes without a P cannot fail it.
    min_fold_change
        Smallest fold change, at least 1 (1.2 with P < .05 is usual in TMT proteomics).
    fdr
        Largest padj at which the mark counts as changed.

    Raises
    ------
    DesignError
        If a threshold is outside of its range.
    """

    max_p: float = 0.05
    min_fold_change: float = 1.0
    fdr: float = Question.fdr

    def __post_init__(self) -> None:
        if not 0 < self.max_p <= 1 or self.min_fold_change < 1:
            raise DesignError(
                f"thresholds of P <= {self.max_p:g} and fold change >= {self.min_fold_change:g};"
                " P must be above 0 and at most 1, a fold change at least 1"
            )

    def passed(self, effect: pd.Series, pvalue: pd.Series) -> pd.Series:
        """Whether each gene is changed."""
        large = effect.abs().ge(float(np.log2(self.min_fold_change))) & effect.ne(0)
        return large & (pvalue.le(self.max_p) | pvalue.isna())


def join_evidence(
    results: pd.DataFrame,
    evidence: Evidence,
    *,
    mark: str,
    symbols: SymbolTable | None = None,
    thresholds: Thresholds | None = None,
    fdr: float = Question.fdr,
) -> pd.DataFrame:
    """Put a mark and another assay side by side, a row a gene that both have.

    Genes are matched by id, then by symbol, then through previous and alias symbols.

    Parameters
    ----------
    results
        The contract's result columns; one region speaks for a gene (`gene_values.gene_rows`).
    mark
        Name of the mark, for the expected sign.
    thresholds
        When the other measurement counts as changed.
    fdr
        Level at which the mark counts as changed.

    Returns
    -------
    DataFrame
        `chrom start end gene_id symbol locus_id baseMean log2FoldChange pvalue padj direction` of
        the mark, then `evidence_gene evidence_base evidence_effect evidence_pvalue` of the other,
        and `expected agrees supported`:
        `expected` is the sign of the effect that this change of the mark goes with (0: none is
        stated), `agrees` whether the effect has it (missing where there is no sign), `supported`
        whether the mark is called, the effect passes its thresholds and has the expected sign.

    Raises
    ------
    InputFormatError
        If no gene is in both, or the results name no genes.

    Examples
    --------
    >>> from resist_epi.mechanism.assays import ASSAYS
    >>> results = pd.DataFrame({
    ...     "chrom": "chr1", "start": [0, 90000], "end": [10, 90010], "strand": "+",
    ...     "gene_id": ["g1", "g2"], "symbol": ["GREB1", "HK2"], "baseMean": [3.0, 1.0],
    ...     "log2FoldChange": [1.5, -1.0], "pvalue": [1e-4, 0.2], "padj": [2e-4, 0.2],
    ...     "direction": ["gain", "none"],
    ... })
    >>> effects = pd.DataFrame({
    ...     "gene": ["GREB1", "HK2"], "effect": [-0.9, 0.8], "pvalue": [0.01, 0.6], "base": np.nan,
    ... })
    >>> table = join_evidence(results, Evidence(ASSAYS["expression"], effects), mark="H3K27me3")
    >>> table[["symbol", "expected", "agrees", "supported"]].values.tolist()
    [['GREB1', -1, True, True], ['HK2', 1, True, False]]
    """
    thresholds = thresholds or Thresholds()
    genes = gene_table(results)
    row = rows_of_genes(evidence, genes, symbols)
    found = row >= 0
    own = genes[found].reset_index(drop=True)
    other = evidence.effects.iloc[row[found]].reset_index(drop=True)
    kept = ["chrom", "start", "end", "gene_id", "symbol"]
    table = own[kept].assign(locus_id=locus_ids(own))
    for name in ("baseMean", "log2FoldChange", "pvalue", "padj", "direction"):
        table[name] = own.get(name, np.nan)
    table["direction"] = _called_at(table, fdr)
    for name in ("gene", "base", "effect", "pvalue"):
        table[f"evidence_{name}"] = other[name]
    sign = evidence.assay.sign(mark)
    change = np.sign(table["log2FoldChange"].fillna(0.0))
    table["expected"] = (change * sign).astype(np.int64)
    agrees = np.sign(table["evidence_effect"]) == table["expected"]
    stated = table["expected"].ne(0) & table["evidence_effect"].notna()
    table["agrees"] = agrees.astype(object).where(stated, None)
    passed = thresholds.passed(table["evidence_effect"], table["evidence_pvalue"])
    table["supported"] = table["direction"].ne("none") & passed & agrees & stated
    logger.info(
        "%s and %s: %d genes in both, of %d and %d",
        mark,
        evidence.assay.title,
        len(table),
        len(genes),
        len(evidence.effects),
    )
    return table


def rows_of_genes(
    evidence: Evidence, genes: pd.DataFrame, symbols: SymbolTable | None
) -> NDArray[np.int64]:
    """(n_genes,) row of the other table that each gene has; -1 where there is none.

    Parameters
    ----------
    genes
        `gene_id symbol log2FoldChange`, a row a gene.

    Raises
    ------
    InputFormatError
        If no gene is in both.
    """
    found = _match(genes, evidence.effects["gene"].tolist(), symbols)
    if not (found >= 0).any():
        raise InputFormatError(
            f"no gene of the {evidence.assay.title} is in the results: they name"
            f" {', '.join(evidence.effects['gene'][:3])}, the results"
            f" {', '.join(genes['symbol'].where(genes['symbol'] != '', genes['gene_id'])[:3])}",
            remedy="give both the same kind of names, of one species",
        )
    return found


def _match(genes: pd.DataFrame, names: list[str], symbols: SymbolTable | None) -> NDArray[np.int64]:
    """For each gene the row of the other table, -1 where there is none."""
    by_id = {name: i for i, name in enumerate(names)}
    found = np.array([by_id.get(g, -1) for g in genes["gene_id"]], dtype=np.int64)
    # A name of two loci stands for one of them: its measurement counts once.
    open_rows = np.intersect1d(np.flatnonzero(found < 0), one_a_symbol(genes))
    wanted = {
        str(i): GeneSet(str(i), "", (str(genes["symbol"].iloc[i]),)) for i in open_rows.tolist()
    }
    if wanted:
        taken = set(found[found >= 0].tolist())
        free = ["" if i in taken else name for i, name in enumerate(names)]
        for key, rows in match_sets(wanted, free, symbols).items():
            if len(rows):
                found[int(key)] = rows[0]
    return found


def _called_at(table: pd.DataFrame, fdr: float) -> pd.Series:
    called = table["padj"].le(fdr) & table["log2FoldChange"].ne(0)
    direction = np.where(table["log2FoldChange"] > 0, "gain", "loss")
    return pd.Series(np.where(called, direction, "none"), index=table.index)
