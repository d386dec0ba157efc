"""Regions where the inputs themselves are far too high, to be left out of every sample."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.controls import count_controls, distinct_controls, open_controls
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.counting.sources import in_one_naming, study_naming
from resist_epi.dna.count_threshold import high_threshold
from resist_epi.errors import DesignError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.chromosomes import autosomes
from resist_epi.genome.reference import load_exclude, load_reference
from resist_epi.genome.regions import make_regions
from resist_epi.samples.sheet import read_sheet
from resist_epi.schema import COUNTS
from resist_epi.tracks.opened import chromosome_ends

logger = logging.getLogger(__name__)

GREYLIST_BIN = 1_000

QUANTILE = 0.999

MAX_GAP = 16_000

_NEIGHBOURHOOD = 200  # bins, whose median says how much DNA is there


def greylist(
    bins: CountMatrix, *, quantile: float = QUANTILE, max_gap: int = MAX_GAP
) -> pd.DataFrame:
    """Regions in which any of the inputs is above a high quantile of what its bins follow.

    The idea of GreyListChIP (Brown, Bioconductor; described in Stark & Brown's DiffBind), written
    from its description: a negative binomial distribution is fitted to the bins of each input, and
    bins above its quantile are joined. Two things differ. Each bin is held against its 200-kb
    neighbourhood, so that an amplified locus of a tumour is not thrown away as an artefact: there
    copy number is to be corrected. And of coverage, whose scale is unknown, the fit is a gamma
    distribution. `n_inputs` says in how many of the inputs a region is too high.

    Parameters
    ----------
    bins
        Inputs in adjacent bins of the genome, 1 kb for instance; a column an input.
    quantile
        Of the fitted distribution; GreyListChIP's is .99.
    max_gap
        bp between bins that are still joined.

    Raises
    ------
    DesignError
        If the quantile is none.
    """
    if not 0.5 < quantile < 1:
        raise DesignError(f"a quantile of {quantile:g}; expected one between .5 and 1, as .999")
    own = set(autosomes(dict.fromkeys(bins.regions["chrom"], 0)))
    autosomal = bins.regions["chrom"].isin(own).to_numpy()
    too_high = np.zeros(bins.values.shape, dtype=bool)
    counts = bins.quantity in COUNTS
    for i, sample in enumerate(bins.samples):
        values = bins.values[:, i] / _neighbourhood(bins.values[:, i], bins.regions, autosomal)
        threshold = high_threshold(values[autosomal], quantile=quantile, counts=counts)
        too_high[:, i] = values > threshold
        logger.info(
            "input of %s: %d of %d bins above %.4g",
            sample,
            too_high[:, i].sum(),
            len(values),
            threshold,
        )
    return _joined(bins.regions, too_high, max_gap)


def _neighbourhood(
    values: NDArray[np.float64], regions: pd.DataFrame, autosomal: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(n_bins,) median of each bin's neighbours over the genome's, 1 where there is too little."""
    usual = np.median(values[autosomal & (values > 0)]) if (values[autosomal] > 0).any() else 1.0
    relative = np.ones(len(values))
    for rows in regions.groupby("chrom", sort=False).indices.values():
        for first in range(0, len(rows), _NEIGHBOURHOOD):
            here = rows[first : first + _NEIGHBOURHOOD]
            present = values[here][values[here] > 0]
            if len(present) >= _NEIGHBOURHOOD // 4:
                # Less DNA than usual is no reason to call what remains too high.
                relative[here] = max(float(np.median(present)) / usual, 1.0)
    return relative


def _joined(regions: pd.DataFrame, too_high: NDArray[np.bool_], max_gap: int) -> pd.DataFrame:
    """High bins joined over gaps, with the number of inputs that are high in any of their bins."""
    kept = too_high.any(axis=1)
    table = regions[["chrom", "start", "end"]][kept].reset_index(drop=True)
    high = too_high[kept]
    new = (table["chrom"] != table["chrom"].shift()) | (
        table["start"] - table["end"].shift() > max_gap
    )
    group = (np.cumsum(new.to_numpy()) - 1).astype(np.int64)
    n = int(group.max(initial=-1)) + 1
    controls = np.zeros((n, too_high.shape[1]), dtype=bool)
    np.logical_or.at(controls, group, high)
    joined = table.groupby(group, sort=True).agg(
        chrom=("chrom", "first"), start=("start", "min"), end=("end", "max")
    )
    return make_regions(joined.assign(n_inputs=controls.sum(axis=1)), kind="peaks")


def sheet_greylist(
    sheet_path: Path,
    *,
    genome: str | None = None,
    exclude: Path | None = None,
    quantile: float = QUANTILE,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Greylist of all inputs of a sheet together.

    Raises
    ------
    ResistEpiError
        If the sheet has no inputs, or one cannot be read.
    """
    sheet = read_sheet(sheet_path)
    own = sheet.for_samples(list(distinct_controls(sheet)))
    controls = in_one_naming(open_controls(own), genome)
    lengths = chromosome_ends(controls.values())
    reference = None if genome is None else load_reference(genome, None, tracks=controls).genome
    naming = study_naming(controls, reference, read=exclude is not None)
    if reference is not None:
        lengths = {c: n for c, n in reference.lengths.items() if c in lengths}
    bins = count_controls(
        own,
        genome_bins(lengths, GREYLIST_BIN),
        controls=controls,
        how=Pass(exclude=load_exclude(exclude, naming), genome=reference, progress=progress),
    )
    found = greylist(bins, quantile=quantile)
    size = int((found["end"] - found["start"]).sum())
    logger.info(
        "%d regions, %.2f Mb, are too high in any of %d inputs",
        len(found),
        size / 1e6,
        len(own.samples),
    )
    return found
