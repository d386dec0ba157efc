"""Gene sets: do the genes of a mechanism gain or lose the mark more than the others?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import BESIDE, GeneSet, current_symbols, match_sets
from resist_epi.genes.gene_values import gene_table, one_a_symbol
from resist_epi.genes.sensitivity import smallest_effects
from resist_epi.genes.set_carriers import CARRIED_RULE, why_not_carried
from resist_epi.genes.set_methods import DEFAULT_TEST, MIN_GENES, SetInputs, set_pvalues
from resist_epi.genes.small_sets import SMALL_RULE, small_set_pvalues, untested_reasons
from resist_epi.genes.symbols import SymbolTable
from resist_epi.io.header import Header
from resist_epi.model.analysis import Analysis
from resist_epi.samples.question import Question
from resist_epi.schema import GENE_SETS, GENE_SETS_MORE, names
from resist_epi.stats.multiple import benjamini_hochberg, directions, holm

logger = logging.getLogger(__name__)

# Sets that share so much of the smaller one's genes are one family.
SHARED = 0.5


@dataclass(frozen=True)
class SetOptions:
    """What is asked of the sets.

    Attributes
    ----------
    fdr
        Level at which `direction` says gain or loss, of genes and sets.
    own_sets
        Whether the sets are the user's own: then no match at all is an error.
    kinds
        Set -> `control`, `marker` or anything else; by default `given`.
    test
        Key of `set_methods.METHODS`, whose P the table is about.
    beside
        Further ones: a column `TEST_pvalue` each, unadjusted.
    """

    fdr: float = Question.fdr
    own_sets: bool = False
    kinds: Mapping[str, str] | None = None
    test: str = DEFAULT_TEST
    beside: Sequence[str] = ()


def enrich(results: pd.DataFrame, gene_sets: Mapping[str, GeneSet], **options: Any) -> pd.DataFrame:
    """Test every set against the other genes measured.

    One value a gene, so that genes of many or long regions count no more than others, and one
    gene a locus, so that a cluster that changes as one counts as one; the test allows for
    correlation between the genes of a set, estimated from the residuals of the fit where it has
    enough of them and preset otherwise. Sets of fewer than 5 tested loci are held by fry and
    against matched random sets where there is a fit (`small_sets.small_set_test`); of fewer than 8,
    two must be called themselves before the set has a direction (`set_carriers.is_carried`). A set
    without a P says why. Control and marker sets have a P, but neither padj nor a part in that of
    others.

    Source: Wu & Smyth 2012 (camera); the floor of the estimated correlation and the preset one
    keep its type I error at its level where genes are correlated by .05.

    Parameters
    ----------
    results
        The contract's result columns, a row a region.
    **options
        Fields of `gene_level.GeneLevel` (`fit` and `contrast`, without which the correlation is
        preset, `design`, `matrix`, `symbols`, `covariates`, `domains`, `mark`) and of `SetOptions`
        (`fdr`, `own_sets`, `kinds`, `test`, `beside`).

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
    TypeError
        An option of another name.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> results = pd.DataFrame({
    ...     "chrom": "chr1", "start": np.arange(60) * 20000, "end": np.arange(60) * 20000 + 900,
    ...     "strand": "+",
    ...     "gene_id": [f"g{i}" for i in range(60)], "symbol": [f"S{i}" for i in range(60)],
    ...     "baseMean": 1.0, "log2FoldChange": np.r_[np.full(6, 2.0), np.zeros(54)],
    ...     "stat": np.r_[np.full(6, 9.0), rng.normal(size=54)], "df": 10.0,
    ...     "direction": ["gain"] * 6 + ["none"] * 54,
    ... })
    >>> sets = {"UP": GeneSet("UP", "made here", tuple(f"S{i}" for i in range(6)))}
    >>> enrich(results, sets)[["set", "n_tested", "effect", "direction"]].values.tolist()
    [['UP', 6, 2.0, 'gain']]
    """
    asked = {f.name: options.pop(f.name) for f in fields(SetOptions) if f.name in options}
    return enrich_level(GeneLevel(results, **options), gene_sets, SetOptions(**asked))


def enrich_level(
    level: GeneLevel,
    gene_sets: Mapping[str, GeneSet],
    options: SetOptions,
    *,
    beyond: FloatArray | None = None,
) -> pd.DataFrame:
    """Test every set as `enrich` does, on genes that stand ready.

    Parameters
    ----------
    beyond
        (n_sets,) effect that a set must exceed, too, to be seen, log2; for `smallest_effect`.
    """
    members = level.members(gene_sets)
    if options.own_sets and not any(len(m) for m in members.values()):
        _complain_no_match(gene_sets, level.genes["symbol"])
    loci = {name: level.one_a_locus(index) for name, index in members.items()}
    inputs = SetInputs(level, loci, level.directions(options.fdr))
    main = set_pvalues(options.test, inputs)
    table = _described(gene_sets, members, inputs)
    table["pvalue"] = main.pvalue
    table["n_loci"] = [len(index) for index in loci.values()]
    table["kind"] = [(options.kinds or {}).get(name, "given") for name in members]
    _say_untested(table)
    small, small_sign, few_are_tested = small_set_pvalues(level, members, table)
    table["pvalue"] = table["pvalue"].fillna(pd.Series(small))
    sign = np.where(np.isfinite(small), small_sign, main.sign)
    own = table["pvalue"].mask(table["kind"].isin(BESIDE))
    table["untested"] = untested_reasons(level, gene_sets, table, few_are_tested=few_are_tested)
    table["smallest_effect"] = smallest_effects(
        level, loci, main, fdr=options.fdr, n_sets=int(own.notna().sum()), beyond=beyond
    )
    table["padj"] = benjamini_hochberg(own.to_numpy(np.float64))
    table["family"] = set_families(members)
    within = own.groupby(table["family"], sort=False).transform(lambda p: holm(p.to_numpy()))
    table["padj_family"] = within.astype(np.float64)
    named = directions(table["padj"], sign, fdr=options.fdr)
    reasons = why_not_carried(level, list(members.values()), list(named), options.fdr)
    table["direction"] = np.where([not why for why in reasons], named, "none")
    others = {name: set_pvalues(name, inputs) for name in dict.fromkeys(options.beside)}
    table = table[[*names(GENE_SETS), *names(GENE_SETS_MORE)]].assign(
        **{f"{name}_pvalue": found.pvalue for name, found in others.items()}
    )
    against = level.lfc_threshold
    said = {"threshold": f"sets are held against no change, not |log2FoldChange| <= {against:g}"}
    table.attrs["header"] = Header(
        {
            **(said if against else {}),
            "gene set test": options.test if main.tested else "none",
            "gene sets": f"{main.how}; {_small_in_words(small, few_are_tested)}{CARRIED_RULE};"
            " control and marker sets stand outside of the adjustment",
            "gene set fdr": f"{options.fdr:g} (genes and sets)",
            "gene set symbols": _matched(gene_sets, members),
            **{f"beside, {name}": found.how for name, found in others.items()},
        }
    )
    return table


def _small_in_words(small: FloatArray, few_are_tested: bool) -> str:
    if np.isfinite(small).any():
        return f"{SMALL_RULE}; "
    return "" if few_are_tested else f"sets of fewer than {MIN_GENES} tested loci have no P; "


def _matched(gene_sets: Mapping[str, GeneSet], members: Mapping[str, IntArray]) -> str:
    asked = len({gene for one in gene_sets.values() for gene in one.genes})
    found = len({i for index in members.values() for i in index.tolist()})
    with_genes = sum(len(index) > 0 for index in members.values())
    return (
        f"{found} of the {asked} symbols of the sets are genes tested here;"
        f" {with_genes} of {len(members)} sets have some"
    )


def set_families(members: Mapping[str, IntArray]) -> list[str]:
    """Name the family of each set: those that share half of the smaller one's genes with its head.

    From the largest set on, each joins the head that holds most of it, or else heads a family of
    its own. Sets are not joined in chains: of thousands, nearly all would be one family. Gives for
    each set the head of its family, of heads that are as near the largest.

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
            "%d of %d gene sets have no tested gene in this table",
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
    genes = gene_table(results)
    named = genes.iloc[one_a_symbol(genes)]
    found = match_sets({gene_set.name: gene_set}, named["symbol"].tolist(), symbols)[gene_set.name]
    kept = named.iloc[found]
    current = current_symbols(kept["symbol"].tolist(), symbols)
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


def _described(
    gene_sets: Mapping[str, GeneSet], members: Mapping[str, IntArray], inputs: SetInputs
) -> pd.DataFrame:
    """A row a set: how many genes it has, which of them are called, and by how much they change."""
    # Arrays, not tables: there may be thousands of sets.
    level, direction = inputs.level, inputs.direction
    change, measured = level.change, level.measured
    gained, lost = np.asarray(direction == "gain"), np.asarray(direction == "loss")
    rows = []
    for name, index in members.items():
        rest = measured.copy()
        rest[index] = False
        kept, known = inputs.members[name], len(index) and rest.any()
        called = index[direction[index] != "none"]
        rows.append(
            {
                "set": name,
                "source": gene_sets[name].source,
                "n_genes": len(gene_sets[name].genes),
                "n_tested": len(index),
                "n_gain": int(gained[index].sum()),
                "n_loss": int(lost[index].sum()),
                "effect": change[kept].mean() - change[rest].mean() if known else np.nan,
                "genes": ",".join(level.symbol[level.best_first(called)]),
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
    analysis: Analysis | None,
    **options: Any,
) -> pd.DataFrame:
    """As `enrich`, on results, with the correlation between genes of their analysis if given.

    Parameters
    ----------
    analysis
        What the results came from, row by row.
    options
        Of `enrich`.
    """
    if analysis is not None:
        options |= {
            "fit": analysis.fit,
            "contrast": analysis.contrast,
            "design": analysis.design,
            "matrix": analysis.matrix,
            "lfc_threshold": analysis.question.lfc_threshold,
        }
    return enrich(results, gene_sets, **options)
