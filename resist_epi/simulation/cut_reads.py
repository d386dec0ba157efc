"""Reads of a simulated CUT&RUN or CUT&Tag library: pairs, cut sites, and E. coli beside the genome.

Three things differ from a ChIP-seq library: there is little background (`ENRICHMENT`); ends lie at
places that are cut again and again, so fragments of different cells have the same ends and are
marked as duplicates; and the enzyme carries over DNA of E. coli, in equal amount per cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import IntArray
from resist_epi.simulation.cohort import Cohort, library_fragments
from resist_epi.simulation.settings import E_COLI
from resist_epi.simulation.streams import CUT_READS, stream

SITE = 50  # bp between places that are cut

# Fragments below, of and above one nucleosome: length by that of the settings, and share of each.
LENGTHS, SHARES, LENGTH_SD = (0.4, 0.85, 1.7), (0.1, 0.7, 0.2), 0.1

SHORTEST = 50  # bp


@dataclass(frozen=True)
class Fragments:
    """Sequenced fragments of a library, sorted by place.

    Attributes
    ----------
    chrom
        (n,) int64, position among the chromosomes of the file.
    start, end
        (n,) int64 bp, 0-based half-open.
    reverse
        (n,) bool: whether the first read of the pair is the one on the right.
    duplicate
        (n,) bool: whether an earlier fragment has the same ends.
    """

    chrom: IntArray
    start: IntArray
    end: IntArray
    reverse: NDArray[np.bool_]
    duplicate: NDArray[np.bool_]


def file_lengths(cohort: Cohort) -> dict[str, int]:
    """Chromosomes of the files, E. coli's last, bp."""
    return {**cohort.chrom_lengths, **E_COLI}


def cut_fragments(cohort: Cohort, sample: str) -> Fragments:
    """Draw the fragments of a library with those of E. coli; the same at every call.

    Raises
    ------
    DesignError
        If there is no such library.
    """
    row = int(np.flatnonzero(cohort.libraries["sample"] == sample)[0])
    own = library_fragments(cohort, sample)
    rng = stream(cohort.settings, CUT_READS, row)
    lengths = list(file_lengths(cohort).values())
    n = int(cohort.libraries["spike_in_reads"].iloc[row])
    starts = [*own, rng.integers(0, lengths[-1], size=n)]
    chrom = np.repeat(np.arange(len(starts)), [len(s) for s in starts])
    start = np.concatenate(starts)
    size = _sizes(len(start), cohort.settings.fragment_length, rng)
    start, end = start // SITE * SITE, (start + size) // SITE * SITE
    most = np.array(lengths, dtype=np.int64)[chrom]
    end = np.minimum(np.maximum(end, start + SHORTEST), most)
    start = np.maximum(np.minimum(start, end - SHORTEST), 0)
    order = np.lexsort((end, start, chrom))
    chrom, start, end = chrom[order], start[order], end[order]
    same = np.zeros(len(start), dtype=bool)
    same[1:] = (np.diff(chrom) == 0) & (np.diff(start) == 0) & (np.diff(end) == 0)
    return Fragments(chrom, start, end, rng.random(len(start)) < 0.5, same)


def _sizes(n: int, typical: int, rng: np.random.Generator) -> IntArray:
    kind = rng.choice(len(LENGTHS), size=n, p=SHARES)
    size = typical * np.array(LENGTHS)[kind] * (1 + LENGTH_SD * rng.standard_normal(n))
    return np.maximum(size, SHORTEST).astype(np.int64)


def duplicate_share(fragments: Fragments, lengths: Mapping[str, int]) -> float:
    """Share of the genome's own fragments that are marked as duplicates."""
    own = fragments.chrom < len(lengths) - 1
    return float(fragments.duplicate[own].mean()) if own.any() else 0.0
