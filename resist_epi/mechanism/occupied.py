"""Mechanisms of resistance by the peaks of their genes: counts, and no test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from resist_epi.genes.gene_sets import GeneSet
from resist_epi.mechanism.expectations import Mechanism

# Genes of which the share of units with a peak differs by this much are counted.
CLEAR_DIFFERENCE = 0.5

COUNTED = (
    "counts, and no test: genes of a mechanism that have a peak of their own; a group has one where"
    " at least half of its units do; a gene is more often in a group (more_in) where the share of"
    f" units that have it is higher there by {100 * CLEAR_DIFFERENCE:.0f} points or more; what was"
    " stated beforehand of the mark's amount in resistant against responsive tumours (expected)"
    " cannot be tested by peaks"
)


def mechanisms_of_genes(
    mechanisms: Sequence[Mechanism], gene_sets: Mapping[str, GeneSet]
) -> dict[str, str]:
    """Symbol -> titles of the mechanisms that it belongs to, with `; ` between."""
    found: dict[str, list[str]] = {}
    for mechanism in mechanisms:
        own = gene_sets.get(mechanism.gene_set)
        for gene in () if own is None else own.genes:
            found.setdefault(str(gene), []).append(mechanism.title)
    return {gene: "; ".join(titles) for gene, titles in found.items()}


def occupied_mechanisms(
    mechanisms: Sequence[Mechanism],
    gene_sets: Mapping[str, GeneSet],
    genes: pd.DataFrame,
    *,
    known: Sequence[str],
    groups: Sequence[str],
    mark: str,
) -> pd.DataFrame:
    """How many genes of each mechanism have peaks, in all and in each group.

    Parameters
    ----------
    genes
        One row a gene with peaks: `symbol`, and `fraction_GROUP` of each group; where two are
        compared `fraction_difference`, the first group's less the second's.
    known
        Symbols of every gene that could have a peak.
    groups
        Those to be counted; where there is a difference, its first is its first side.
    mark
        Whose expected sign stands beside.

    Returns
    -------
    DataFrame
        One row a mechanism of which any gene is known: `mechanism set expected`, `n_genes` (of the
        set, known), `n_with_peak`, and `share_of_set` beside `share_of_genes`, that of all known
        genes (float64); `n_GROUP`; of two groups `more_in_GROUP` and `genes_more_in_GROUP`, the
        largest difference first.
    """
    everything = list(dict.fromkeys(known))
    own = genes.drop_duplicates("symbol").set_index("symbol")
    own = own.loc[own.index.intersection(everything)]
    sides = list(groups[:2]) if "fraction_difference" in own and len(groups) > 1 else []
    rows = []
    for mechanism in mechanisms:
        members = gene_sets.get(mechanism.gene_set)
        named = () if members is None else set(map(str, members.genes))
        n_known = sum(gene in named for gene in everything)
        if not n_known:
            continue
        there = own[own.index.isin(list(named))]
        row: dict[str, object] = {
            "mechanism": mechanism.title,
            "set": mechanism.gene_set,
            "expected": mechanism.expects(mark).words,
            "n_genes": n_known,
            "n_with_peak": len(there),
            "share_of_set": len(there) / n_known,
            "share_of_genes": len(own) / len(everything),
        }
        row |= {f"n_{g}": int((there[f"fraction_{g}"] >= 0.5).sum()) for g in groups}
        for side, sign in zip(sides, (1, -1), strict=False):
            change = sign * there["fraction_difference"]
            more = change[change >= CLEAR_DIFFERENCE].sort_values(ascending=False, kind="stable")
            row[f"more_in_{side}"] = len(more)
            row[f"genes_more_in_{side}"] = ",".join(map(str, more.index))
        rows.append(row)
    first = ["mechanism", "set", "expected", "n_genes", "n_with_peak", "share_of_set"]
    columns = [*first, "share_of_genes", *(f"n_{g}" for g in groups)]
    columns += [f"{what}_{side}" for side in sides for what in ("more_in", "genes_more_in")]
    return pd.DataFrame(rows, columns=columns)
