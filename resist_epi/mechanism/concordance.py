"""How far a mark and another assay go together, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from resist_epi.genes.matched import match_traits, nearest_pools
from resist_epi.mechanism.assays import Evidence
from resist_epi.stats.ranks import spearman
from resist_epi.stats.sets.rank_overlap import rank_overlap

FEWEST_GENES = 10

N_RANDOM = 2000


def concordance(
    joined: pd.DataFrame,
    evidence: Evidence,
    *,
    mark: str,
    covariates: pd.DataFrame | None = None,
    n_random: int = N_RANDOM,
    seed: int = 1,
) -> pd.DataFrame:
    """Say how far a mark and another assay go together, in one row.

    Parameters
    ----------
    joined
        As `join_evidence` gives it.
    covariates
        By `gene_id`, what random genes are matched on besides both levels (see `matched`).
    n_random
        Random sets of matched genes, and permutations of the rank overlap.
    seed
        Of both.

    Returns
    -------
    DataFrame
        `mark assay n_genes`; `level_rho level_low level_high`: Spearman of the mark's level and the
        assay's, with a 95 % interval; `change_rho change_low change_high`: of the two changes;
        `overlap_same_pvalue overlap_opposite_pvalue`: rank-rank overlap of the changes at the same
        and at opposite ends (genes exchanged; too small where genes change together);
        `n_called n_agree share_agree matched_share matched_pvalue`: called genes, one a locus,
        whose effect has the expected sign, against genes matched on both levels;
        `n_supported`; `words`.

    References
    ----------
    Plaisier et al. (2010) Nucleic Acids Research 38:e169; Fieller, Hartley & Pearson (1957)
    Biometrika 44:470 (standard error of Spearman's correlation).
    """
    row: dict[str, object] = {
        "mark": mark,
        "assay": evidence.assay.name,
        "n_genes": len(joined),
    }
    level = _spearman(joined["baseMean"], joined["evidence_base"])
    change = _spearman(joined["log2FoldChange"], joined["evidence_effect"])
    row |= dict(zip(("level_rho", "level_low", "level_high"), level, strict=True))
    row |= dict(zip(("change_rho", "change_low", "change_high"), change, strict=True))
    row |= _overlap(joined, n_random, seed)
    row |= _sign_test(joined, covariates, evidence.assay.sign(mark), n_random, seed)
    row["n_supported"] = int(joined["supported"].sum())
    row["words"] = _in_words(row, evidence, mark)
    return pd.DataFrame([row])


def _spearman(one: pd.Series, other: pd.Series) -> tuple[float, float, float]:
    both = one.notna() & other.notna()
    n = int(both.sum())
    if n < FEWEST_GENES or one[both].nunique() < 2 or other[both].nunique() < 2:
        return np.nan, np.nan, np.nan
    rho = spearman(one[both], other[both])
    z, half = np.arctanh(np.clip(rho, -0.999999, 0.999999)), 1.96 * np.sqrt(1.06 / (n - 3))
    return rho, float(np.tanh(z - half)), float(np.tanh(z + half))


def _overlap(joined: pd.DataFrame, n_random: int, seed: int) -> dict[str, object]:
    found = {"overlap_same_pvalue": np.nan, "overlap_opposite_pvalue": np.nan}
    scores = joined[["log2FoldChange", "evidence_effect"]].to_numpy(np.float64).copy()
    for k, name in enumerate(("pvalue", "evidence_pvalue")):
        p = joined[name].to_numpy(np.float64)
        if np.isfinite(p).any():  # signed strength of the evidence where there is any
            scores[:, k] = np.sign(scores[:, k]) * -np.log10(np.fmax(p, 1e-300))
    kept = scores[np.isfinite(scores).all(axis=1)]
    if len(kept) < FEWEST_GENES:
        return dict(found)
    test = rank_overlap(kept[:, 0], kept[:, 1], n_permutations=min(n_random, 500), seed=seed)
    return {
        "overlap_same_pvalue": test.pvalue_same,
        "overlap_opposite_pvalue": test.pvalue_opposite,
    }


def _sign_test(
    joined: pd.DataFrame, covariates: pd.DataFrame | None, sign: int, n_random: int, seed: int
) -> dict[str, object]:
    """Share of called genes with the expected sign, against genes of the same levels."""
    effect = np.sign(joined["evidence_effect"].to_numpy(np.float64))
    called = (joined["direction"] != "none").to_numpy() & np.isfinite(effect)
    rows = np.flatnonzero(called)
    members = rows[~joined["locus_id"].iloc[rows].duplicated().to_numpy()]
    found: dict[str, object] = {
        "n_called": len(members),
        "n_agree": np.nan,
        "share_agree": np.nan,
        "matched_share": np.nan,
        "matched_pvalue": np.nan,
    }
    if not len(members) or sign == 0:
        return found
    expected = joined["expected"].to_numpy(np.float64)[members]
    agree = int((effect[members] == expected).sum())
    found |= {"n_agree": agree, "share_agree": agree / len(members)}
    eligible = np.isfinite(effect) & ~called
    if eligible.sum() < FEWEST_GENES:
        return found
    base = pd.DataFrame({"evidence": joined["evidence_base"].to_numpy()}, index=joined["gene_id"])
    base = base[~base.index.duplicated()]
    known = base if covariates is None else covariates.join(base, how="right")
    traits = match_traits(joined, known)
    pools = nearest_pools(traits, members, eligible)
    rng = np.random.default_rng(seed)
    random = np.zeros(n_random)
    for pool, wanted in zip(pools, expected, strict=True):
        random += effect[rng.choice(pool, size=n_random)] == wanted
    p = (1 + int((random >= agree).sum())) / (n_random + 1)
    return found | {"matched_share": float(random.mean() / len(members)), "matched_pvalue": p}


def _strength(rho: float) -> str:
    size = abs(rho)
    words = ((0.1, "hardly any"), (0.3, "a weak"), (0.5, "a moderate"))
    return next((w for limit, w in words if size < limit), "a strong")


def _in_words(row: Mapping[str, object], evidence: Evidence, mark: str) -> str:
    title = evidence.assay.title
    parts = []
    numbers = {k: float(v) for k, v in row.items() if isinstance(v, int | float)}
    for name, what in (
        ("level", f"level of {mark} and of {title}"),
        ("change", f"change of {mark} and of {title}"),
    ):
        rho = numbers[f"{name}_rho"]
        if np.isnan(rho):
            parts.append(f"{what}: cannot be compared (no values)")
        else:
            low, high = numbers[f"{name}_low"], numbers[f"{name}_high"]
            parts.append(
                f"{what}: {_strength(rho)} relation (Spearman {rho:.2f}, 95 % {low:.2f} to"
                f" {high:.2f})"
            )
    n = int(numbers["n_called"])
    if evidence.assay.sign(mark) == 0:
        parts.append(f"no sign was stated in advance for {mark} and {title}")
    elif n == 0:
        parts.append("no gene with a called change of the mark was measured")
    else:
        said = f"{int(numbers['n_agree'])} of {n} called genes (one a locus) have the expected sign"
        if np.isfinite(numbers["matched_pvalue"]):
            said += (
                f", where genes of the same levels give {numbers['matched_share']:.0%}"
                f" (P {numbers['matched_pvalue']:.2g})"
            )
        parts.append(said)
    return "; ".join(parts)
