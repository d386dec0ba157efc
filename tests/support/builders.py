"""Small tables that many tests need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from resist_epi.counting.matrix import CountMatrix
from resist_epi.samples.sheet import SampleSheet, make_sheet


def regions(n: int, *, chrom: str = "chr1", width: int = 1000, kind: str = "genes") -> pd.DataFrame:
    """N adjacent regions, each with a gene of its own."""
    starts = np.arange(n, dtype=np.int64) * width
    return pd.DataFrame(
        {
            "chrom": chrom,
            "start": starts,
            "end": starts + width,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "gene_id": [f"g{i}" for i in range(n)],
            "symbol": [f"S{i}" for i in range(n)],
            "kind": kind,
        }
    )


def matrix(
    values: ArrayLike,
    *,
    quantity: str = "mean_signal",
    samples: Sequence[str] | None = None,
    library_sizes: ArrayLike | None = None,
) -> CountMatrix:
    """Matrix of adjacent regions; library sizes are column sums unless given."""
    array = np.asarray(values, dtype=np.float64)
    names = tuple(samples or (f"s{i}" for i in range(array.shape[1])))
    sizes = array.sum(axis=0) if library_sizes is None else np.asarray(library_sizes, dtype=float)
    return CountMatrix(array, regions(len(array)), names, quantity, sizes)


def sheet(conditions: Sequence[str], **columns: Sequence[object]) -> SampleSheet:
    """Sheet of samples s0, s1, … of one mark."""
    table: Mapping[str, Sequence[object]] = {
        "SampleID": [f"s{i}" for i in range(len(conditions))],
        "Factor": ["H3K27me3"] * len(conditions),
        "Condition": list(conditions),
        **columns,
    }
    return make_sheet(pd.DataFrame(table, dtype=object))


def planted(
    *,
    n: int = 400,
    per_group: int = 4,
    changed: int = 40,
    change: float = 3.0,
    noise: float = 0.25,
    seed: int = 1,
) -> CountMatrix:
    """Log-normal signal; the first `changed` regions are higher in the second half of the samples.

    Samples s0 … s(2 per_group - 1); the first half is good, the second poor.
    """
    rng = np.random.default_rng(seed)
    level = rng.normal(3, 2, size=(n, 1)) + rng.normal(0, noise, size=(n, 2 * per_group))
    level[:changed, per_group:] += change
    return matrix(2.0**level, library_sizes=np.full(2 * per_group, 1e6))


def said(table: pd.DataFrame) -> str:
    """The `#` lines above a table that was read."""
    return "\n".join(f"{name}: {value}" for name, value in table.attrs["header"].items())
