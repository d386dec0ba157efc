"""Regions past the ends of their chromosomes: places that do not exist, and so have no value."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.genome.chromosomes import Genome

logger = logging.getLogger(__name__)


def true_lengths(
    stated: Iterable[Mapping[str, int | None]], genome: Genome | None = None
) -> dict[str, int]:
    """Length of every chromosome that the assembly, or any file, tells; bp."""
    lengths = {c: n for file in stated for c, n in file.items() if n is not None}
    return lengths | dict({} if genome is None else genome.lengths)


def past_ends(
    regions: pd.DataFrame, lengths: Mapping[str, int], *, what: str = "regions"
) -> NDArray[np.bool_]:
    """(n_regions,) whether a region lies wholly past its chromosome's end; how many do is said.

    Of a region that reaches past the end the part inside counts, and its mean is over that part.

    Parameters
    ----------
    lengths
        Length in bp by chromosome; one that is not named has no end.
    """
    limit = regions["chrom"].map(dict(lengths)).to_numpy(np.float64)
    start, end = (regions[c].to_numpy(np.float64) for c in ("start", "end"))
    past = np.asarray(start >= limit)
    partly = ~past & (end > limit)
    for found, level, words in (
        (past, logging.WARNING, "lie past the ends of their chromosomes and have no value"),
        (partly, logging.INFO, "reach past the ends of their chromosomes: the part inside counts"),
    ):
        if found.any():
            one = regions.iloc[int(np.argmax(found))]
            logger.log(
                level,
                "%d of %d %s %s (the first is %s:%d-%d, and %s has %d bp)",
                *(int(found.sum()), len(regions), what, words, one["chrom"], one["start"]),
                *(one["end"], one["chrom"], lengths[one["chrom"]]),
            )
    return past
