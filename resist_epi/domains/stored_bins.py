"""Bins of windows where they lie: in memory, or in the file of a run, a few rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import AnyFloat, FloatArray
from resist_epi.counting.counts_file import CountsFile
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.matrix_files import open_counts, read_counts

_IN_MEMORY = 1 << 28  # bytes of values that are held at once


@dataclass(frozen=True)
class StoredBins:
    """Bins in a file that `write_counts` wrote, whose values are read when they are asked for.

    Attributes
    ----------
    file
        Open as long as this is used.
    regions, samples, quantity, library_sizes, metadata
        As of `CountMatrix`.
    """

    file: CountsFile
    regions: pd.DataFrame
    samples: tuple[str, ...]
    quantity: str
    library_sizes: FloatArray
    metadata: Mapping[str, Any]


Bins = CountMatrix | StoredBins


def open_bins(path: str | Path) -> Bins:
    """The bins of a file: a matrix where they are few or no float32, else stored.

    Raises
    ------
    InputFormatError
        As `read_counts`; the whole file is held against its digest first.
    """
    opened = open_counts(path, least=_IN_MEMORY)
    if opened is None:
        return read_counts(path)
    file, regions, described = opened
    return StoredBins(
        file,
        regions,
        tuple(described["samples"]),
        described["quantity"],
        described["library_sizes"],
        described["metadata"],
    )


def close_bins(bins: Bins) -> None:
    """Close the file, where there is one."""
    if isinstance(bins, StoredBins):
        bins.file.close()


def few_enough(bins: CountMatrix) -> bool:
    """Whether bins that are in a file, too, may stay in memory until they are tested."""
    return bins.values.nbytes < _IN_MEMORY


def bin_rows(bins: Bins, first: int, last: int) -> AnyFloat:
    """(last - first, n_samples) values of some rows."""
    if isinstance(bins, CountMatrix):
        return bins.values[first:last]
    return bins.file.rows(bins.samples, first, last)


def type_of(bins: Bins) -> np.dtype[Any]:
    """float32 or float64."""
    return bins.values.dtype if isinstance(bins, CountMatrix) else np.dtype(np.float32)
