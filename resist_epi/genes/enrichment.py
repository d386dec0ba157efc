"""Gene sets: do the genes of a mechanism gain or lose the mark more than the others?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_sets import BESIDE, GeneSet, _current, match_sets
from resist_epi.genes.gene_values import gene_rows
from resist_epi.genes.loci import locus_ids, one_a_locus
from resist_epi.genes.set_methods import SetInputs, set_pvalues
from resist_epi.genes.symbols import SymbolTable
from resist_epi.model.analysis import analyse, check_same
from resist_epi.model.fit import Fit
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.samples.design import Contrast, Design
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import GENE_SETS, GENE_SETS_MORE, names
from resist_epi.stats.multiple import benjamini_hochberg, directions, holm

logger = logging.getLogger(__name__)

DEFAULT_TEST = "camera"

# Sets that share so much of the smaller one's genes are one family.
SHARED = 0.5


def enrich(
    results: pd.DataFrame,
    gene_sets: Mapping[str, GeneSet],
    *,
    fit: Fit | None = None,
    contrast: Contrast | None = None,
    symbols: SymbolTable | None = None,
    fdr: float = 0.05,
    own_sets: bool = False,
    kinds: Mapping[str, str] | None = None,
    domains: pd.DataFrame | None = None,
    test: str = DEFAULT_TEST,
    beside: Sequence[str] = (),
    design: Design | None = None,
    covariates: pd.DataFrame | None = None,
    matrix: CountMatrix | None = None,
) -> pd.DataFrame:
    """Test every set against the other genes measured.

    One value a gene, so that genes of many or long regions count no more than others, and one
    gene a locus, so that a cluster that changes as one counts as one; the test allows for
    correlation between the genes of a set, estimated from the residuals of the fit where it has
    enough of them and preset otherwise. Sets of fewer than 5 tested loci get an effect but no P.
    Control and marker sets have a P, but neither padj nor a part in that of others.

    Source: Wu & Smyth 2012 (camera); the floor of the estimated correlation and the preset one
    keep its type I error at its level where genes are correlated by .05.

    Parameters
    ----------
    results
        The contract's result columns, a row a region.
    gene_sets
        Name -> set.
    fit, contrast
        What `results` was made from, row by row; without them the correlation is preset.
    symbols
        Previous and alias symbols; those that are not ambiguous are understood on both sides.
    fdr
        Level at which `direction` says gain or loss.
    own_sets
        Whether the sets are the user's own: then no match at all is an error.
    kinds
        Set -> `control`, `marker` or anything else; by default `given`.
    domains
        Regions of a broad mark, called blind to the groups: the genes of one are one locus.
    test
        Key of `set_methods.METHODS`, whose P the table is about.
    beside
        Further ones: a column `TEST_pvalue` each, unadjusted.
    design
        Of the fit; `permutation` alone needs it.
    covariates
        By `gene_id`: `length` (bp) and `cpg_island`, for `logistic`.
    matrix
        What was fitted; `permutation` needs it where that was a count model.

    Returns
    -------
    DataFrame
        Columns of `schema.GENE_SETS` and `GENE_SETS_MORE`, then those of the tests beside, in the
        order of the sets; `attrs["header"]` says how they were tested. A set without a match has
        `n_tested` 0 and NaN.

    Raises
    ------
    InputFormatError
        If no region has a gene, or nothing of the user's own sets matches.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> results = pd.DataFrame({
    ...     "chrom": "chr1", "start": np.arange(60) * 20000, "end": np.arange(60) * 20000 + 900,
    ...     "strand": "+",
    ...     "gene_id": [f"g{i}" for i in range(60)], "symbol": [f"S{i}" for i in range(60)],
    ...     "baseMean": 1.0, "log2FoldChange": np.r_[np.full(6, 2.0), np.zeros(54)],
    ...     "stat": np.r_[np.full(6, 9.0), rng.normal(size=54)], "df": 10.0, "direction": "none",
    ... })
    >>> sets = {"UP": GeneSet("UP", "made here", tuple(f"S{i}" for i in range(6)))}
    >>> enrich(results, sets)[["set", "n_tested", "effect", "direction"]].values.tolist()
    [['UP', 6, 2.0, 'gain']]
    """
    rows = gene_rows(results)
    genes = _called_at(results.iloc[rows].reset_index(drop=True), fdr)
    finite = np.isfinite(genes["log2FoldChange"].to_numpy())
    measured = finite & (np.isfinite(genes["stat"].to_numpy()) | genes["stat"].isna().all())
    known = genes["symbol"].where(measured, "").tolist()
    members = match_sets(gene_sets, known, symbols, gene_ids=genes["gene_id"].tolist())
    if own_sets and not any(len(m) for m in members.values()):
        _complain_no_match(gene_sets, genes["symbol"])
    signal = genes["baseMean"].to_numpy(np.float64)
    locus = pd.factorize(locus_ids(genes, domains=domains))[0].astype(np.int64)
    loci = {name: one_a_locus(index, locus, signal) for name, index in members.items()}
    table = _described(gene_sets, genes, members, loci, measured)
    bases = _measured_bases(results, genes)
    inputs = SetInputs(genes, rows, loci, locus, fit, contrast, design, covariates, bases, matrix)
    main = set_pvalues(test, inputs)
    table["pvalue"] = main.pvalue
    table["n_loci"] = [len(index) for index in loci.values()]
    table["kind"] = [(kinds or {}).get(name, "given") for name in members]
    _say_untested(table)
    own = table["pvalue"].mask(table["kind"].isin(BESIDE))
    table["padj"] = benjamini_hochberg(own.to_numpy(np.float64))
    table["family"] = set_families(members)
    within = own.groupby(table["family"], sort=False).transform(lambda p: holm(p.to_numpy()))
    table["padj_family"] = within.astype(np.float64)
    table["direction"] = directions(table["padj"], main.sign, fdr=fdr)
    header = {
        "gene sets": f"{main.how}; control and marker sets stand outside of the adjustment",
        "gene set fdr": f"{fdr:g} (genes and sets)",
        "gene set symbols": _matched(gene_sets, members),
    }
    others = {name: set_pvalues(name, inputs) for name in dict.fromkeys(beside)}
    header |= {f"beside, {name}": found.how for name, found in others.items()}
    table = table[[*names(GENE_SETS), *names(GENE_SETS_MORE)]].assign(
        **{f"{name}_pvalue": found.pvalue for name, found in others.items()}
    )
    table.attrs["header"] = header
    return table


def _matched(gene_sets: Mapping[str, GeneSet], members: Mapping[str, NDArray[np.int64]]) -> str:
    asked = len({gene for one in gene_sets.values() for gene in one.genes})
    found = len({i for index in members.values() for i in index.tolist()})
    with_genes = sum(len(index) > 0 for index in members.values())
    return (
        f"{found} of the {asked} symbols of the sets are genes tested here;"
        f" {with_genes} of {len(members)} sets have some"
    )


def _measured_bases(results: pd.DataFrame, genes: pd.DataFrame) -> NDArray[np.float64]:
    """Bases of every gene's regions that were tested, (n_genes,)."""
    gene = results["gene_id"].where(results["gene_id"] != "", results["symbol"])
    tested = results["stat"].notna()
    if not tested.any():
        tested = ~tested
    bases = (results["end"] - results["start"]).where(tested, 0).groupby(gene).sum()
    own = genes["gene_id"].where(genes["gene_id"] != "", genes["symbol"])
    return bases.reindex(own).to_numpy(np.float64)


def set_families(members: Mapping[str, NDArray[np.int64]]) -> list[str]:
    """Name the family of each set: those that share half of the smaller one's genes with its head.

    From the largest set on, each joins the head that holds most of it, or else heads a family of
    its own. Sets are not joined in chains: of thousands, nearly all would be one family.

    Parameters
    ----------
    members
        Set -> positions of its genes.

    Returns
    -------
    list of str
        For each set the head of its family, of heads that are as near the largest.

    Examples
    --------
    >>> sets = {"A": [0, 1, 2, 3], "PART": [2, 3, 4], "OTHER": [4, 5]}
    >>> set_families({name: np.array(genes) for name, genes in sets.items()})
    ['A', 'A', 'OTHER']
    """
    from scipy.sparse import csr_array

    order = list(members)
    size = np.array([len(members[name]) for name in order], dtype=np.int64)
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *members.values()])
    starts = np.r_[0, np.cumsum(size)]
    ones = np.ones(len(flat), dtype=np.int64)
    n_genes = int(flat.max(initial=0)) + 1
    table = csr_array((ones, flat, starts), shape=(len(order), n_genes))
    shared = csr_array(table @ table.T)
    head = np.arange(len(order))
    # Largest first, the first on ties: who comes earlier is at least as large.
    rank = np.argsort(np.argsort(-size, kind="stable"), kind="stable")
    for k in np.argsort(rank):
        row = slice(shared.indptr[k], shared.indptr[k + 1])
        other, common = shared.indices[row], shared.data[row]
        near = (rank[other] < rank[k]) & (head[other] == other) & (common >= SHARED * size[k])
        if near.any():
            other, common = other[near], common[near]
            head[k] = other[np.lexsort((rank[other], -common))[0]]
    return [order[k] for k in head]


def _say_untested(table: pd.DataFrame) -> None:
    untested = int((table["n_tested"] == 0).sum())
    if untested:
        # Some sets without a gene are usual, as on a few chromosomes; all are a mistake.
        logger.log(
            logging.WARNING if untested == len(table) else logging.INFO,
            "%d of %d gene sets have no gene in this table and stay untested",
            untested,
            len(table),
        )


def genes_one_by_one(
    results: pd.DataFrame, gene_set: GeneSet, *, symbols: SymbolTable | None = None
) -> pd.DataFrame:
    """The results of a small pre-specified set, gene by gene, in the order of the set.

    Returns
    -------
    DataFrame
        The columns of `results`; a gene that is not in the table has its symbol and NaN.

    Examples
    --------
    >>> results = pd.DataFrame({
    ...     "gene_id": ["g1", "g2"], "symbol": ["HK2", "TIGAR"], "baseMean": [1.0, 2.0],
    ...     "log2FoldChange": [0.5, -1.0], "direction": ["none", "loss"],
    ... })
    >>> core = GeneSet("CORE", "made here", ("TIGAR", "HK2"))
    >>> genes_one_by_one(results, core)["log2FoldChange"].tolist()
    [-1.0, 0.5]
    """
    genes = results.iloc[gene_rows(results)]
    found = match_sets({gene_set.name: gene_set}, genes["symbol"].tolist(), symbols)[gene_set.name]
    kept = genes.iloc[found]
    current = _current(kept["symbol"].tolist(), symbols)
    order = {symbol: i for i, symbol in enumerate(gene_set.genes)}
    kept = kept.iloc[np.argsort([order.get(c, len(order)) for c in current], kind="stable")]
    missing = [g for g in gene_set.genes if g not in set(current)]
    kept = kept.reset_index(drop=True)
    if not missing:
        return kept
    table = kept.reindex(range(len(kept) + len(missing)))
    table.loc[len(kept) :, "symbol"] = missing
    for name in ("chrom", "strand", "region_id", "gene_id", "kind", "direction"):
        if name in table:
            table[name] = table[name].fillna("")
    return table


def _called_at(genes: pd.DataFrame, fdr: float) -> pd.DataFrame:
    """The genes with `direction` at this level, whatever the results were written with."""
    if "padj" not in genes:
        return genes
    change = genes["log2FoldChange"].fillna(genes["stat"])
    return genes.assign(direction=directions(genes["padj"], change, fdr=fdr))


def _described(
    gene_sets: Mapping[str, GeneSet],
    genes: pd.DataFrame,
    members: Mapping[str, NDArray[np.int64]],
    loci: Mapping[str, NDArray[np.int64]],
    measured: NDArray[np.bool_],
) -> pd.DataFrame:
    """A row a set: how many genes it has, which of them are called, and by how much they change."""
    # Arrays, not tables: there may be thousands of sets.
    change, size = (genes[c].to_numpy(np.float64) for c in ("log2FoldChange", "stat"))
    symbol = genes["symbol"].to_numpy(dtype=object)
    direction = genes["direction"].to_numpy(dtype=object)
    gained, lost = np.asarray(direction == "gain"), np.asarray(direction == "loss")
    rows = []
    for name, index in members.items():
        rest = measured.copy()
        rest[index] = False
        known = len(index) and rest.any()
        called = index[direction[index] != "none"]
        strongest = called[np.argsort(-np.abs(size[called]), kind="stable")]
        rows.append(
            {
                "set": name,
                "source": gene_sets[name].source,
                "n_genes": len(gene_sets[name].genes),
                "n_tested": len(index),
                "n_gain": int(gained[index].sum()),
                "n_loss": int(lost[index].sum()),
                "effect": change[loci[name]].mean() - change[rest].mean() if known else np.nan,
                "genes": ",".join(symbol[strongest]),
            }
        )
    return pd.DataFrame(rows, columns=names(GENE_SETS))


def _complain_no_match(gene_sets: Mapping[str, GeneSet], symbols: pd.Series) -> None:
    theirs = [g for s in gene_sets.values() for g in s.genes][:5]
    ours = [s for s in symbols if s][:5]
    raise InputFormatError(
        f"no gene of the {len(gene_sets)} gene sets is in the results: the sets hold names such as"
        f" {', '.join(theirs)}, the results {', '.join(ours)}",
        remedy="give sets and results the same kind of symbols, of one species",
    )


def enrich_results(
    results: pd.DataFrame,
    gene_sets: Mapping[str, GeneSet],
    counts: tuple[CountMatrix, SampleSheet] | None,
    *,
    symbols: SymbolTable | None = None,
    formula: str = "~ Condition",
    contrast: str | None = None,
    method: str | None = None,
    normalize: str | None = None,
    inputs: NormalizationInputs | None = None,
    fdr: float = 0.05,
    own_sets: bool = False,
    kinds: Mapping[str, str] | None = None,
    test: str = DEFAULT_TEST,
    beside: Sequence[str] = (),
    covariates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Test gene sets on results, with the correlation between genes from the counts if given.

    Parameters
    ----------
    counts
        Matrix and sheet that the results were made from; the fit is made again with the options
        given here, and must give the same fold changes.
    test, beside
        Keys of `set_methods.METHODS`: the test of the table, and further ones beside it.
    covariates
        By `gene_id`: `length`, for the test `logistic`.

    Returns
    -------
    DataFrame
        As `enrichment.enrich`.

    Raises
    ------
    InputFormatError
        If counts and results are of different regions, or the options are not those of the
        results.
    ResistEpiError
        As `analyse` and `enrich`.
    """
    fit = chosen = design = matrix = None
    if counts is not None:
        analysis = analyse(
            *counts,
            formula=formula,
            contrast=contrast,
            method=method,
            normalize=normalize,
            inputs=inputs,
            fdr=fdr,
        )
        check_same(results, analysis.results)
        fit, chosen, design = analysis.fit, analysis.contrast, analysis.design
        matrix = analysis.matrix
    return enrich(
        results,
        gene_sets,
        fit=fit,
        contrast=chosen,
        symbols=symbols,
        fdr=fdr,
        own_sets=own_sets,
        kinds=kinds,
        test=test,
        beside=beside,
        design=design,
        covariates=covariates,
        matrix=matrix,
    )
