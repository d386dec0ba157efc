"""What one mark or assay shows of every set: its test, its direction, the genes that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.genes.enrichment import SetOptions, enrich_level
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import BESIDE, GeneSet
from resist_epi.genes.set_carriers import why_not_carried
from resist_epi.genes.set_methods import DEFAULT_TEST
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.caveats import set_warnings
from resist_epi.mechanism.findings import find_findings
from resist_epi.mechanism.matched_sets import matched_sets, relabelled_pvalues
from resist_epi.model.fit import Fit
from resist_epi.samples.design import Contrast, Design
from resist_epi.stats.multiple import benjamini_hochberg

N_RANDOM = 1000

MOST_GENES = 15  # carriers listed

NOMINAL = 0.05  # P of those that are listed where none is called

# Of the called members of a set, the share of one sign from which they go one way.
ONE_WAY = 0.9

RELABELLED = 0.05  # largest P under relabelling at which more members move than by their noise


@dataclass(frozen=True)
class Layer:
    """One measurement of the genes.

    Attributes
    ----------
    name
        The mark, or the assay.
    results
        The contract's result columns, a row a region.
    fit, contrast
        What they came from, row by row; None where nobody knows (then camera's correlation is
        preset).
    lfc_threshold
        Null hypothesis of the tests of `results` (`gene_level.GeneLevel`).
    domains
        The mark's domains, whose genes are one locus, as for gene sets (`gene_level.GeneLevel`).
    design, matrix
        Of the fit; with them labels are exchanged where more members are called than in matched
        sets.
    """

    name: str
    results: pd.DataFrame
    fit: Fit | None = None
    contrast: Contrast | None = None
    lfc_threshold: float = 0.0
    domains: pd.DataFrame | None = None
    design: Design | None = None
    matrix: CountMatrix | None = None


@dataclass(frozen=True)
class MechanismOptions:
    """What the mechanisms are held against, and how.

    Attributes
    ----------
    kinds
        Set -> kind.
    switches
        As `switches.mark_switches` gives them.
    covariates
        By `gene_id`: `length`, `cpg_island` (`covariates.gene_covariates`).
    symbols
        Previous and alias symbols.
    fdr
        Level of a direction.
    test
        Key of `set_methods.METHODS`.
    n_random, seed
        Of the matched random sets.
    """

    kinds: Mapping[str, str] | None = None
    switches: pd.DataFrame | None = None
    covariates: pd.DataFrame | None = None
    symbols: SymbolTable | None = None
    fdr: float = 0.05
    test: str = DEFAULT_TEST
    n_random: int = N_RANDOM
    seed: int = 1


def layer_table(layer: Layer, sets: Mapping[str, GeneSet], asked: MechanismOptions) -> pd.DataFrame:
    """What a layer says of each set, a row a set.

    The columns of `enrichment.enrich`, then `layer matched_low matched_high n_called
    n_called_matched mixed_pvalue mixed_padj relabelled_pvalue called_needed finding shared_genes
    pvalue_unshared warnings`; `genes` are those that carry the direction, `finding` the name of a
    set.
    """
    level = GeneLevel(
        layer.results,
        layer.fit,
        layer.contrast,
        design=layer.design,
        matrix=layer.matrix,
        symbols=asked.symbols,
        covariates=asked.covariates,
        domains=layer.domains,
        lfc_threshold=layer.lfc_threshold,
        mark=layer.name,
    )
    members = level.members(sets)
    drawn = matched_sets(level, members, fdr=asked.fdr, n_random=asked.n_random, seed=asked.seed)
    table = enrich_level(
        level,
        sets,
        SetOptions(asked.fdr, kinds=asked.kinds, test=asked.test),
        beyond=np.fmax(np.abs(drawn.low), np.abs(drawn.high)),
    )
    own = ~table["kind"].isin(BESIDE)
    table = table.assign(
        layer=layer.name,
        own=own,
        matched_low=drawn.low,
        matched_high=drawn.high,
        n_called=drawn.n_called,
        n_called_matched=drawn.n_called_matched,
        mixed_pvalue=drawn.pvalue,
        mixed_padj=benjamini_hochberg(np.where(own, drawn.pvalue, np.nan)),
        called_needed=drawn.needed(asked.fdr / max(int(own.sum()), 1)),
    )
    livelier = table["mixed_padj"].le(asked.fdr)
    loci = {str(s): level.one_a_locus(members[str(s)]) for s in table.loc[livelier, "set"]}
    table["relabelled_pvalue"] = table["set"].map(relabelled_pvalues(level, loci)).astype(float)
    seen, signs = _directions(table, asked.fdr)
    own_members = [members[str(s)] for s in table["set"]]
    table["uncarried"] = why_not_carried(level, own_members, seen, asked.fdr)
    backed = table["uncarried"].eq("")
    table["direction"], table["carried_by"] = np.where(backed, seen, "none"), signs * backed
    everyone = level.members(sets, untested=True)
    carriers = [
        _carriers(level, everyone[name], sign, asked.fdr)
        for name, sign in zip(table["set"], table["carried_by"], strict=True)
    ]
    table["carriers"] = [own for own, _ in carriers]
    table["genes"] = [_listed(called, nominal) for called, nominal in carriers]
    # What is called for its called members has the P of their number.
    by_number = table["direction"].ne("none") & ~_by_mean(table, asked.fdr)
    ranked = table.assign(pvalue=table["pvalue"].mask(by_number, table["mixed_pvalue"]))
    found = find_findings(level, members, ranked, test=asked.test, fdr=asked.fdr, seed=asked.seed)
    table = table.assign(
        finding=found.head, shared_genes=found.shared, pvalue_unshared=found.pvalue_unshared
    )
    table["warnings"] = set_warnings(layer.name, level, everyone, table)
    return table.drop(columns=["own", "carried_by", "uncarried", "carriers"])


def _by_mean(table: pd.DataFrame, fdr: float) -> pd.Series:
    """Whether the mean moves: padj at the level, and an effect beyond those of matched sets."""
    effect, low, high = table["effect"], table["matched_low"], table["matched_high"]
    return table["padj"].le(fdr) & (low.isna() | effect.lt(low) | effect.gt(high))


def _directions(table: pd.DataFrame, fdr: float) -> tuple[list[str], IntArray]:
    """Direction of each set, and the sign of the genes that carry it (0: either).

    By the mean; else, where more members are called than in matched sets and their labels do not
    explain it, the way that nine in ten of them go, or `mixed`. A set without a direction has the
    genes of either sign, all that are called.
    """
    way = np.where(table["effect"].gt(0), 1, -1)
    called = table["n_gain"] + table["n_loss"]
    of_way = table["n_gain"].where(way > 0, table["n_loss"])
    by_mean = _by_mean(table, fdr)
    more = table["mixed_padj"].le(fdr) & ~table["relabelled_pvalue"].gt(RELABELLED) & called.gt(0)
    one_way = by_mean | (more & of_way.ge(ONE_WAY * called))
    signs = np.where(one_way, way, 0)
    names = {1: "gain", -1: "loss", 0: "mixed"}
    named = [names[int(sign)] for sign in signs]
    return np.where(by_mean | more, named, "none").tolist(), signs


def _carriers(
    level: GeneLevel, index: IntArray, sign: int, fdr: float
) -> tuple[list[str], list[str]]:
    """Members of a sign (0: either), the best supported first: called, and of nominal P."""
    if sign:
        index = index[np.sign(level.change[index]) == sign]
    best = level.best_first(index)
    padj, p = (level.genes[c].to_numpy(np.float64)[best] for c in ("padj", "pvalue"))
    called, nominal = (level.symbol[best[own]].tolist() for own in (padj <= fdr, p <= NOMINAL))
    return called, nominal[:5]


def _listed(called: list[str], nominal: list[str]) -> str:
    """Members called; else the best of nominal P below 0.05, in brackets."""
    if called:
        return ",".join(called[:MOST_GENES])
    return f"({','.join(nominal)})" if nominal else ""
