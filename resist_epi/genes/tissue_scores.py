"""Proliferation, subtype and other tissue in each unit, from the mark, against the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import BoolArray, FloatArray, IntArray
from resist_epi.errors import DesignError
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genes.matched import nearest_pools
from resist_epi.genes.set_methods import MIN_GENES
from resist_epi.samples.presets import role
from resist_epi.schema import TISSUE_SCORES, names
from resist_epi.stats.multiple import holm
from resist_epi.stats.tails import t_pvalue

# Sets that are no markers and tell a subtype; those that are there are scored besides.
SUBTYPES = ("LUMINAL_IDENTITY", "BASAL_IDENTITY")

LEVEL = 0.05

# Share of the other genes' fold changes that a score explains, from which a contrast goes with it,
# and from which it is largely that.
PARTLY, LARGELY = 0.1, 0.25

FEWEST_COMFORTABLE = 15  # loci

# Word of the column `verdict` -> what it says.
VERDICTS = {
    "largely this": f"differs, and explains {LARGELY:.0%} or more of the other genes' changes",
    "partly this": f"differs, and explains {PARTLY:.0%} or more of them",
    "differs": "differs between the groups, and explains little of them",
    "alike": "no difference is seen",
    "too few to reassure": f"none is seen, of fewer than {FEWEST_COMFORTABLE} loci",
}


@dataclass(frozen=True)
class TissueScores:
    """Scores of the units, and what they have to do with the contrast.

    Attributes
    ----------
    scores
        (n_units, n_sets) one standard deviation within groups is 1; higher is more of it.
    table
        A row a set (`schema.TISSUE_SCORES`).
    """

    scores: pd.DataFrame
    table: pd.DataFrame


def column_name(gene_set: str) -> str:
    """What a score is called as a column of a sheet.

    Examples
    --------
    >>> column_name("NORMAL_EPITHELIUM_MARKERS"), column_name("PROLIFERATION_MARKERS")
    ('NormalEpitheliumScore', 'ProliferationScore')
    """
    words = gene_set.removesuffix("_MARKERS").removesuffix("_IDENTITY").split("_")
    return "".join(word.capitalize() for word in words) + "Score"


def set_title(gene_set: str) -> str:
    """A score in words.

    Examples
    --------
    >>> set_title("NORMAL_EPITHELIUM_MARKERS"), set_title("BASAL_IDENTITY")
    ('normal epithelium', 'basal identity')
    """
    return gene_set.removesuffix("_MARKERS").replace("_", " ").lower()


def scored_sets(gene_sets: Mapping[str, GeneSet], kinds: Mapping[str, str]) -> dict[str, GeneSet]:
    """The markers and subtypes among the sets."""
    return {n: s for n, s in gene_sets.items() if kinds.get(n) == "marker" or n in SUBTYPES}


def tissue_scores(level: GeneLevel, gene_sets: Mapping[str, GeneSet]) -> TissueScores:
    """Score each set in each unit, test it against the groups, and ask what it explains.

    A unit's score is the mean standardised log2 signal of the set's genes (one a locus) less that
    of the 100 tested genes most like each of them in signal, length and CpG island, so that depth
    and efficiency drop out; turned round for a repressive mark. The contrast is tested in the
    scores by the study's design. What a score explains of the fold changes of all other genes: the
    square of their correlation with the genes' slopes on the score within groups, which know
    nothing of the groups' difference; 0 where it would go the other way. A score that differs needs
    padj (Holm) of .05: by chance one follows what the contrast is largely.

    Parameters
    ----------
    level
        With a fit and a contrast of coefficients; `mark` says which way is more.
    gene_sets
        Markers and subtypes; those of fewer than 5 loci are left out.

    Raises
    ------
    DesignError
        If the level has no fit with a contrast, or its design leaves no residual df.
    """
    if not level.has_effects or level.fit is None or level.contrast is None:
        raise DesignError("scores of tissue are tested with a fit and a contrast of two groups")
    signal = level.fit.linear.response[level.rows]
    usable = np.isfinite(signal).all(axis=1) & level.measured
    members = {
        name: level.one_a_locus(index[usable[index]])
        for name, index in level.members(gene_sets).items()
    }
    inputs = ScoreInputs(
        signal,
        level.change,
        usable,
        level.traits,
        level.fit.design,
        level.contrast.vector,
        -1.0 if role(level.mark) == "repressive" else 1.0,
    )
    return score_sets(inputs, members)


@dataclass(frozen=True, eq=False)
class ScoreInputs:
    """What scores are made from, of a mark or of another assay.

    Attributes
    ----------
    signal
        (n_genes, n_units) log2.
    change
        (n_genes,) contrast of it.
    usable
        (n_genes,) genes that take part.
    traits
        A row a gene: what genes are matched on.
    design, contrast
        A row a unit; (n_coefficients,).
    sign
        -1 where less of the signal says more of the tissue.
    """

    signal: FloatArray
    change: FloatArray
    usable: BoolArray
    traits: pd.DataFrame
    design: pd.DataFrame
    contrast: FloatArray
    sign: float = 1.0


def score_sets(inputs: ScoreInputs, members: Mapping[str, IntArray]) -> TissueScores:
    """As `tissue_scores`, of any log2 signal.

    Parameters
    ----------
    members
        Set -> positions of its usable genes, one a locus; those of fewer than 5 are left out.

    Raises
    ------
    DesignError
        If the design leaves no residual df.
    """
    X, c = inputs.design.to_numpy(np.float64), inputs.contrast
    df = len(X) - int(np.linalg.matrix_rank(X))
    if df < 1:
        raise DesignError("scores of tissue need a residual degree of freedom; the design has none")
    z = _standardised(inputs.signal, inputs.usable)
    within = np.eye(len(X)) - X @ np.linalg.pinv(X)
    rows, scores = [], {}
    for name, index in members.items():
        if len(index) < MIN_GENES:
            continue
        own = inputs.sign * _score(inputs, z, index)
        error = np.sqrt(float((within @ own) @ own) / df)
        score = own / error if error > 0 else np.full(len(X), np.nan)
        scores[name] = score
        effect = float(c @ np.linalg.pinv(X) @ score)
        unscaled = float(c @ np.linalg.pinv(X.T @ X) @ c)
        t = np.array([effect / np.sqrt(unscaled)])
        rest = inputs.usable.copy()
        rest[index] = False
        rows.append(
            {
                "set": name,
                "column": column_name(name),
                "n_loci": len(index),
                "effect": effect,
                "pvalue": float(t_pvalue(t, np.array([float(df)]))[0]),
                "explained": _explained(inputs, z, score, within, effect, rest),
            }
        )
    table = pd.DataFrame(rows, columns=["set", "column", "n_loci", "effect", "pvalue", "explained"])
    table["padj"] = holm(table["pvalue"].to_numpy(np.float64))
    judged = zip(table["padj"], table["explained"], table["n_loci"], strict=True)
    table["verdict"] = [_verdict(float(p), float(share), int(n)) for p, share, n in judged]
    made = pd.DataFrame(scores, index=pd.Index(list(inputs.design.index), name="sample"))
    return TissueScores(made.rename(columns=column_name), table[names(TISSUE_SCORES)])


def _standardised(signal: FloatArray, usable: BoolArray) -> FloatArray:
    z = np.zeros_like(signal)
    own = signal[usable] - signal[usable].mean(axis=1, keepdims=True)
    spread = own.std(axis=1, keepdims=True)
    z[usable] = np.divide(own, spread, out=np.zeros_like(own), where=spread > 0)
    return z


def _score(inputs: ScoreInputs, z: FloatArray, index: IntArray) -> FloatArray:
    """(n_units,) mean of the members less that of the genes most like each."""
    pools = nearest_pools(inputs.traits, index, inputs.usable)
    alike = np.mean([z[pool].mean(axis=0) for pool in pools if len(pool)], axis=0)
    return np.asarray(z[index].mean(axis=0) - alike)


def _explained(
    inputs: ScoreInputs,
    z: FloatArray,
    score: FloatArray,
    within: FloatArray,
    effect: float,
    rest: BoolArray,
) -> float:
    """Share of the fold changes of the other genes that goes the way the score would move them."""
    moved = z[rest] @ (within @ score) * inputs.signal[rest].std(axis=1) * effect
    change = inputs.change[rest]
    if len(change) < 2 or not np.isfinite(moved).all() or moved.std() == 0 or change.std() == 0:
        return np.nan
    return float(max(np.corrcoef(moved, change)[0, 1], 0.0) ** 2)


def _verdict(padj: float, explained: float, n_loci: int) -> str:
    if not padj <= LEVEL:
        return "alike" if n_loci >= FEWEST_COMFORTABLE else "too few to reassure"
    if explained >= LARGELY:
        return "largely this"
    return "partly this" if explained >= PARTLY else "differs"


def score_warnings(table: pd.DataFrame, mark: str) -> list[str]:
    """A sentence for each score that the contrast goes with.

    Parameters
    ----------
    table
        As `TissueScores.table`; `calls` and `calls_beside` where they are known.
    """
    said = []
    for row in table[table["verdict"].isin(["largely this", "partly this"])].to_dict("records"):
        what = set_title(str(row["set"]))
        more = "more" if row["effect"] > 0 else "less"
        kept = ""
        if np.isfinite(row["calls_beside"]):
            kept = (
                f"; of {row['calls']:.0f} calls {row['calls_beside']:.0f} remain with the score"
                " in the design"
            )
        how = str(row["verdict"]).removesuffix(" this")
        said.append(
            f"the contrast of {mark} is {how} {what}: its first"
            f" side has {more} of it (P {row['pvalue']:.2g}), and that explains"
            f" {row['explained']:.0%} of the other genes' changes{kept}. {row['column']} of"
            " sheet_with_scores.csv may stand in the design; adjusting for what lies between"
            " resistance and the mark takes away what is looked for, so show both"
        )
    return said
