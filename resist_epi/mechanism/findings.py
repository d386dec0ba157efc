"""Mechanisms that share the genes that carry them: one finding with several names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genes.enrichment import set_families
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.set_methods import MIN_GENES, SetInputs, set_pvalues
from resist_epi.genes.small_sets import small_set_test


@dataclass(frozen=True)
class Findings:
    """Of each set that is called in a layer; the others have empty texts and NaN.

    Attributes
    ----------
    head
        (n_sets,) the set of smallest P among those that share its carriers, or itself.
    shared
        (n_sets,) its carriers that carry other sets too, comma between.
    pvalue_unshared
        (n_sets,) P without the carriers of the head; NaN for a head, or where nothing is left.
    """

    head: Sequence[str]
    shared: Sequence[str]
    pvalue_unshared: FloatArray


def group_findings(
    carriers: Mapping[str, Sequence[str]], pvalues: Mapping[str, float]
) -> dict[str, str]:
    """Set -> the set of smallest P of its finding.

    Sets that share at least half of the smaller one's carriers with the one of most carriers are
    one finding (`enrichment.set_families`).

    Parameters
    ----------
    carriers
        Called set -> symbols of the members that carry it.
    pvalues
        Set -> P.

    Examples
    --------
    >>> carriers = {"PPP": ["G6PD", "PGD"], "NADPH": ["G6PD", "PGD", "ME1"], "RTK": ["EGFR"]}
    >>> group_findings(carriers, {"PPP": 1e-4, "NADPH": 1e-3, "RTK": 0.01})
    {'PPP': 'PPP', 'NADPH': 'PPP', 'RTK': 'RTK'}
    """
    genes = {g: i for i, g in enumerate(dict.fromkeys(g for own in carriers.values() for g in own))}
    index = {
        name: np.array(sorted(genes[g] for g in own), dtype=np.int64)
        for name, own in carriers.items()
    }
    families = dict(zip(index, set_families(index), strict=True)) if index else {}
    strongest: dict[str, str] = {}
    for name in sorted(families, key=lambda s: (pvalues[s], s)):
        strongest.setdefault(families[name], name)
    return {name: strongest[family] for name, family in families.items()}


def find_findings(
    level: GeneLevel,
    members: Mapping[str, IntArray],
    table: pd.DataFrame,
    *,
    test: str,
    fdr: float,
    seed: int = 1,
) -> Findings:
    """Group the called sets of a layer by their carriers, and test each without its head's.

    Parameters
    ----------
    members
        Set -> positions of its measured genes, in the order of `table`.
    table
        A row a set: `set pvalue direction carriers own` (symbols of the called members, and
        whether it is a hypothesis, not a control).
    test, fdr, seed
        As of `mechanisms.MechanismOptions`.
    """
    called = table[table["own"] & table["direction"].ne("none")]
    names = called["set"].astype(str).tolist()
    carriers: dict[str, list[str]] = dict(zip(names, called["carriers"].tolist(), strict=True))
    heads = group_findings(carriers, dict(zip(names, called["pvalue"].tolist(), strict=True)))
    times = Counter(g for own in carriers.values() for g in own)
    shared, p = [], np.full(len(table), np.nan)
    for i, name in enumerate(map(str, table["set"])):
        own = carriers.get(name, [])
        shared.append(",".join(g for g in own if times[g] > 1))
        head = heads.get(name, "")
        if head and head != name:
            index = members[name]
            taken = set(carriers[head])
            left = index[[symbol not in taken for symbol in level.symbol[index]]]
            p[i] = _tested_again(level, name, left, test=test, fdr=fdr, seed=seed)
    return Findings([heads.get(str(s), "") for s in table["set"]], shared, p)


def _tested_again(
    level: GeneLevel, name: str, index: IntArray, *, test: str, fdr: float, seed: int
) -> float:
    loci = level.one_a_locus(index)
    if len(loci) >= MIN_GENES:
        inputs = SetInputs(level, {name: loci}, level.directions(fdr))
        return float(set_pvalues(test, inputs).pvalue[0])
    if not len(loci) or not level.has_effects:
        return np.nan
    return small_set_test(level, index, seed=seed)[0]
