"""Normalisations: each an assumption about what does not change between samples.

To add one, write its kernel in `stats/size_factors.py` and a line in `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import DesignError
from resist_epi.matrix import CountMatrix
from resist_epi.stats.size_factors import tmm

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Normalization:
    """A normalisation and the assumption that it makes.

    Attributes
    ----------
    factors
        (values (n_regions, n_samples), library_sizes (n_samples,)) -> (n_samples,) size factors.
    assumption
        What must hold for its fold changes to be right, in one sentence.
    """

    factors: Callable[[FloatArray, FloatArray], FloatArray]
    assumption: str


def _library_size(values: FloatArray, library_sizes: FloatArray) -> FloatArray:
    return np.ones_like(library_sizes)


METHODS: Mapping[str, Normalization] = {
    "library_size": Normalization(
        _library_size,
        "the total of mark and background together is the same in every sample",
    ),
    "tmm": Normalization(
        tmm,
        "most of the regions tested do not change, or gains and losses balance;"
        " a global gain or loss of the mark is taken away",
    ),
}
DEFAULT = "library_size"


def normalize(matrix: CountMatrix, method: str = DEFAULT) -> CountMatrix:
    """Return the matrix with size factors.

    A sample's effective library size is `library_sizes * size_factors`. All-zero regions have no
    say.

    Parameters
    ----------
    method
        A key of `METHODS`; its `assumption` says what must hold.

    Raises
    ------
    DesignError
        If the method is unknown, or no region has signal to estimate factors from.

    Examples
    --------
    >>> from resist_epi.matrix import CountMatrix
    >>> from resist_epi.regions import bed_regions
    >>> regions = bed_regions([("chr1", 0, 500), ("chr1", 500, 900)])
    >>> counts = CountMatrix(np.array([[4.0, 8], [6, 12]]), regions, ("a", "b"), "reads",
    ...                      np.array([10.0, 20]))
    >>> normalize(counts, "tmm").size_factors
    array([1., 1.])
    """
    if method not in METHODS:
        raise DesignError(f"unknown normalisation {method!r}; expected one of {', '.join(METHODS)}")
    present = (matrix.values > 0).any(axis=1)
    if not present.any():
        raise DesignError(
            "no region has any signal in any sample, so there is nothing to normalise by;"
            " check that regions and tracks are of one assembly"
        )
    factors = METHODS[method].factors(matrix.values[present], matrix.library_sizes)
    return replace(
        matrix, size_factors=factors, metadata={**matrix.metadata, "normalization": method}
    )


def factors_table(matrix: CountMatrix, method: str) -> pd.DataFrame:
    """Table of the factors: a row a sample.

    Columns `sample normalization library_size size_factor effective_library_size`.
    """
    factors = matrix.size_factors
    return pd.DataFrame(
        {
            "sample": list(matrix.samples),
            "normalization": method,
            "library_size": matrix.library_sizes,
            "size_factor": np.ones(len(matrix.samples)) if factors is None else factors,
            "effective_library_size": matrix.effective_library_sizes,
        }
    )


def scaled(matrix: CountMatrix) -> FloatArray:
    """(n_regions, n_samples) values on the scale of a sample of the geometric mean library size.

    The common scale keeps the quantity's own unit; only differences between samples are taken away.
    """
    effective = matrix.effective_library_sizes
    scale = effective / np.exp(np.log(effective).mean())
    return np.asarray(matrix.values / scale, dtype=np.float64)
