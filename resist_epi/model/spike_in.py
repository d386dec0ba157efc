"""Where a spike-in comes from: the sheet, else reads of another genome in the same files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.samples.assay_rows import assays_of
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import COUNTS

STRAY_READS = 100  # a library has fewer of a genome that nobody added


@dataclass(frozen=True)
class SpikeInReads:
    """Reads of an exogenous genome, a number a library.

    Attributes
    ----------
    reads
        (n_samples,) in the order of the matrix.
    source
        Where they come from, in words.
    """

    reads: FloatArray
    source: str


def spike_in_reads(matrix: CountMatrix, sheet: SampleSheet) -> tuple[SpikeInReads | None, str]:
    """The sheet's `SpikeInReads`, else the reads that were counted apart; or None and why not.

    Of several exogenous genomes the assay's first that every library has reads of is taken: what
    was added on purpose goes before what an enzyme carried over.

    Parameters
    ----------
    sheet
        The matrix's rows, in its order.
    """
    own = sheet.numbers("SpikeInReads")
    if own is not None:
        return SpikeInReads(own, "the sheet's SpikeInReads"), ""
    none = "the sheet has no SpikeInReads"
    apart: Mapping[str, Mapping[str, float]] = matrix.metadata.get("exogenous", {})
    if not apart:
        return None, none
    if matrix.quantity not in COUNTS:
        return None, f"{none}, and of {matrix.quantity} no reads of another genome can be counted"
    assays = dict.fromkeys(assays_of(sheet))
    taken = [s for s in next(iter(assays)).spike_in if all(s in a.spike_in for a in assays)]
    reads = {
        species: np.array([apart[species].get(s, 0.0) for s in matrix.samples])
        for species in taken
        if species in apart
    }
    names = " and ".join(a.name for a in assays)
    if not reads:
        return None, f"{none}, and {', '.join(apart)} in its files is no spike-in of {names}"
    if not any(values.any() for values in reads.values()):
        return None, f"{none}, and no library has a read of {' or '.join(reads)}"
    enough = [species for species, values in reads.items() if values.min() >= STRAY_READS]
    chosen = enough[0] if enough else max(reads, key=lambda species: reads[species].min())
    return SpikeInReads(reads[chosen], f"reads of {chosen} in the same files"), ""
