"""False discoveries counted by locus: neighbours that change together count once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import NO_WEIGHT
from resist_epi.samples.design import Contrast
from resist_epi.samples.question import Question
from resist_epi.stats.linear.least_squares import whitened_effects
from resist_epi.stats.multiple import benjamini_hochberg, simes
from resist_epi.stats.neighbours import neighbour_groups


def with_loci(results: pd.DataFrame, fitted: Fit, contrast: Contrast) -> pd.DataFrame:
    """Results with `locus_id` and `locus_padj`.

    A locus is a run of neighbouring tested regions that go together across the units, after all of
    the design but the contrast; `locus_id` is its extent, `chrom:start-end`. Regions of no locus,
    since they were not tested, have an empty one and NaN.

    Parameters
    ----------
    results
        The contract's result columns, a row a region of the fit, in any order of places.

    Notes
    -----
    The contrast stays in the data on which loci rest, so that what changes together is one locus
    even where its noise is independent. No P and no variance has a say, and two null regions are
    joined as often as their patterns agree by chance: given that they are, the P of each is uniform
    as before, and P of the pair go up and down together, where Simes' P holds. A null region that
    is joined to a changed one belongs to a locus that is no false one.

    References
    ----------
    Benjamini & Heller (2007) J. Am. Stat. Assoc. 102:1272 (what a false cluster is); Simes (1986)
    Biometrika 73:751; Lun & Smyth (2014) Nucleic Acids Research 42:e95.
    """
    names = np.full(len(results), "", dtype=object)
    tested = np.flatnonzero(results["pvalue"].notna().to_numpy())
    if len(tested):
        chrom, places = pd.factorize(results["chrom"])[0], results.iloc[tested]
        order = np.lexsort((places["end"], places["start"], chrom[tested]))
        rows = tested[order]
        groups = neighbour_groups(_patterns(fitted, contrast, rows), chrom[rows])
        names[rows] = _named(results.iloc[rows], groups)
    return locus_adjusted(results.assign(locus_id=names))


def locus_adjusted(results: pd.DataFrame) -> pd.DataFrame:
    """Results with `locus_padj`: Benjamini and Hochberg's over loci of Simes' P of their regions.

    Parameters
    ----------
    results
        With `locus_id` and `pvalue`.
    """
    tested = results["pvalue"].notna().to_numpy() & (results["locus_id"] != "").to_numpy()
    adjusted = np.full(len(results), np.nan)
    if tested.any():
        locus = pd.factorize(results.loc[tested, "locus_id"])[0]
        p = results.loc[tested, "pvalue"].to_numpy(np.float64)
        adjusted[tested] = benjamini_hochberg(simes(p, locus))[locus]
    return results.assign(locus_padj=adjusted)


def loci_facts(results: pd.DataFrame, *, fdr: float = Question.fdr) -> dict[str, Any]:
    """How many loci were tested and are called, and how many regions."""
    # Of domains a locus may hold some, or none but such, that no window tests: they have no P.
    own = (results["locus_id"] != "") & results["locus_padj"].notna()
    loci = results.loc[own, ["locus_id", "locus_padj"]].drop_duplicates("locus_id")
    return {
        "n": len(loci),
        "called": int((loci["locus_padj"] <= fdr).sum()),
        "tested_regions": int(results["pvalue"].notna().sum()),
        "called_regions": int((results["padj"] <= fdr).sum()),
    }


def loci_in_words(facts: dict[str, Any]) -> str:
    """How many loci are called and what they are, for the header and the report."""
    called, regions = facts["called"], facts["called_regions"]
    return (
        f"{called:,} of {facts['n']:,} loci called (locus_padj), and {regions:,} of"
        f" {facts['tested_regions']:,} regions (padj); a locus is a run of neighbouring tested"
        " regions that go together across the units after all of the design but the contrast, more"
        " than regions far apart do; its P is Simes' over its regions"
    )


def _patterns(fitted: Fit, contrast: Contrast, rows: IntArray) -> FloatArray:
    """(n_rows, d) coordinates of regions across the units: the contrast's and the residual ones.

    Units have their weights; values that the fit left out count as fitted. Where a test has a
    question of its own, that is in what the design leaves.
    """
    linear = fitted.linear
    response = linear.response[rows]
    if linear.weights is not None and linear.weights.ndim == 2 and fitted.method == "trend":
        odd = linear.weights[rows] <= NO_WEIGHT * linear.weights[rows].max(axis=1, keepdims=True)
        response = np.where(odd, linear.fitted(rows), response)
    shared = replace(linear, response=response, weights=fitted.weights)
    vector = contrast.vector
    if vector.any():
        return whitened_effects(shared, vector)
    return whitened_effects(shared, np.eye(len(vector))[0])[:, 1:]


def _named(places: pd.DataFrame, groups: IntArray) -> NDArray[np.object_]:
    """`chrom:start-end` of each row's group, numbered where two have the same extent.

    Parameters
    ----------
    groups
        (n_rows,) in runs, from 0.
    """
    first = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    chroms = places["chrom"].to_numpy(object)[first]
    starts = places["start"].to_numpy(np.int64)[first]  # rows are in order of their starts
    ends = np.maximum.reduceat(places["end"].to_numpy(np.int64), first)
    names = np.empty(len(first), dtype=object)
    seen: dict[str, int] = {}
    extents = zip(chroms, starts.tolist(), ends.tolist(), strict=True)
    for i, (chrom, start, end) in enumerate(extents):
        name = f"{chrom}:{start}-{end}"
        seen[name] = again = seen.get(name, 0) + 1
        names[i] = name if again == 1 else f"{name}/{again}"
    return names[groups]
