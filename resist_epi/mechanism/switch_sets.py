"""Do the genes of a set switch between two marks more often than others? Counted in loci."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.genes.gene_sets import BESIDE, GeneSet, match_sets
from resist_epi.genes.set_carriers import FEWEST_CARRIERS
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.switches import ACTIVATING, REPRESSIVE
from resist_epi.samples.question import Question
from resist_epi.stats.best_supported import order_of_support
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.sets.hypergeometric import hypergeometric_tail

SWITCHES = "switches"


def switch_sets(
    switches: pd.DataFrame,
    gene_sets: Mapping[str, GeneSet],
    *,
    kinds: Mapping[str, str] | None = None,
    symbols: SymbolTable | None = None,
    fdr: float = Question.fdr,
) -> pd.DataFrame:
    """Test each set for more switches than chance, activating and repressive ones apart.

    A locus counts once, and as a switch where any of its genes is one; one locus makes no
    direction. P is twice the smaller of
    the two hypergeometric tails, at most 1; the universe are the loci at which both marks were
    tested.

    Parameters
    ----------
    switches
        As `switches.mark_switches` gives them.
    kinds
        Set -> kind; control and marker sets stand outside of the adjustment.
    fdr
        Level of `direction`.

    Returns
    -------
    DataFrame
        A row a set: `set kind layer n_genes n_tested n_loci n_gain n_loss effect pvalue padj
        matched_low matched_high direction genes warnings untested n_called called_needed finding`,
        without P where no gene switches at all; a gain is an activating switch, `effect`
        the share of activating less that of repressive loci in the set, less the same elsewhere.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "symbol": [f"S{i}" for i in range(100)], "gene_id": [f"g{i}" for i in range(100)],
    ...     "locus_id": [f"l{i}" for i in range(100)], "padj": 0.5, "A_pvalue": 0.1,
    ...     "B_pvalue": 0.1, "class": ["activating switch"] * 4 + ["none"] * 96,
    ... })
    >>> sets = {"UP": GeneSet("UP", "made here", ("S0", "S1", "S2", "S9"))}
    >>> switch_sets(table, sets)[["n_gain", "n_loss", "direction"]].values.tolist()
    [[3, 0, 'gain']]
    """
    p = [c for c in switches if str(c).endswith("_pvalue")][:2]
    both = switches[p].notna().all(axis=1)
    members = match_sets(gene_sets, switches["symbol"].where(both, "").tolist(), symbols)
    locus = pd.factorize(switches["locus_id"])[0]
    universe = np.unique(locus[both.to_numpy()])
    of_class = {
        name: np.intersect1d(universe, locus[(switches["class"] == name).to_numpy()])
        for name in (ACTIVATING, REPRESSIVE)
    }
    n_own = sum((kinds or {}).get(name, "given") not in BESIDE for name in members)
    level = fdr / max(n_own, 1)
    rows = [
        {
            "set": name,
            "n_genes": len(gene_sets[name]),
            "n_tested": len(index),
            **_count(np.unique(locus[index]), universe, of_class, level),
            "genes": ",".join(_switching(switches.iloc[index])),
        }
        for name, index in members.items()
    ]
    table = pd.DataFrame(rows)
    table["kind"] = [(kinds or {}).get(name, "given") for name in members]
    own = table["pvalue"].mask(table["kind"].isin(BESIDE))
    table["padj"] = benjamini_hochberg(own.to_numpy(np.float64))
    called = table["padj"].le(fdr)
    activating = table.pop("activating").to_numpy(dtype=bool)
    sign = np.where(activating, "gain", "loss")
    called &= table["n_gain"].where(activating, table["n_loss"]).ge(FEWEST_CARRIERS)
    table["direction"] = np.where(called, sign, "none")
    table["n_called"] = (table["n_gain"] + table["n_loss"]).astype(np.float64)
    untested = np.where(
        table["n_tested"].gt(0),
        "no gene is called a switch at all",
        "none of its genes has both marks tested",
    )
    table["untested"] = np.where(table["pvalue"].notna(), "", untested)
    # Mechanisms of one set are one finding, whichever sign each of them stated.
    table["finding"] = table["set"].where(table["direction"].ne("none"), "")
    return table.assign(layer=SWITCHES, matched_low=np.nan, matched_high=np.nan, warnings="")


def _switching(genes: pd.DataFrame) -> list[str]:
    found = genes[genes["class"].isin([ACTIVATING, REPRESSIVE])]
    return found.iloc[order_of_support(found)]["symbol"].tolist()


def _count(
    own: NDArray[np.int64],
    universe: NDArray[np.int64],
    of_class: Mapping[str, NDArray[np.int64]],
    level: float,
) -> dict[str, object]:
    n, k = len(universe), len(own)
    in_set = {name: len(np.intersect1d(own, loci)) for name, loci in of_class.items()}
    testable = k > 0 and any(map(len, of_class.values()))
    tails = {
        name: float(hypergeometric_tail(in_set[name], n, len(loci), k)) if testable else np.nan
        for name, loci in of_class.items()
    }
    gain, loss = in_set[ACTIVATING], in_set[REPRESSIVE]
    rest = len(of_class[ACTIVATING]) - len(of_class[REPRESSIVE]) - (gain - loss)
    needed = np.nan
    if testable:
        larger = max(map(len, of_class.values()))
        numbers = np.arange(FEWEST_CARRIERS, min(k, larger) + 1)
        enough = 2 * hypergeometric_tail(numbers, n, larger, k) <= level
        needed = float(numbers[enough][0]) if enough.any() else np.nan
    return {
        "n_loci": k,
        "n_gain": gain,
        "n_loss": loss,
        "effect": (gain - loss) / k - rest / (n - k) if k and n > k else np.nan,
        "pvalue": min(1.0, 2 * min(tails.values())) if testable else np.nan,
        "activating": bool(testable and tails[ACTIVATING] <= tails[REPRESSIVE]),
        "called_needed": needed,
    }


def active_mark(switches: pd.DataFrame) -> str:
    """The active mark of a table of switches, whose columns come second; empty if there is none.

    Examples
    --------
    >>> active_mark(pd.DataFrame(columns=["symbol", "H3K27me3_pvalue", "H3K4me3_pvalue", "padj"]))
    'H3K4me3'
    """
    found = [str(c).removesuffix("_pvalue") for c in switches if str(c).endswith("_pvalue")]
    return found[1] if len(found) > 1 else ""
