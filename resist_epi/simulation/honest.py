"""A cohort whose truth does not follow what the package names: sets, signs, outcome and factors.

The default cohort changes genes of sets that the package names, in the direction that it expects.
Here half of what changes is in sets that nobody named, or in no set; signs are drawn; half of the
changes are carried by half of the poor tumours; the groups are cut from a continuous time to
progression; and proliferation and subtype differ between tumours, each with genes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.builtin import read_shipped
from resist_epi.simulation.effects import NAMED_SET, RANDOM_SET
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.tumours import PURITY

SIZES = (0.4, 1.0)  # log2, uniform, of every planted change

NAMED_SHARE = 0.5  # of the named sets that change

RANDOM_SETS, RANDOM_SET_SIZE = 6, 30  # sets that nobody named, and genes in each

CHANGED = 0.4  # share of a set's genes that change with it

WITH_K27 = 0.5  # share of the sets whose H3K27me3 changes, too, the other way

HALF_CARRIED = 0.5  # share of the changes that half of the poor tumours carry, and no other

FEWEST, MOST = 4, 300  # genes of a set on the chromosomes, to be changed as a set

FACTOR_GENES = 150  # genes of their own, of either hidden factor

FACTOR_SIZE, FACTOR_SPREAD = 0.5, 0.15  # log2 a standard deviation of the factor

PROLIFERATION_RISK = 0.5  # correlation of proliferation with the risk

MONTHS, RISK_EFFECT, TIME_SD = 20.0, 0.6, 0.5  # median time, and natural logs of it

FACTORS = ("proliferation", "subtype")


def named_sets() -> list[str]:
    """The sets that the package's mechanisms name, each once."""
    return list(dict.fromkeys(read_shipped("mechanisms.tsv")["set"]))


def choose_honest_genes(
    genes: pd.DataFrame, gene_sets: Mapping[str, GeneSet], rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Genes that change, each once, with its effects and its set; and the sets nobody named.

    A row is a gene: `gene_id symbol why set set_kind k27 k36` (log2).

    Parameters
    ----------
    genes
        Columns `gene_id symbol biotype`.
    """
    coding = genes[genes["biotype"] == "protein_coding"].drop_duplicates("symbol")
    sets = {
        name: coding[coding["symbol"].isin(list(gene_sets[name].genes))]
        for name in named_sets()
        if name in gene_sets
    }
    sets = {name: own for name, own in sets.items() if FEWEST <= len(own) <= MOST}
    small = [gene_sets[n].genes for n in named_sets() if n in gene_sets]
    named = {gene for members in small if len(members) <= MOST for gene in members}
    free = coding[~coding["symbol"].isin(named)]
    n = min(RANDOM_SETS, len(free) // (2 * RANDOM_SET_SIZE))
    order = rng.permutation(len(free))[: n * RANDOM_SET_SIZE].reshape(n, RANDOM_SET_SIZE)
    unnamed = {f"RANDOM_SET_{i + 1}": free.iloc[rows] for i, rows in enumerate(order)}
    names = sorted(sets)
    chosen = rng.permutation(len(names))[: int(np.ceil(NAMED_SHARE * len(names)))]
    changed = {names[i]: (sets[names[i]], NAMED_SET) for i in np.sort(chosen)}
    changed |= {name: (own, RANDOM_SET) for name, own in unnamed.items()}
    columns = ["gene_id", "symbol", "why", "set", "set_kind", "k27", "k36"]
    rows, taken = [pd.DataFrame({c: pd.Series(dtype=object) for c in columns})], set[str]()
    for name, (own, kind) in changed.items():
        members = own[~own["gene_id"].isin(taken)]
        some = members.iloc[
            np.sort(rng.permutation(len(members))[: int(np.ceil(CHANGED * len(members)))])
        ]
        taken |= set(some["gene_id"])
        sign = rng.choice([-1.0, 1.0])
        size = sign * rng.uniform(*SIZES, size=len(some))
        both = rng.random() < WITH_K27
        rows.append(
            some[["gene_id", "symbol"]].assign(
                why=_why(name, kind), set=name, set_kind=kind, k27=-size if both else 0.0, k36=size
            )
        )
    table = pd.concat(rows, ignore_index=True).astype({"k27": np.float64, "k36": np.float64})
    return table, {name: list(own["symbol"]) for name, own in unnamed.items()}


def _why(name: str, kind: str) -> str:
    return "oestrogen_programme" if name.startswith("ESR1_") else f"{kind}_set"


def make_honest_tumours(settings: CohortSettings, rng: np.random.Generator) -> pd.DataFrame:
    """Draw tumours whose groups are cut from one time to progression.

    The poor ones are those that progressed first; every good one was followed beyond the last of
    these, so that none progressed before a poor one. Columns as of `tumours.make_tumours`, and
    `risk proliferation subtype`.
    """
    n = settings.good + settings.poor
    risk = rng.normal(size=n)
    noise = TIME_SD * rng.normal(size=n)
    time = MONTHS * np.exp(noise - RISK_EFFECT * risk)
    order = np.argsort(time, kind="stable")
    poor, good = order[: settings.poor], order[settings.poor :]
    cut = float(time[poor].max()) if len(poor) else 0.0
    follow_up = cut + rng.uniform(6.0, 60.0, size=n)
    follow_up[poor] = np.inf
    own = rng.normal(size=n)
    r = 0.0 if settings.null else PROLIFERATION_RISK
    proliferation = r * risk + np.sqrt(1 - r**2) * own
    subtype = (rng.random(n) < 0.5).astype(np.int64)
    purity = rng.uniform(*PURITY, size=n)
    rows = np.concatenate([np.sort(good), np.sort(poor)])
    number = np.concatenate([np.arange(settings.good), np.arange(settings.poor)]) + 1
    condition = np.repeat(["good", "poor"], [settings.good, settings.poor])
    outlier = np.zeros(n, dtype=bool)
    outlier[-1] = settings.outlier
    is_poor = condition == "poor"
    amplified = (is_poor & (number <= (settings.poor + 1) // 2)) | (~is_poor & (number == 1))
    # Rounded down, or up beyond the cut: no rounding makes a good tumour progress with a poor one.
    months = np.minimum(time, follow_up)[rows]
    months = np.where(is_poor, np.floor(months * 10), np.floor(months * 10) + 1) / 10
    return pd.DataFrame(
        {
            "patient": [f"{c[0].upper()}{i:02d}" for c, i in zip(condition, number, strict=True)],
            "condition": condition,
            "batch": (number - 1) % settings.batches + 1,
            "purity": purity[rows] if settings.purity else np.ones(n),
            "months": months,
            "progressed": (time <= follow_up)[rows].astype(np.int64),
            "outlier": outlier,
            "amplified": amplified & settings.copy_number,
            "risk": risk[rows],
            "proliferation": proliferation[rows],
            "subtype": subtype[rows],
        }
    )


def draw_carriers(
    sets: NDArray[np.object_],
    tumours: pd.DataFrame,
    *,
    of_set: Callable[[str], np.random.Generator],
    alone: np.random.Generator,
) -> FloatArray:
    """(n, n_tumours) whether a change is carried: by all poor tumours, or by half of them.

    Parameters
    ----------
    sets
        (n,) the set with which each changes, whose carriers are the same in every mark; what is
        in no set has its own.
    of_set
        Random numbers of a set.
    alone
        Random numbers of what is in no set.
    """
    poor = np.flatnonzero((tumours["condition"] == "poor").to_numpy())
    carried = np.zeros((len(sets), len(tumours)))
    for name in dict.fromkeys(sets[sets != ""]):
        carried[np.ix_(sets == name, _some(poor, of_set(str(name))))] = 1.0
    for row in np.flatnonzero(sets == ""):
        carried[row, _some(poor, alone)] = 1.0
    return carried


def _some(poor: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    half = rng.permutation(poor)[: -(-len(poor) // 2)]
    return half if rng.random() < HALF_CARRIED else poor


def factor_loadings(
    genes: pd.DataFrame, taken: set[str], rng: np.random.Generator
) -> dict[str, pd.Series]:
    """Factor -> log2 a standard deviation, by gene_id, of genes that nothing else changes."""
    coding = genes.loc[genes["biotype"] == "protein_coding", "gene_id"]
    free = coding[~coding.isin(taken)].to_numpy(dtype=object)
    n = min(FACTOR_GENES, len(free) // 4)
    order = rng.permutation(len(free))
    found = {}
    for i, factor in enumerate(FACTORS):
        own = free[order[i * n : (i + 1) * n]]
        size = rng.normal(FACTOR_SIZE, FACTOR_SPREAD, size=len(own))
        up = 0.7 if factor == "proliferation" else 0.5
        sign = np.where(rng.random(len(own)) < up, 1.0, -1.0)
        found[factor] = pd.Series(sign * size, index=own)
    return found


def factor_values(tumours: pd.DataFrame) -> dict[str, FloatArray]:
    """Factor -> (n_tumours,) its value, in standard deviations of the population."""
    return {
        "proliferation": tumours["proliferation"].to_numpy(np.float64),
        "subtype": 2.0 * tumours["subtype"].to_numpy(np.float64) - 1.0,
    }
