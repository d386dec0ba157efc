"""Sets of few loci: their own test, which every table of sets takes, and why a set has none."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.pre_specified import variants_of
from resist_epi.genes.set_methods import MIN_GENES
from resist_epi.samples.presets import find_preset

# More small sets than this were not named in advance, and are left without a P.
MOST_SMALL = 100

FEWEST_LOCI = 2

SMALL_RULE = (
    f"sets of fewer than {MIN_GENES} tested loci by fry and by rank among matched random sets (the"
    " larger P, also without chrX)"
)

# What a gene's region is called.
_REGIONS = {"promoters": "promoter", "genes": "gene body", "peaks": "site"}


def small_set_test(level: GeneLevel, members: IntArray, *, seed: int = 1) -> tuple[float, float]:
    """P and sign of a set of few genes, as both questions of `pre_specified` answer it.

    One gene a locus. The larger P of fry and of the rank among matched random sets over all
    variants (all genes, those off the X chromosome); 1 where they point in two directions, NaN
    where either is missing, or there are fewer than 2 loci: neighbours that change together are no
    set.

    Parameters
    ----------
    level
        With a fit and a contrast of coefficients.
    members
        Positions of the set's genes.
    seed
        Of the random sets.
    """
    loci = level.one_a_locus(members)
    if len(loci) < FEWEST_LOCI:
        return np.nan, np.nan
    table = variants_of(level, loci, seed=seed)
    both = table[["fry_pvalue", "random_pvalue"]].to_numpy(np.float64)
    if not both.size or not np.isfinite(both).all():
        return np.nan, np.nan
    agree = table["direction"].nunique() == 1 and (table["direction"] != "none").all()
    sign = float(np.sign(table["effect"].iloc[0]))
    return (float(both.max()) if agree else 1.0), sign


def small_set_pvalues(
    level: GeneLevel, members: Mapping[str, IntArray], table: pd.DataFrame, *, seed: int = 1
) -> tuple[FloatArray, FloatArray, bool]:
    """P and sign of the sets that `table` has no P of since they are small; NaN for all others.

    Parameters
    ----------
    members
        Set -> positions of its genes, in the order of `table`.
    table
        A row a set: `pvalue n_tested n_loci`.
    seed
        Of the random sets.

    Returns
    -------
    pvalue, sign
        (n_sets,).
    tested
        False where there are so many small sets that they were not named in advance.
    """
    p, sign = np.full((2, len(table)), np.nan)
    small = np.flatnonzero(
        table["pvalue"].isna() & table["n_loci"].ge(FEWEST_LOCI) & table["n_loci"].lt(MIN_GENES)
    )
    if not level.has_effects or not len(small):
        return p, sign, True
    if len(small) > MOST_SMALL:
        return p, sign, False
    names = list(members)
    for i in small:
        try:
            p[i], sign[i] = small_set_test(level, members[names[i]], seed=seed)
        except DesignError:  # a design without residual df has no fry
            break
    return p, sign, True


def untested_reasons(
    level: GeneLevel, gene_sets: Mapping[str, GeneSet], table: pd.DataFrame, *, few_are_tested: bool
) -> list[str]:
    """Why each set has no P; empty where it has one.

    Parameters
    ----------
    gene_sets
        In the order of `table`.
    table
        A row a set: `pvalue n_genes n_tested n_loci`.
    few_are_tested
        As `small_set_pvalues` gives it.
    """
    present = level.members(gene_sets, present=True)
    reasons = []
    for (name, index), row in zip(present.items(), table.to_dict("records"), strict=True):
        reason = ""
        if np.isnan(row["pvalue"]):
            reason = _reason(level, len(gene_sets[name]), len(index), row, few_are_tested)
        reasons.append(reason)
    return reasons


def _reason(
    level: GeneLevel, n: int, present: int, row: Mapping[object, object], few_are_tested: bool
) -> str:
    tested, loci = int(str(row["n_tested"])), int(str(row["n_loci"]))
    enough = int(np.isfinite(level.z).sum()) >= 2 * MIN_GENES
    said = (
        (not present, _absent(level.mark, n)),
        (not tested, _without_signal(level.mark, present)),
        (not enough, "too few genes have a test of their own"),
        (loci >= MIN_GENES, "this test has no answer for it"),
        (
            not few_are_tested,
            f"{loci} tested loci are too few, and more than {MOST_SMALL} sets are as small",
        ),
        (loci < FEWEST_LOCI, "one locus is no set: see its genes one by one"),
        (
            not level.has_effects,
            f"{loci} tested loci are too few without the fit behind the results",
        ),
        (True, f"{loci} tested loci, and too few other genes to draw random sets from"),
    )
    return next(reason for holds, reason in said if holds)


def _absent(mark: str, n: int) -> str:
    known = find_preset(mark)
    one = "value" if mark and known is None else _region(mark)
    return f"none of its {n} genes has a {one} here"


def _without_signal(mark: str, present: int) -> str:
    """Such as "these 4 promoters carry no H3K27me3, or too little to be tested"."""
    region = _region(mark)
    what = mark if find_preset(mark) is not None else "signal"
    if present == 1:
        return f"this {region} carries no {what}, or too little to be tested"
    many = f"{region.removesuffix('y')}ies" if region.endswith("y") else f"{region}s"
    return f"these {present} {many} carry no {what}, or too little to be tested"


def _region(mark: str) -> str:
    known = find_preset(mark)
    return "region" if known is None else _REGIONS.get(known.main_kind, "region")
