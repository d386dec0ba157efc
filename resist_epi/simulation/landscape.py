"""Where each mark lies: H3K27me3 domains over silent promoters, H3K36me3 over active bodies.

All levels are folds of the background: a segment of level 5 adds five times the background's
density of fragments there.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.annotation import Annotation
from resist_epi.genome.intervals import Intervals, merge

BACKGROUND_BLOCK = 100_000  # bp with one level of background: mappability, GC, chromatin

BACKGROUND_SD = 0.2  # natural log

NEIGHBOURHOOD = 500_000  # bp within which domains and bodies vary together

POLYCOMB_SET = "POLYCOMB_TARGETS"

_POLYCOMB_IN_SET, _POLYCOMB_CODING, _POLYCOMB_OTHER = 0.6, 0.08, 0.05

_ACTIVE_CODING, _ACTIVE_OTHER, _ACTIVE_LONG = 0.55, 0.10, 0.25

_LONG_GENE, _SHORT_GENE = 200_000, 2_000

_DOMAIN_UP, _DOMAIN_DOWN, _DOMAIN_SPREAD = 4_000, 8_000, 0.5  # bp (medians), natural log

_DOMAIN_GAP, _DOMAIN_RAMP = 10_000, 1_500  # bp

_DOMAIN_LEVEL, _BODY_LEVEL, _LEVEL_SPREAD = 8.0, 4.0, 0.35  # folds (medians), natural log

_BODY_OFFSET = 500

_BODY_5, _BODY_3 = 0.3, 1.7  # level at either end of a body, relative to its mean


@dataclass(frozen=True)
class CopySegment:
    """A segment with more copies in some tumours.

    Attributes
    ----------
    chrom
        Position among the chromosomes.
    start, end
        bp, 0-based half-open; the start is that of a block of the background.
    ratio
        Copies relative to the rest of the genome.
    """

    chrom: int
    start: int
    end: int
    ratio: float


@dataclass(frozen=True)
class MarkLandscape:
    """Enriched segments of a mark, gathered in units that change as one.

    Attributes
    ----------
    chrom
        (n_segments,) int64 position among the chromosomes.
    start, end
        (n_segments,) int64 bp, 0-based half-open.
    first, last
        (n_segments,) fold of the background at either end; linear in between.
    unit
        (n_segments,) int64: domain or body that the segment belongs to.
    neighbourhood
        (n_units,) int64: units of one number vary together.
    unit_of_gene
        (n_genes,) int64: the unit at each gene, -1 for none.
    """

    chrom: IntArray
    start: IntArray
    end: IntArray
    first: FloatArray
    last: FloatArray
    unit: IntArray
    neighbourhood: IntArray
    unit_of_gene: IntArray

    @property
    def n_units(self) -> int:
        """Number of domains or bodies."""
        return len(self.neighbourhood)

    @property
    def mass(self) -> FloatArray:
        """(n_segments,) fragments in each, where a bp of background holds one."""
        return (self.first + self.last) / 2 * (self.end - self.start)

    def copies(self, segment: CopySegment | None) -> FloatArray:
        """(n_segments,) copies of each, told by its middle; 1 without a copy segment."""
        if segment is None:
            return np.ones(len(self.unit))
        middle = (self.start + self.end) // 2
        inside = (self.chrom == segment.chrom) & (middle >= segment.start)
        return np.where(inside & (middle < segment.end), segment.ratio, 1.0)

    @property
    def unit_mass(self) -> FloatArray:
        """(n_units,) as `mass`."""
        mass = np.bincount(self.unit, weights=self.mass, minlength=self.n_units)
        return np.asarray(mass, dtype=np.float64)


@dataclass(frozen=True)
class Landscape:
    """What the tumours have in common.

    Attributes
    ----------
    chroms, lengths
        Names and bp of the chromosomes.
    genes
        `gene_id symbol chrom strand tss tes biotype`, n_genes rows.
    background
        By chromosome, the level of each block of `BACKGROUND_BLOCK` bp; its mean is 1.
    marks
        By mark.
    """

    chroms: tuple[str, ...]
    lengths: IntArray
    genes: pd.DataFrame
    background: tuple[FloatArray, ...]
    marks: Mapping[str, MarkLandscape]

    def block_levels(self, chrom: int, copies: CopySegment | None = None) -> FloatArray:
        """(n_blocks,) background of a chromosome, times its copies."""
        level = self.background[chrom]
        if copies is None or chrom != copies.chrom:
            return level
        start = np.arange(len(level)) * BACKGROUND_BLOCK
        return np.where(start >= copies.start, level * copies.ratio, level)

    def block_masses(self, chrom: int, copies: CopySegment | None = None) -> FloatArray:
        """(n_blocks,) bp x level; the last block of a chromosome is shorter."""
        level = self.block_levels(chrom, copies)
        start = np.arange(len(level)) * BACKGROUND_BLOCK
        return np.asarray(level * np.minimum(BACKGROUND_BLOCK, self.lengths[chrom] - start))


def gene_table(annotation: Annotation) -> pd.DataFrame:
    """Genes with their own TSS and the end farthest from it: `tss`, `tes`, `length` (bp)."""
    genes = annotation.genes
    plus = (genes["strand"] == "+").to_numpy()
    tss = annotation.primary_tss().reindex(genes["gene_id"]).to_numpy(np.int64)
    tes = np.where(plus, genes["end"].to_numpy() - 1, genes["start"].to_numpy())
    table = genes[["gene_id", "symbol", "chrom", "strand", "biotype"]].assign(tss=tss, tes=tes)
    return table.assign(length=np.abs(tes - tss) + 1).reset_index(drop=True)


def make_landscape(
    genes: pd.DataFrame,
    lengths: Mapping[str, int],
    gene_sets: Mapping[str, GeneSet],
    *,
    must_be_polycomb: Set[str],
    must_be_active: Set[str],
    rng: np.random.Generator,
) -> Landscape:
    """Draw what the tumours have in common.

    Parameters
    ----------
    genes
        As `gene_table` gives it, of these chromosomes only.
    lengths
        bp of each chromosome.
    must_be_polycomb, must_be_active
        gene_ids that get a domain, and those that get a body, whatever the draw says.
    """
    chroms = tuple(lengths)
    code = pd.Index(chroms).get_indexer(pd.Index(genes["chrom"])).astype(np.int64)
    bp = np.array(list(lengths.values()), dtype=np.int64)
    targets = gene_sets[POLYCOMB_SET].genes if POLYCOMB_SET in gene_sets else ()
    target = genes["symbol"].isin(list(targets)).to_numpy()
    coding = (genes["biotype"] == "protein_coding").to_numpy()
    p_polycomb = np.where(
        target, _POLYCOMB_IN_SET, np.where(coding, _POLYCOMB_CODING, _POLYCOMB_OTHER)
    )
    polycomb = rng.random(len(genes)) < p_polycomb
    p_active = np.where(coding, _ACTIVE_CODING, _ACTIVE_OTHER)
    p_active = np.where(genes["length"] > _LONG_GENE, np.minimum(p_active, _ACTIVE_LONG), p_active)
    active = (rng.random(len(genes)) < p_active) & ~polycomb
    polycomb |= genes["gene_id"].isin(must_be_polycomb).to_numpy()
    active |= genes["gene_id"].isin(must_be_active).to_numpy()
    active &= (genes["length"] > _SHORT_GENE).to_numpy()
    return Landscape(
        chroms,
        bp,
        genes,
        tuple(_background(int(n), rng) for n in bp),
        {
            "H3K27me3": _domains(genes, code, bp, np.flatnonzero(polycomb), rng),
            "H3K36me3": _bodies(genes, code, np.flatnonzero(active), rng),
        },
    )


def _background(length: int, rng: np.random.Generator) -> FloatArray:
    level = rng.lognormal(0.0, BACKGROUND_SD, size=-(-length // BACKGROUND_BLOCK))
    return np.asarray(level / level.mean())


def _domains(
    genes: pd.DataFrame, code: IntArray, lengths: IntArray, rows: IntArray, rng: np.random.Generator
) -> MarkLandscape:
    """Plateaus with soft edges around silent TSS; near ones are one domain (as over HOX)."""
    n = len(rows)
    up = (_DOMAIN_UP * rng.lognormal(0.0, _DOMAIN_SPREAD, size=n)).astype(np.int64)
    down = (_DOMAIN_DOWN * rng.lognormal(0.0, _DOMAIN_SPREAD, size=n)).astype(np.int64)
    level = _DOMAIN_LEVEL * rng.lognormal(0.0, _LEVEL_SPREAD, size=n)
    plus = (genes["strand"] == "+").to_numpy()[rows]
    tss, chrom = genes["tss"].to_numpy()[rows], code[rows]
    start = np.maximum(np.where(plus, tss - up, tss - down), 0)
    end = np.minimum(np.where(plus, tss + down, tss + up), lengths[chrom])
    union, member = merge(Intervals(chrom, start, end), gap=_DOMAIN_GAP)
    count = np.bincount(member, minlength=len(union))
    plateau = np.bincount(member, weights=level, minlength=len(union)) / count
    ramp = np.minimum(_DOMAIN_RAMP, union.length // 3)
    none = np.zeros(len(union))
    unit_of_gene = np.full(len(genes), -1, dtype=np.int64)
    unit_of_gene[rows] = member
    unit = np.arange(len(union))
    return MarkLandscape(
        chrom=np.tile(union.chrom, 3),
        start=np.concatenate([union.start, union.start + ramp, union.end - ramp]),
        end=np.concatenate([union.start + ramp, union.end - ramp, union.end]),
        first=np.concatenate([none, plateau, plateau]),
        last=np.concatenate([plateau, plateau, none]),
        unit=np.tile(unit, 3),
        neighbourhood=neighbourhoods(union.chrom, (union.start + union.end) // 2),
        unit_of_gene=unit_of_gene,
    )


def _bodies(
    genes: pd.DataFrame, code: IntArray, rows: IntArray, rng: np.random.Generator
) -> MarkLandscape:
    """From the TSS to the TES, rising; overlapping genes add up."""
    level = _BODY_LEVEL * rng.lognormal(0.0, _LEVEL_SPREAD, size=len(rows))
    plus = (genes["strand"] == "+").to_numpy()[rows]
    tss, tes = genes["tss"].to_numpy()[rows], genes["tes"].to_numpy()[rows]
    start = np.where(plus, tss + _BODY_OFFSET, tes)
    end = np.where(plus, tes + 1, tss + 1 - _BODY_OFFSET)
    unit_of_gene = np.full(len(genes), -1, dtype=np.int64)
    unit_of_gene[rows] = np.arange(len(rows))
    return MarkLandscape(
        chrom=code[rows],
        start=start,
        end=end,
        first=level * np.where(plus, _BODY_5, _BODY_3),
        last=level * np.where(plus, _BODY_3, _BODY_5),
        unit=np.arange(len(rows)),
        neighbourhood=neighbourhoods(code[rows], (start + end) // 2),
        unit_of_gene=unit_of_gene,
    )


def neighbourhoods(chrom: IntArray, middle: IntArray) -> IntArray:
    """(n,) the neighbourhood of units with these middles: those of one number vary together."""
    return np.asarray(chrom * 10_000 + middle // NEIGHBOURHOOD, dtype=np.int64)
