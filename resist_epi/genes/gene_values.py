"""One row a gene: which of its regions speaks for it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import BoolArray, IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.quality import log_signal
from resist_epi.errors import InputFormatError
from resist_epi.genes.loci import locus_ids
from resist_epi.genome.chromosomes import chrom_rank

GENE_PLACE = ("chrom", "start", "end", "strand", "gene_id", "symbol")

GENE_VALUES = ("baseMean", "log2FoldChange", "pvalue", "padj")

# Of a kind whose regions are shared by genes: why its region speaks for this gene.
SHARED_VALUES = ("region_id", "reason", "fraction")


def gene_rows(results: pd.DataFrame) -> NDArray[np.int64]:
    """Positions of the rows that speak for the genes, one a gene, chosen without their P.

    Promoters: the primary one, where the table says which that is. Otherwise the region of a gene
    with the highest `baseMean`, which is blind to the groups; one that is a gene's by distance
    alone (`link`) speaks where it has no other. Shape (n_genes,), int64, increasing; regions
    without a gene have no say.

    Parameters
    ----------
    results
        The contract's result columns, with `primary` where regions are promoters.

    Raises
    ------
    InputFormatError
        If no region has a gene.
    """
    key = gene_key(results)
    named = (key != "").to_numpy()
    if not named.any():
        raise InputFormatError(
            "none of the regions has a gene, so no gene set can be looked up",
            remedy="test promoters or genes, or annotate the regions first",
        )
    row = np.arange(len(results))
    table = pd.DataFrame({"row": row, "gene": key, "signal": results["baseMean"]})[named]
    if "primary" in results:
        speaks = results["primary"].eq(True).to_numpy()[table["row"]]
        table = table[speaks]
    far = results["link"].eq("distal") if "link" in results else pd.Series(False, results.index)
    table["far"] = far.to_numpy()[table["row"]]
    best = table.sort_values(["far", "signal", "row"], ascending=[True, False, True], kind="stable")
    return np.sort(best.drop_duplicates("gene")["row"].to_numpy(np.int64))


def gene_key(table: pd.DataFrame) -> pd.Series:
    """What tells genes apart, a row each: the id, or the symbol where there is none."""
    return table["gene_id"].where(table["gene_id"] != "", table["symbol"])


def measured(genes: pd.DataFrame) -> BoolArray:
    """(n,) whether it changes by a number and, where any of them has a test, has one.

    Parameters
    ----------
    genes
        `log2FoldChange` and, where there were tests, `stat`.
    """
    changes = np.isfinite(genes["log2FoldChange"].to_numpy(np.float64))
    if "stat" not in genes:
        return np.asarray(changes)
    tested = np.isfinite(genes["stat"].to_numpy(np.float64))
    return np.asarray(changes & (tested | (not tested.any())))


def one_a_symbol(genes: pd.DataFrame) -> IntArray:
    """Positions of the genes, one a symbol, increasing: which of several loci the name stands for.

    Genes of the pseudoautosomal regions stand on X and Y, and other names twice. The first that was
    measured has the name, else the first; as members of a set are found (`GeneLevel.members`).

    Parameters
    ----------
    genes
        As `gene_table` gives them.

    Examples
    --------
    >>> genes = pd.DataFrame({
    ...     "symbol": ["CRLF2", "CRLF2", "NSD2"], "log2FoldChange": [0.1, 0.2, 1.0],
    ...     "stat": [np.nan, 2.0, 4.0],
    ... })
    >>> one_a_symbol(genes).tolist()
    [1, 2]
    """
    order = np.argsort(~measured(genes), kind="stable")
    names = genes["symbol"].fillna("").iloc[order]
    kept = order[(~names.duplicated() & (names != "")).to_numpy()]
    return np.sort(kept).astype(np.int64)


def gene_table(results: pd.DataFrame) -> pd.DataFrame:
    """The rows that speak for the genes, one a gene; see `gene_rows`.

    Examples
    --------
    >>> results = pd.DataFrame({
    ...     "gene_id": ["g1", "g1", "g2"], "symbol": ["A", "A", "B"], "baseMean": [1.0, 5.0, 2.0],
    ...     "primary": [True, False, True],
    ... })
    >>> gene_table(results)["baseMean"].tolist()
    [1.0, 2.0]
    """
    return results.iloc[gene_rows(results)].reset_index(drop=True)


def gene_signal(matrix: CountMatrix, results: pd.DataFrame | None = None) -> pd.DataFrame:
    """Log2 signal of the regions that speak for the genes, in every sample.

    Parameters
    ----------
    matrix
        Regions with genes; a column a sample.
    results
        What was found in them, which says what speaks for each gene. Without, of several regions of
        a gene that of the highest mean log2 signal does where none is the primary one.

    Returns
    -------
    DataFrame
        One row a symbol (`one_a_symbol`), which is the index; a column a sample.

    Raises
    ------
    InputFormatError
        If no region has a gene, or the results are of other regions.
    """
    signal = log_signal(matrix.filled())
    if results is None:
        own = matrix.regions.assign(baseMean=signal.mean(axis=1), log2FoldChange=0.0)
        rows = gene_rows(own)
        genes = own.iloc[rows]
    else:
        genes = gene_table(results)
        rows = pd.Index(matrix.regions["region_id"]).get_indexer(genes["region_id"])
        if (rows < 0).any():
            raise InputFormatError(
                "results and counts are of different regions",
                found=f"{genes['region_id'][rows < 0].iloc[0]}, which the counts do not have",
                remedy="give the results that were made from these counts",
            )
    kept = one_a_symbol(genes)
    symbols = pd.Index(genes["symbol"].iloc[kept], name="symbol")
    return pd.DataFrame(signal[rows[kept]], index=symbols, columns=list(matrix.samples))


def directions_by_symbol(results: pd.DataFrame) -> pd.Series:
    """Symbol -> `direction` of the region that speaks for its gene; one a symbol."""
    genes = gene_table(results)
    genes = genes.iloc[one_a_symbol(genes)]
    return genes.set_index("symbol")["direction"]


def genes_side_by_side(
    tables: Mapping[str, pd.DataFrame], *, domains: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a gene with what each kind of its regions says, none chosen by its P.

    Parameters
    ----------
    tables
        Kind of regions -> the contract's result columns; the first kind speaks for the gene and
        gives its place. Kinds whose regions have no gene are left out.
    domains
        Table `chrom start end` of a broad mark's domains: the genes of one share a `locus_id`.

    Returns
    -------
    DataFrame
        `chrom start end strand gene_id symbol locus_id`, then for each kind `KIND_baseMean
        KIND_log2FoldChange KIND_pvalue KIND_padj KIND_direction`, each of the region that speaks
        for the gene (`gene_rows`); NaN and `none` where it has no such region. A table with the
        column `reason` (`domain_links.gene_domains`) gives `KIND_region_id KIND_reason
        KIND_fraction` besides, one with `n_sites` (`site_genes.genes_of_sites`) `KIND_n_sites`.
        Genome order.

    Raises
    ------
    InputFormatError
        If no region of any kind has a gene.
    """
    kinds = {
        kind: gene_table(table) for kind, table in tables.items() if (gene_key(table) != "").any()
    }
    if not kinds:
        raise InputFormatError(
            "none of the regions has a gene", remedy="test promoters or genes, or annotate first"
        )
    keyed = {kind: table.set_index(gene_key(table)) for kind, table in kinds.items()}
    genes = pd.concat([t[list(GENE_PLACE)].assign(kind=kind) for kind, t in keyed.items()])
    genes = genes[~genes.index.duplicated()]
    genes = genes.iloc[np.lexsort((genes["end"], genes["start"], chrom_rank(genes["chrom"])))]
    joined = genes.drop(columns="kind").assign(locus_id=locus_ids(genes, domains=domains))
    for kind, table in keyed.items():
        own = table.reindex(genes.index)
        for name in GENE_VALUES:
            joined[f"{kind}_{name}"] = own[name]
        joined[f"{kind}_direction"] = own["direction"].fillna("none")
        if "n_sites" in table:
            joined[f"{kind}_n_sites"] = own["n_sites"].fillna(0).astype(np.int64)
        if "reason" in table:
            for name in SHARED_VALUES:
                values = own[name]
                joined[f"{kind}_{name}"] = values if name == "fraction" else values.fillna("")
    return joined.reset_index(drop=True)
