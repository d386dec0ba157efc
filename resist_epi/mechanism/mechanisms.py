"""Which mechanisms of resistance the marks speak for: one table, signs stated in advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genes.enrichment import SetOptions, enrich_level
from resist_epi.genes.gene_level import GeneLevel
from resist_epi.genes.gene_sets import BESIDE, GeneSet
from resist_epi.genes.matched import draw_sets, nearest_pools
from resist_epi.genes.pre_specified import pre_specified
from resist_epi.genes.set_methods import DEFAULT_TEST
from resist_epi.genes.symbols import SymbolTable
from resist_epi.mechanism.caveats import set_warnings
from resist_epi.mechanism.expectations import Mechanism
from resist_epi.mechanism.switch_sets import SWITCHES, switch_sets
from resist_epi.model.fit import Fit
from resist_epi.samples.design import Contrast
from resist_epi.samples.presets import find_preset
from resist_epi.schema import MECHANISMS, names
from resist_epi.stats.best_supported import order_of_support
from resist_epi.stats.multiple import benjamini_hochberg

N_RANDOM = 1000

MOST_GENES = 15  # carriers listed


@dataclass(frozen=True)
class Layer:
    """One measurement of the genes.

    Attributes
    ----------
    name
        The mark, or the assay.
    results
        The contract's result columns, a row a region.
    fit, contrast
        What they came from, row by row; None where nobody knows (then camera's correlation is
        preset).
    lfc_threshold
        Null hypothesis of the tests of `results` (`gene_level.GeneLevel`).
    domains
        The mark's domains, whose genes are one locus, as for gene sets (`gene_level.GeneLevel`).
    """

    name: str
    results: pd.DataFrame
    fit: Fit | None = None
    contrast: Contrast | None = None
    lfc_threshold: float = 0.0
    domains: pd.DataFrame | None = None


@dataclass(frozen=True)
class MechanismOptions:
    """What the mechanisms are held against, and how.

    Attributes
    ----------
    kinds
        Set -> kind.
    switches
        As `switches.mark_switches` gives them.
    covariates
        By `gene_id`: `length`, `cpg_island` (`covariates.gene_covariates`).
    symbols
        Previous and alias symbols.
    fdr
        Level of a direction.
    test
        Key of `set_methods.METHODS`.
    n_random, seed
        Of the matched random sets.
    """

    kinds: Mapping[str, str] | None = None
    switches: pd.DataFrame | None = None
    covariates: pd.DataFrame | None = None
    symbols: SymbolTable | None = None
    fdr: float = 0.05
    test: str = DEFAULT_TEST
    n_random: int = N_RANDOM
    seed: int = 1


def mechanism_table(
    layers: Sequence[Layer],
    mechanisms: Sequence[Mechanism],
    gene_sets: Mapping[str, GeneSet],
    **options: Any,
) -> pd.DataFrame:
    """Hold every mechanism against every mark, the switches and the other assays.

    Each mark is tested as gene sets are (`enrichment.enrich`: one value a gene, one gene a locus);
    sets of fewer than 5 loci by fry and by their rank among matched random sets, the larger
    P of both, also without chrX (`pre_specified.pre_specified`); switches by the number of loci.
    A direction needs padj at the level, and an effect beyond that of 95 % of random sets matched on
    signal, length and CpG island. Control sets ride along, outside of the adjustment.

    Parameters
    ----------
    layers
        Marks and assays, of one contrast.
    mechanisms
        With what is expected of each, stated in advance (`mechanism.builtin.load_mechanisms`).
    gene_sets
        Name -> set; those of kind `control` and `marker` are shown beside.
    **options
        Fields of `MechanismOptions`: `kinds`, `switches`, `covariates`, `symbols`, `fdr`, `test`,
        `n_random`, `seed`.

    Returns
    -------
    DataFrame
        Columns of `schema.MECHANISMS`: the layers of each mechanism in turn, then those of the
        controls; `attrs["header"]` says how it was made.

    References
    ----------
    Wu & Smyth (2012) Nucleic Acids Research 40:e133 (camera); Wu et al. (2010) Bioinformatics
    26:2176 (fry is its limit).
    """
    asked = MechanismOptions(**options)
    kinds = asked.kinds or {}
    wanted = {m.gene_set: gene_sets[m.gene_set] for m in mechanisms if m.gene_set in gene_sets}
    beside = {n: s for n, s in gene_sets.items() if kinds.get(n) in BESIDE and n not in wanted}
    sets = wanted | beside
    parts = [_of_layer(layer, sets, asked) for layer in layers]
    if asked.switches is not None:
        parts.append(
            switch_sets(asked.switches, sets, kinds=kinds, symbols=asked.symbols, fdr=asked.fdr)
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["set", "kind"])
    rows = _described(table, mechanisms)
    rows.attrs["header"] = _header(asked, [layer.name for layer in layers])
    return rows


def mechanism_sentences(table: pd.DataFrame) -> list[str]:
    """Say in a sentence each which mechanisms the data are consistent with, or speak against.

    Parameters
    ----------
    table
        As `mechanism_table` gives it.
    """
    own = table[table["kind"] == "mechanism"]
    sentences = []
    for title, rows in own.groupby("mechanism", sort=False):
        said = {
            verdict: [_seen(r.direction, r.layer) for r in part.itertuples()]
            for verdict, part in rows[rows["direction"].ne("none")].groupby("verdict", sort=False)
        }
        words = (
            ("as expected", "consistent with what was stated"),
            ("opposite", "against what was stated"),
            ("not predicted", "for which no such change was predicted"),
        )
        parts = [f"{' and '.join(said[k])}, {text}" for k, text in words if k in said]
        if parts:
            sentences.append(f"{title}: {'; '.join(parts)}")
    return sentences


def _seen(direction: object, layer: object) -> str:
    if layer == SWITCHES:
        return "activating switches" if direction == "gain" else "repressive switches"
    return f"{direction} of {layer}"


def _of_layer(layer: Layer, sets: Mapping[str, GeneSet], asked: MechanismOptions) -> pd.DataFrame:
    """One row a set: what a layer says about it."""
    level = GeneLevel(
        layer.results,
        layer.fit,
        layer.contrast,
        symbols=asked.symbols,
        covariates=asked.covariates,
        domains=layer.domains,
        lfc_threshold=layer.lfc_threshold,
    )
    table = enrich_level(level, sets, SetOptions(asked.fdr, kinds=asked.kinds, test=asked.test))
    members = level.members(sets, untested=True)
    low, high = _matched_effects(level, level.members(sets), asked)
    table = table.assign(layer=layer.name, matched_low=low, matched_high=high)
    if level.has_effects:
        for i in np.flatnonzero(table["pvalue"].isna() & table["n_tested"].gt(0)):
            own = sets[str(table.at[i, "set"])]
            table.loc[i, "pvalue"] = _small_set_pvalue(level, own, asked.seed)
    table["padj"] = benjamini_hochberg(
        table["pvalue"].mask(table["kind"].isin(BESIDE)).to_numpy(np.float64)
    )
    table["direction"] = _directions(table, asked.fdr)
    table["genes"] = [
        _carriers(level.genes.iloc[members[name]], np.sign(effect), asked.fdr)
        for name, effect in zip(table["set"], table["effect"], strict=True)
    ]
    table["warnings"] = set_warnings(layer.name, level, members, table)
    return table


def _small_set_pvalue(level: GeneLevel, gene_set: GeneSet, seed: int) -> float:
    """The larger P of both questions over all variants; 1 where they point in two directions."""
    test = pre_specified(level, gene_set, seed=seed)
    both = test[["fry_pvalue", "random_pvalue"]].to_numpy(np.float64)
    if not np.isfinite(both).all():
        return np.nan
    agree = test["direction"].nunique() == 1 and (test["direction"] != "none").all()
    return float(both.max()) if agree else 1.0


def _matched_effects(
    level: GeneLevel, members: Mapping[str, IntArray], asked: MechanismOptions
) -> tuple[FloatArray, FloatArray]:
    """2.5 and 97.5 % of the effects of random sets matched to each set.

    As the effect itself: of measured genes, one a locus. Genes without a test would say how far
    noise reaches, of more genes than the effect rests on.
    """
    change, eligible = level.change, level.measured
    total, n = float(change[eligible].sum()), int(eligible.sum())
    bounds = np.full((len(members), 2), np.nan)
    for i, index in enumerate(map(level.one_a_locus, members.values())):
        size = _pool_size(len(index), n - len(index))
        if not size:
            continue
        pools = nearest_pools(level.traits, index, eligible, size=size)
        drawn = draw_sets(pools, asked.n_random, np.random.default_rng(asked.seed))
        sums = change[drawn].sum(axis=1)
        effects = sums / len(index) - (total - sums) / (n - len(index))
        bounds[i] = np.quantile(effects, [0.025, 0.975])
    return bounds[:, 0], bounds[:, 1]


def _pool_size(members: int, others: int) -> int:
    """Genes from which each member's counterpart is drawn; 0 where there are too few of them.

    Four times the members where there are so many: a random set has no gene twice.
    """
    least = max(100, 2 * members)
    return min(max(100, 4 * members), others) if members and others >= least else 0


def _directions(table: pd.DataFrame, fdr: float) -> list[str]:
    effect = table["effect"].to_numpy(np.float64)
    low, high = (table[c].to_numpy(np.float64) for c in ("matched_low", "matched_high"))
    beyond = np.isnan(low) | (effect < low) | (effect > high)
    called = table["padj"].le(fdr).to_numpy() & beyond
    return [
        ("gain" if e > 0 else "loss") if c else "none"
        for c, e in zip(called.tolist(), effect.tolist(), strict=True)
    ]


def _carriers(own: pd.DataFrame, sign: float, fdr: float) -> str:
    """Members of the set's sign, called; else the best of nominal P below .05, in brackets."""
    own = own[np.sign(own["log2FoldChange"]) == sign]
    own = own.iloc[order_of_support(own)]
    called = own[own["padj"].le(fdr)]
    if len(called):
        return ",".join(called["symbol"].head(MOST_GENES))
    nominal = own[own["pvalue"].le(0.05)]["symbol"].head(5)
    return f"({','.join(nominal)})" if len(nominal) else ""


def _described(table: pd.DataFrame, mechanisms: Sequence[Mechanism]) -> pd.DataFrame:
    """Add what was expected and what it is called, in the order of the mechanisms."""
    rows: list[dict[Any, Any]] = []
    for mechanism in mechanisms:
        for row in table[table["set"] == mechanism.gene_set].to_dict("records"):
            expected = mechanism.expects(str(row["layer"]))
            warnings = [row["warnings"]]
            if row["direction"] != "none":
                warnings.append(mechanism.caveat)
            rows.append(
                row
                | {
                    "mechanism": mechanism.title,
                    "kind": "mechanism",
                    "expected": expected.words,
                    "verdict": "not tested"
                    if np.isnan(row["pvalue"])
                    else expected.verdict(row["direction"]),
                    "warnings": "; ".join(filter(None, warnings)),
                    "context": mechanism.context,
                    "references": mechanism.references,
                }
            )
    for row in table[table["kind"].isin(BESIDE)].to_dict("records"):
        moved = row["pvalue"] <= 0.05
        rows.append(
            row
            | {
                "mechanism": str(row["set"]).replace("_", " ").capitalize(),
                "expected": "none" if row["kind"] == "control" else "not stated",
                "verdict": "moved at P < .05" if moved else "quiet",
                "context": "",
                "references": "",
            }
        )
    return pd.DataFrame(rows, columns=names(MECHANISMS))


def _header(asked: MechanismOptions, layers: Sequence[str]) -> dict[str, str]:
    known = [found.caution for name in layers if (found := find_preset(name)) is not None]
    wording = "what is seen is consistent with a mechanism, and no proof that it acts"
    return {
        "asked": "which mechanisms of resistance do these changes belong to? The expected signs"
        " were stated before any data were seen",
        "tests": f"marks and assays by {asked.test}, one value a gene and one gene a locus; sets of"
        " fewer than 5 loci by fry and by rank among matched random sets (the larger P, also"
        " without chrX); switches by the number of loci (hypergeometric, two-sided)",
        "direction": f"padj <= {asked.fdr:g} over the mechanisms of a layer, and an effect beyond"
        f" those of 95 % of {asked.n_random} random sets matched on signal, and on length and CpG"
        " island where known",
        "genes": "those of the set's own sign, called at the same level, the best supported first;"
        " in brackets: none is called, these have P < .05 of their own",
        "wording": ". ".join([wording, *filter(None, known)]),
        "context": "therapies are named for context of research; this is no advice",
    }
