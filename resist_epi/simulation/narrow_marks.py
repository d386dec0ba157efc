"""Where the narrow marks lie: at promoters of active genes, and at sites far from them.

A gene's segments are one unit, which changes as one; where two genes' segments overlap they add up.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.simulation.landscape import Landscape, MarkLandscape, neighbourhoods


@dataclass(frozen=True)
class NarrowMark:
    """How a narrow mark lies around the genes that have it.

    Attributes
    ----------
    promoter
        bp around the TSS; 0 where the mark is not there.
    sites
        Expected number of distal sites a gene.
    site
        bp of one.
    farthest
        bp from the TSS within which sites lie.
    level
        Fold of the background (median), log-normal with `LEVEL_SPREAD`.
    share
        Share of the active genes that have it.
    of_active
        log2 effect on it, of a gene whose transcription changes by one.
    """

    promoter: int
    sites: float
    site: int
    farthest: int
    level: float
    share: float
    of_active: float


LEVEL_SPREAD = 0.4  # natural log

NEAREST = 3_000  # bp from a TSS, of a distal site

NARROW: dict[str, NarrowMark] = {
    "H3K4me3": NarrowMark(2000, 0.0, 0, 0, 25.0, 1.0, 0.5),
    "H3K27ac": NarrowMark(1500, 1.5, 1000, 80_000, 15.0, 0.9, 0.8),
    "ER": NarrowMark(0, 2.5, 600, 100_000, 30.0, 0.15, 1.0),
}


def narrow_landscape(
    mark: str, landscape: Landscape, must_have: Set[str], rng: np.random.Generator
) -> MarkLandscape:
    """Draw where a narrow mark lies.

    Parameters
    ----------
    landscape
        Genes, chromosomes, and which genes are active: those with a body of H3K36me3.
    must_have
        gene_ids that have the mark, whatever the draw says.
    """
    shape, genes = NARROW[mark], landscape.genes
    active = landscape.marks["H3K36me3"].unit_of_gene >= 0
    chosen = active & (rng.random(len(genes)) < shape.share)
    chosen |= genes["gene_id"].isin(list(must_have)).to_numpy()
    rows = np.flatnonzero(chosen)
    n_sites = rng.poisson(shape.sites, size=len(rows)) if shape.sites else np.zeros(len(rows), int)
    if not shape.promoter:
        n_sites = np.maximum(n_sites, 1)
    tss = genes["tss"].to_numpy(np.int64)[rows]
    own = np.repeat(np.arange(len(rows)), n_sites)
    away = rng.uniform(NEAREST, max(shape.farthest, NEAREST + 1), size=len(own))
    away *= rng.choice([-1.0, 1.0], size=len(own))
    middle = tss[own] + away.astype(np.int64)
    parts = [(own, middle, shape.site)]
    if shape.promoter:
        parts.insert(0, (np.arange(len(rows)), tss, shape.promoter))
    unit = np.concatenate([p[0] for p in parts])
    centre = np.concatenate([p[1] for p in parts])
    width = np.concatenate([np.full(len(p[0]), p[2]) for p in parts])
    code = pd.Index(landscape.chroms).get_indexer(pd.Index(genes["chrom"])).astype(np.int64)[rows]
    start, end = _inside(centre, width, landscape.lengths[code[unit]])
    level = shape.level * rng.lognormal(0.0, LEVEL_SPREAD, size=len(unit))
    unit_of_gene = np.full(len(genes), -1, dtype=np.int64)
    unit_of_gene[rows] = np.arange(len(rows))
    return MarkLandscape(
        chrom=code[unit],
        start=start,
        end=end,
        first=level,
        last=level,
        unit=unit,
        neighbourhood=neighbourhoods(code, tss),
        unit_of_gene=unit_of_gene,
    )


def _inside(centre: IntArray, width: IntArray, length: IntArray) -> tuple[IntArray, IntArray]:
    """Starts and ends of so many bp around these places, moved into their chromosomes."""
    start = np.clip(centre - width // 2, 0, length - width)
    return start, start + width


def effect_on(mark: str, plan: pd.DataFrame) -> FloatArray:
    """(n_genes,) log2 effect on a mark, of genes whose H3K27me3 and H3K36me3 change as planned.

    A narrow mark follows transcription, for which H3K36me3 stands, or the loss of H3K27me3 where
    that alone changes; ER where the oestrogen programme does.
    """
    if mark not in NARROW:
        column = {"H3K27me3": "k27", "H3K36me3": "k36"}[mark]
        return plan[column].to_numpy(np.float64)
    k27, k36 = plan["k27"].to_numpy(np.float64), plan["k36"].to_numpy(np.float64)
    active = np.where(k36 != 0, k36, -k27) * NARROW[mark].of_active
    if mark == "ER":
        active = np.where(plan["why"] == "oestrogen_programme", active, 0.0)
    return np.asarray(active)
