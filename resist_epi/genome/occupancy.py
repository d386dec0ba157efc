"""Which of the consensus peaks two groups have, and which peaks sets of samples share.

All of it is descriptive: whether a peak is called depends on a library's depth and on its caller.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import DesignError
from resist_epi.genome.consensus import members_of
from resist_epi.stats.components import leading_components
from resist_epi.stats.multiple import benjamini_hochberg

DESCRIPTIVE = (
    "descriptive: a peak is there or not by each sample's own calling threshold and depth;"
    " the P values rank consensus peaks, they test no amount of the mark"
)

# A unit has a peak where this share of its libraries does, a group where this share of its units.
HALF = 0.5


def differential_occupancy(
    occupancy: pd.DataFrame,
    groups: Mapping[str, str],
    *,
    contrast: tuple[str, str],
) -> pd.DataFrame:
    """Where the samples of one group have a peak more often than those of the other. Descriptive.

    Fisher's exact test (two-sided, the tables no more likely than the observed one) of peak or no
    peak against group, per consensus peak, with Benjamini-Hochberg over all of them. It is a way
    to rank what peak files alone can show: presence follows each sample's depth and threshold,
    and with few samples no P can be small (3 against 3: at least .1).

    Parameters
    ----------
    occupancy
        (n regions, m samples) 0 and 1, indexed by `region_id`.
    groups
        Group of each sample; samples of other groups than the two are left out.
    contrast
        (A, B): positive differences mean more samples with a peak in A.

    Returns
    -------
    One row a region, in order: `region_id`, `n_A n_B` (int64 samples with a peak; A and B stand
    for the names), `fraction_A fraction_B fraction_difference` (float64),
    `descriptive_pvalue descriptive_padj` (float64).

    Raises
    ------
    DesignError
        If a sample has no group, or a group no sample.
    """
    members = members_of(list(occupancy.columns), groups, every=True)
    for group in contrast:
        if group not in members:
            raise DesignError(
                f"no sample of group {group!r}; the groups are {', '.join(map(repr, members))}"
            )
    first, second = contrast
    if first == second:
        raise DesignError(f"both sides of the contrast are {first!r}")
    sizes = [len(members[group]) for group in contrast]
    counts = [occupancy[members[g]].to_numpy().sum(axis=1, dtype=np.int64) for g in contrast]
    fractions = [k / n for k, n in zip(counts, sizes, strict=True)]
    pvalue = _fisher_exact(counts[0], counts[1], sizes[0], sizes[1])
    return pd.DataFrame(
        {
            "region_id": occupancy.index.to_numpy(),
            f"n_{first}": counts[0],
            f"n_{second}": counts[1],
            f"fraction_{first}": fractions[0],
            f"fraction_{second}": fractions[1],
            "fraction_difference": fractions[0] - fractions[1],
            "descriptive_pvalue": pvalue,
            "descriptive_padj": benjamini_hochberg(pvalue),
        }
    )


def group_counts(occupancy: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """How many samples of each group have a peak.

    Parameters
    ----------
    occupancy
        (n regions, m samples) 0 and 1.
    groups
        Group of each sample.

    Returns
    -------
    DataFrame
        `n_GROUP` (int64) of every group, in order of appearance, then `fraction_GROUP` (float64).

    Raises
    ------
    DesignError
        If a sample has no group.
    """
    members = members_of(list(occupancy.columns), groups, every=True)
    counts = {g: occupancy[own].sum(axis=1).to_numpy(np.int64) for g, own in members.items()}
    table = pd.DataFrame({f"n_{g}": n for g, n in counts.items()}, index=occupancy.index)
    return table.assign(**{f"fraction_{g}": n / len(members[g]) for g, n in counts.items()})


def smallest_fisher(n_first: int, n_second: int) -> float:
    """The smallest P that Fisher's exact test can have with groups of these sizes.

    Examples
    --------
    >>> round(smallest_fisher(3, 3), 3), round(smallest_fisher(4, 7), 5)
    (0.1, 0.00303)
    """
    every, none = np.array([n_first]), np.array([0])
    return float(_fisher_exact(every, none, n_first, n_second)[0])


def held_by_groups(occupancy: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Which groups have a peak: those of which at least half of the samples do.

    Half does not depend on how many a group has, as "in any sample" would.

    Parameters
    ----------
    occupancy
        (n regions, m samples) 0 and 1, indexed by `region_id`.
    groups
        Group of each sample.

    Returns
    -------
    DataFrame
        (n regions, k groups) int8 of 0 and 1, groups in order of appearance.

    Raises
    ------
    DesignError
        If a sample has no group.
    """
    members = members_of(list(occupancy.columns), groups, every=True)
    held = {g: (occupancy[own].mean(axis=1) >= HALF).astype(np.int8) for g, own in members.items()}
    return pd.DataFrame(held, index=occupancy.index)


def set_overlaps(held: pd.DataFrame) -> pd.DataFrame:
    """How many peaks each combination of sets has and no other set: the data of UpSet and Venn.

    Parameters
    ----------
    held
        (n regions, k sets) 0 and 1.

    Returns
    -------
    DataFrame
        One row a combination that occurs, the largest first: a column of 0 and 1 (int64) a set,
        in order, then `n_sets` and `n_peaks` (int64). Peaks of no set are left out, and
        each other peak counts in one row.

    Raises
    ------
    DesignError
        If a set is called like one of the two columns.

    References
    ----------
    Lex et al. (2014) IEEE Transactions on Visualization and Computer Graphics 20:1983.

    Examples
    --------
    >>> set_overlaps(pd.DataFrame({"a": [1, 1, 0], "b": [1, 1, 1]})).to_numpy().tolist()
    [[1, 1, 2, 2], [0, 1, 1, 1]]
    """
    sets = list(held.columns)
    if taken := {"n_sets", "n_peaks"} & set(sets):
        raise DesignError(
            f"a sample or group is called {sorted(taken)[0]!r}, the name of a column of this table;"
            " give it another name in the sheet"
        )
    patterns, counts = np.unique(held.to_numpy(np.int64), axis=0, return_counts=True)
    table = pd.DataFrame(patterns.reshape(len(counts), len(sets)), columns=sets)
    table = table.assign(n_sets=table.sum(axis=1).astype(np.int64), n_peaks=counts)
    # Of equal ones the smaller combination, and the set that comes first.
    order = np.lexsort(
        [*(-table[s].to_numpy() for s in sets[::-1]), table["n_sets"].to_numpy(), -counts]
    )
    table = table.iloc[order]
    return table[table["n_sets"] > 0].reset_index(drop=True)


def occupancy_components(occupancy: pd.DataFrame, *, n_components: int = 4) -> pd.DataFrame:
    """Principal components of the samples, over the peaks that some have and some have not.

    Parameters
    ----------
    occupancy
        (n regions, m samples) 0 and 1; centred by region, not scaled.
    n_components
        At most one less than there are samples.

    Returns
    -------
    DataFrame
        As `counting.quality.principal_components`: `sample PC1 PC2 …`, and `attrs["explained"]`.
    """
    values = occupancy.to_numpy(np.float64)
    scores, shares = leading_components(
        values - values.mean(axis=1, keepdims=True), n_components=n_components
    )
    table = pd.DataFrame({"sample": list(map(str, occupancy.columns))})
    for k, score in enumerate(scores):
        table[f"PC{k + 1}"] = score
    table.attrs["explained"] = shares
    return table


def _fisher_exact(
    k1: NDArray[np.int64], k2: NDArray[np.int64], n1: int, n2: int
) -> NDArray[np.float64]:
    """Two-sided P of tables [[k1, n1 - k1], [k2, n2 - k2]], one distribution a margin k1 + k2."""
    from scipy.stats import hypergeom

    pvalue = np.ones(len(k1))
    margins, which = np.unique(k1 + k2, return_inverse=True)
    for i, margin in enumerate(margins):
        support = np.arange(max(0, margin - n2), min(n1, margin) + 1)
        probability = hypergeom.pmf(support, n1 + n2, margin, n1)
        # The tolerance of R's fisher.test: equal probabilities differ in the last digits.
        as_rare = probability[None, :] <= probability[:, None] * (1 + 1e-7)
        two_sided = np.minimum((as_rare * probability).sum(axis=1), 1.0)
        rows = which == i
        pvalue[rows] = two_sided[k1[rows] - support[0]]
    return pvalue
