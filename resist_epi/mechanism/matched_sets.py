"""Random sets like each mechanism's: how far their effects reach, how many genes are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.matched import draw_sets, nearest_pools
from resist_epi.genes.set_methods import MIN_GENES
from resist_epi.model.relabelling import fit_to_relabel, relabel

FEWEST_CALLED = 2  # one member that is called makes no set mixed


@dataclass(frozen=True)
class MatchedSets:
    """What sets of measured genes show that are like each set; arrays of (n_sets,), NaN unknown.

    Attributes
    ----------
    low, high
        2.5 and 97.5 % of their effects.
    n_called
        Loci of the set itself that are called, in either direction.
    n_called_matched
        Mean of the same in the random sets.
    pvalue
        Share of the random sets with at least as many called, the set itself among them; NaN for
        sets of fewer than 5 loci.
    drawn_called
        Set -> sorted numbers called in its random sets.
    """

    low: FloatArray
    high: FloatArray
    n_called: FloatArray
    n_called_matched: FloatArray
    pvalue: FloatArray
    drawn_called: Mapping[str, IntArray]

    def needed(self, level: float) -> FloatArray:
        """(n_sets,) loci called from which `pvalue` is at most `level`; NaN if none would do."""
        found = np.full(len(self.pvalue), np.nan)
        for i, drawn in enumerate(self.drawn_called.values()):
            if not len(drawn) or np.isnan(self.pvalue[i]):
                continue
            # As many random sets may have so many that (1 + these) / (1 + n) stays at the level.
            spare = int(np.floor(level * (len(drawn) + 1))) - 1
            if spare >= 0:
                found[i] = max(float(drawn[len(drawn) - 1 - spare]) + 1, FEWEST_CALLED)
        return found


def matched_sets(
    level: GeneLevel, members: Mapping[str, IntArray], *, fdr: float, n_random: int, seed: int
) -> MatchedSets:
    """Draw sets of measured genes matched to each set on signal, length and CpG island.

    Effects are as the set's own: of measured genes, one a locus, less the mean of all others.
    Genes without a test would say how far noise reaches, of more genes than the effect rests on.

    Parameters
    ----------
    members
        Set -> positions of its measured genes.
    fdr
        Level at which a gene is called.
    n_random, seed
        Of the random sets.
    """
    change, eligible = level.change, level.measured
    called = (level.directions(fdr) != "none").astype(np.int64)
    total, n = float(change[eligible].sum()), int(eligible.sum())
    low, high, own, mean, p = np.full((5, len(members)), np.nan)
    drawn_called: dict[str, IntArray] = {}
    for i, (name, all_members) in enumerate(members.items()):
        index = level.one_a_locus(all_members)
        own[i] = called[index].sum() if len(index) else np.nan
        drawn_called[name] = np.zeros(0, dtype=np.int64)
        size = _pool_size(len(index), n - len(index))
        if not size:
            continue
        pools = nearest_pools(level.traits, index, eligible, size=size)
        drawn = draw_sets(pools, n_random, np.random.default_rng(seed))
        sums = change[drawn].sum(axis=1)
        effects = sums / len(index) - (total - sums) / (n - len(index))
        low[i], high[i] = np.quantile(effects, [0.025, 0.975])
        counts = np.sort(called[drawn].sum(axis=1))
        drawn_called[name], mean[i] = counts, counts.mean()
        if len(index) >= MIN_GENES:
            beyond = int((counts >= own[i]).sum()) if own[i] >= FEWEST_CALLED else n_random
            p[i] = (1 + beyond) / (n_random + 1)
    return MatchedSets(low, high, own, mean, p, drawn_called)


def _pool_size(members: int, others: int) -> int:
    """Genes from which each member's counterpart is drawn; 0 where there are too few of them.

    Four times the members where there are so many: a random set has no gene twice.
    """
    least = max(100, 2 * members)
    return min(max(100, 4 * members), others) if members and others >= least else 0


def relabelled_pvalues(level: GeneLevel, members: Mapping[str, IntArray]) -> dict[str, float]:
    """Set -> P that more of its members move than under exchanged labels; empty if not possible.

    Members move where their own P is at most .05, in either direction; their share less that of
    all genes is held against the same under relabellings of the units, which keep the correlation
    between genes. Random sets of genes know nothing of it.

    Parameters
    ----------
    level
        With the fit's design, and its matrix where the fit cannot be relabelled itself.
    members
        Set -> positions of its genes, one a locus.
    """
    if level.design is None or not level.has_effects or not members:
        return {}
    fit, contrast = level.fit, level.contrast
    if fit is None or contrast is None:
        return {}
    try:
        own, _ = fit_to_relabel(fit, level.design, level.matrix)
        rows = {name: level.rows[index].tolist() for name, index in members.items()}
        found = relabel(own, level.design, contrast, sets=rows, counted=False)
    except DesignError:  # such as a paired design with a slope: nothing to exchange
        return {}
    return {str(name): float(p) for name, p in found.sets["active_pvalue"].items()}
