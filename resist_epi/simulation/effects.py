"""Which genes differ between good and poor tumours, how much, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.genes.gene_sets import GeneSet


@dataclass(frozen=True)
class Rule:
    """A reason for which genes change.

    Attributes
    ----------
    why
        Name of the reason, as the truth has it.
    gene_set
        Set of `genes.builtin.load_planted_sets` that the genes come from; or a pattern that whole
        symbols match.
    share
        Share of the set's genes that change.
    k27, k36
        log2 effect on H3K27me3 (its domain) and on H3K36me3 (its body), poor minus good.
    pattern
        Whether `gene_set` is a pattern.
    """

    why: str
    gene_set: str
    share: float
    k27: float
    k36: float
    pattern: bool = False


# Directions as expected of the biology (poor minus good). Where several reasons meet at one gene,
# the first wins. H3K36me3 stands for transcription.
RULES: tuple[Rule, ...] = (
    Rule("nsd2_target", "NSD2_TARGETS_ENDOCRINE_CORE", 1.0, 0.0, 1.5),
    Rule("pentose_phosphate", "PPP_ALL", 0.6, 0.0, 1.0),
    Rule("homeobox_cluster", r"HOX[AB]\d+", 1.0, -1.2, 1.0, pattern=True),
    Rule("oestrogen_programme", "GREB1", 1.0, 1.0, -1.0, pattern=True),
    Rule("oestrogen_programme", "ESR1_SIGNALLING", 0.4, 1.0, -1.0),
    Rule("growth_factor_receptor", "RTK_ERBB_IGF1R_FGFR", 0.4, -1.0, 1.0),
    Rule("fatty_acid_oxidation", "FATTY_ACID_OXIDATION", 0.4, 0.0, 0.8),
    Rule("fatty_acid_synthesis", "FATTY_ACID_SYNTHESIS_SREBP", 0.3, 0.0, -0.8),
)

POLYCOMB = "polycomb_focal"  # domains chosen at random, gains and losses

RANDOM = "random_gene"  # bodies chosen at random, up and down

POLYCOMB_SHARE, POLYCOMB_SIZE = 0.05, 1.0

RANDOM_SHARE, RANDOM_SIZE = 0.03, 0.9

# Kinds of sets that a change belongs to, as the truth has them.
NAMED_SET, RANDOM_SET, NO_SET = "named", "random", "none"

SPREAD = 0.15  # effects are drawn within this share of their size


def choose_genes(
    genes: pd.DataFrame, gene_sets: Mapping[str, GeneSet], rng: np.random.Generator
) -> pd.DataFrame:
    """Genes that the rules choose, each once, with its effects.

    A row is a gene, strongest reason first: `gene_id symbol why set set_kind k27 k36` (log2).

    Parameters
    ----------
    genes
        Columns `gene_id symbol biotype`.
    """
    rows: list[pd.DataFrame] = []
    taken: set[str] = set()
    coding = genes[genes["biotype"] == "protein_coding"]
    for rule in RULES:
        if rule.pattern:
            members = coding[coding["symbol"].str.fullmatch(rule.gene_set)]
        else:
            known = gene_sets[rule.gene_set].genes if rule.gene_set in gene_sets else ()
            members = coding[coding["symbol"].isin(list(known))]
        members = members[~members["gene_id"].isin(taken)].drop_duplicates("symbol")
        n = int(np.ceil(rule.share * len(members)))
        chosen = members.iloc[np.sort(rng.permutation(len(members))[:n])]
        size = rng.uniform(1 - SPREAD, 1 + SPREAD, size=len(chosen))
        taken |= set(chosen["gene_id"])
        rows.append(
            chosen[["gene_id", "symbol"]].assign(
                why=rule.why,
                set="" if rule.pattern else rule.gene_set,
                set_kind=NO_SET if rule.pattern else NAMED_SET,
                k27=rule.k27 * size,
                k36=rule.k36 * size,
            )
        )
    return pd.concat(rows, ignore_index=True)


def balanced_signs(
    weight: NDArray[np.float64], size: NDArray[np.float64], *, before: float = 0.0
) -> NDArray[np.float64]:
    """Signs under which gains and losses of total signal nearly cancel, a third of each at least.

    So that the planted changes do not change what a unit of sequencing depth means.

    Parameters
    ----------
    weight
        (n,) signal of each unit.
    size
        (n,) absolute log2 effect.
    before
        Change of the total signal by what is planted already.

    Returns
    -------
    (n,) float64, -1 or 1.

    Examples
    --------
    >>> balanced_signs(np.array([4.0, 1.0, 1.0, 1.0]), np.ones(4))
    array([ 1., -1., -1., -1.])
    """
    signs = np.empty(len(weight))
    total = before
    order = np.argsort(-weight, kind="stable")
    for i in order:
        signs[i] = -1.0 if total > 0 else 1.0
        total += weight[i] * (2.0 ** (signs[i] * size[i]) - 1.0)
    for sign in (1.0, -1.0):  # the lightest change sides, which costs the least of the balance
        lacking = len(order) // 3 - int((signs == sign).sum())
        if lacking > 0:
            signs[order[signs[order] != sign][-lacking:]] = sign
    return signs
