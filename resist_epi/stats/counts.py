"""What every kernel asks of a matrix of counts before it works on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError


def checked_counts(counts: npt.ArrayLike, *, single: bool = False) -> FloatArray:
    """Counts as a matrix of floats, rows side by side in memory.

    Parameters
    ----------
    counts
        Regions x samples.
    single
        Whether float32 stays so.

    Raises
    ------
    QuantityError
        If they are no matrix, or one is negative or not finite: its region and sample are named.
    """
    stays = single and getattr(counts, "dtype", None) == np.float32
    values: NDArray[Any] = np.ascontiguousarray(counts, np.float32 if stays else np.float64)
    if values.ndim != 2:
        raise QuantityError(f"counts must be regions x samples; found {values.ndim} dimensions")
    # The least and the largest tell, NaN too, without a mask of the matrix's size.
    if values.size and not (values.min() >= 0 and values.max() < np.inf):
        bad = ~(np.isfinite(values) & (values >= 0))
        region, sample = np.argwhere(bad)[0]
        raise QuantityError(
            f"counts must be finite and not negative; region {region}, sample {sample} "
            f"(both from 0) holds {values[region, sample]}"
        )
    return values
