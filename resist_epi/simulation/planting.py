"""What is planted on the domains, bodies and sites of a mark, and in which tumours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.simulation import effects, streams
from resist_epi.simulation.honest import (
    SIZES,
    choose_honest_genes,
    draw_carriers,
    factor_loadings,
    factor_values,
)
from resist_epi.simulation.landscape import Landscape, MarkLandscape
from resist_epi.simulation.narrow_marks import NARROW, effect_on, narrow_landscape
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.streams import stream


@dataclass(frozen=True)
class Changes:
    """Which genes change, before it is known where the marks lie.

    Attributes
    ----------
    plan
        As of `effects.choose_genes`.
    unnamed_sets
        Sets that nobody named and that change: name -> symbols.
    loadings
        Hidden factor -> log2 a standard deviation of it, by gene_id.
    """

    plan: pd.DataFrame
    unnamed_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    loadings: Mapping[str, pd.Series] = field(default_factory=dict)


def choose_changes(
    genes: pd.DataFrame,
    gene_sets: Mapping[str, GeneSet],
    named: Mapping[str, GeneSet],
    settings: CohortSettings,
) -> Changes:
    """Choose the genes that change, as the scenario has it.

    Parameters
    ----------
    gene_sets
        Frozen ones of the default scenario.
    named
        Those that the package names now, of the honest one.
    """
    rng = stream(settings, streams.GENES)
    if settings.scenario == "named":
        return Changes(effects.choose_genes(genes, gene_sets, rng))
    plan, unnamed = choose_honest_genes(genes, named, rng)
    rng = stream(settings, streams.FACTORS)
    return Changes(plan, unnamed, factor_loadings(genes, set(plan["gene_id"]), rng))


@dataclass(frozen=True)
class Planted:
    """What is true of the units of a mark beside their effects and reasons.

    Attributes
    ----------
    sets
        (n_units,) set with which the unit changes; empty for none.
    carried
        (n_units, n_tumours) share of its effect that a tumour has; None for all of it
        in every poor one.
    factor_names
        (n_units,) hidden factor that the unit follows; empty for none. None where there are none.
    factors
        (n_units, n_tumours) log2 of what the factors do.
    """

    sets: NDArray[np.object_]
    carried: FloatArray | None = None
    factor_names: NDArray[np.object_] | None = None
    factors: FloatArray | None = None


def plant(
    mark: str,
    parts: MarkLandscape,
    genes: pd.DataFrame,
    plan: pd.DataFrame,
    settings: CohortSettings,
    rng: np.random.Generator,
) -> tuple[FloatArray, NDArray[np.object_], NDArray[np.object_]]:
    """Effects, reasons and sets of the units; of several genes in one the first rule speaks."""
    effect, why = np.zeros(parts.n_units), np.full(parts.n_units, "", dtype=object)
    sets = np.full(parts.n_units, "", dtype=object)
    rows = pd.Index(genes["gene_id"]).get_indexer(plan["gene_id"])
    units, sizes = parts.unit_of_gene[rows], effect_on(mark, plan)
    for unit, size, reason, name in zip(units, sizes, plan["why"], plan["set"], strict=True):
        if size != 0 and unit >= 0 and not why[unit]:
            effect[unit], why[unit], sets[unit] = size, reason, name
    free = np.flatnonzero(why == "")
    name, share, size = (
        (effects.POLYCOMB, effects.POLYCOMB_SHARE, effects.POLYCOMB_SIZE)
        if mark == "H3K27me3"
        else (effects.RANDOM, effects.RANDOM_SHARE, effects.RANDOM_SIZE)
    )
    chosen = rng.permutation(free)[: int(np.ceil(share * len(free)))]
    honest = settings.scenario == "honest"
    low, high = SIZES if honest else (1 - effects.SPREAD, 1 + effects.SPREAD)
    sizes = (1.0 if honest else size) * rng.uniform(low, high, size=len(chosen))
    mass = parts.unit_mass
    before = float((mass * (2.0**effect - 1)).sum())
    effect[chosen] = sizes * effects.balanced_signs(mass[chosen], sizes, before=before)
    why[chosen] = name
    if settings.null:
        none = np.full(parts.n_units, "", dtype=object)
        return np.zeros(parts.n_units), none, none
    # Where changes are carried by some tumours alone, the shift of all is none of them.
    shift = settings.global_shift if mark == "H3K27me3" and not honest else 0.0
    return effect * settings.effect_scale + shift, why, sets


def planted_on(
    mark: str,
    parts: MarkLandscape,
    genes: pd.DataFrame,
    tumours: pd.DataFrame,
    sets: NDArray[np.object_],
    changes: Changes,
    settings: CohortSettings,
) -> Planted:
    """Which tumours carry each change, and what the hidden factors do."""
    if settings.scenario != "honest":
        return Planted(sets)
    i = settings.marks.index(mark)
    carried = draw_carriers(
        sets,
        tumours,
        of_set=lambda name: stream(settings, streams.CARRIERS, 1, crc32(name.encode())),
        alone=stream(settings, streams.CARRIERS, 0, i),
    )
    names = np.full(parts.n_units, "", dtype=object)
    factors = np.zeros((parts.n_units, len(tumours)))
    values = factor_values(tumours)
    for name, loading in changes.loadings.items():
        rows = pd.Index(genes["gene_id"]).get_indexer(loading.index)
        units = parts.unit_of_gene[rows]
        # H3K27me3 goes the other way than transcription, which the others follow.
        sign = -1.0 if mark == "H3K27me3" else 1.0
        for unit, size in zip(units, loading, strict=True):
            if unit >= 0 and not names[unit] and not sets[unit]:
                names[unit] = name
                factors[unit] = sign * size * values[name]
    if mark == "H3K27me3" and not settings.null:
        factors += settings.global_shift * (tumours["condition"] == "poor").to_numpy(np.float64)
    return Planted(sets, carried, names, factors)


def with_narrow_marks(
    landscape: Landscape, plan: pd.DataFrame, settings: CohortSettings
) -> Landscape:
    """The landscape with the narrow marks of the settings."""
    marks = dict(landscape.marks)
    for mark in settings.marks:
        if mark in NARROW:
            must = set(plan.loc[effect_on(mark, plan) != 0, "gene_id"])
            rng = stream(settings, streams.NARROW, list(NARROW).index(mark))
            marks[mark] = narrow_landscape(mark, landscape, must, rng)
    return replace(landscape, marks=marks)
