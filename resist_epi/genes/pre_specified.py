"""Small sets named before the data were seen: two questions, and a claim only if both agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.arrays import IntArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.matched import draw_sets, nearest_pools
from resist_epi.io.header import Header
from resist_epi.schema import PRE_SPECIFIED, names
from resist_epi.stats.sets.set_tests import fry

N_RANDOM = 2000

LEVEL = 0.05


def pre_specified(
    level: GeneLevel, gene_set: GeneSet, *, n_random: int = N_RANDOM, seed: int = 1
) -> pd.DataFrame:
    """Test a small set that was named in advance, such as the endocrine targets of NSD2.

    Four genes cannot carry a competitive test, and a self-contained one calls nearly any set where
    much changes. So both are asked: do these genes change at all (fry), and do they change more
    than sets of the same size that are like them in signal, length and CpG island? A claim needs
    both at .05, in one direction, with and without the genes of the X chromosome, whose inactive
    copy is rich in H3K27me3.

    Parameters
    ----------
    level
        Of the mark, with its fit and contrast; genes are matched on `baseMean`, and on the
        covariates as far as known.
    n_random
        Random sets.
    seed
        Of the random sets, so that a second run says the same.

    Returns
    -------
    DataFrame
        Columns of `schema.PRE_SPECIFIED`: all genes, then those off the X chromosome where the set
        has any on it. `claim` is `yes` only if every row holds; a set without a tested gene has
        NaN and `no`.

    Raises
    ------
    DesignError
        If fewer than 1 random set is asked for, or the level has no fit.

    References
    ----------
    Wu et al. (2010) Bioinformatics 26:2176 (rotation tests); Goeman & Buehlmann (2007)
    Bioinformatics 23:980 (self-contained and competitive questions).
    """
    if n_random < 1:
        raise DesignError(f"{n_random} random sets; at least 1 is needed")
    members = level.members({gene_set.name: gene_set})[gene_set.name]
    table = variants_of(level, members, n_random=n_random, seed=seed)
    table.insert(0, "set", gene_set.name)
    both = (table["fry_pvalue"] <= LEVEL) & (table["random_pvalue"] <= LEVEL)
    holds = both.all() and table["direction"].nunique() == 1
    table["claim"] = "yes" if holds and (table["direction"] != "none").all() else "no"
    table.attrs["header"] = Header(
        {
            "asked": "do these genes change (fry), and more than random sets of their size matched"
            f" on {', '.join(map(str, level.traits))}? A claim needs P <= {LEVEL:g} for both, in"
            " one direction, and again without the genes of the X chromosome",
            "wording": "a claim is consistent with the mechanism that the set stands for",
        }
    )
    return table[names(PRE_SPECIFIED)]


def variants_of(
    level: GeneLevel, members: IntArray, *, n_random: int = N_RANDOM, seed: int = 1
) -> pd.DataFrame:
    """The rows of `pre_specified` for the genes at these positions, without set and claim."""
    members = members[np.isfinite(level.z[members])]
    on_x = level.on_x[members]
    variants = {"all genes": members}
    if on_x.any():
        variants["without chrX"] = members[~on_x]
    return pd.DataFrame(
        [
            {"variant": variant, **_one(level, index, n_random, np.random.default_rng(seed))}
            for variant, index in variants.items()
        ]
    )


def _one(
    level: GeneLevel, members: IntArray, n_random: int, rng: np.random.Generator
) -> dict[str, object]:
    change, z = level.change, level.z
    found: dict[str, object] = {
        "n_tested": len(members),
        "effect": np.nan,
        "fry_pvalue": np.nan,
        "random_pvalue": np.nan,
        "n_random": n_random,
        "direction": "none",
        "genes": ",".join(level.symbol[members]),
    }
    if not len(members):
        return found
    test = fry(level.effects, [members])
    found |= {"effect": float(change[members].mean()), "fry_pvalue": float(test.pvalue[0])}
    pools = nearest_pools(level.traits, members, np.isfinite(z))
    if min(len(pool) for pool in pools) < len(members):
        return found
    random = z[draw_sets(pools, n_random, rng)].mean(axis=1)
    centre = float(random.mean())
    beyond = np.abs(random - centre) >= abs(z[members].mean() - centre)
    more, up = z[members].mean() > centre, test.direction[0] > 0
    return found | {
        "random_pvalue": float((1 + beyond.sum()) / (n_random + 1)),
        "direction": ("gain" if up else "loss") if more == up else "none",
    }
