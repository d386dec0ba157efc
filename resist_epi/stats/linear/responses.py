"""The response of many regions, and how it is worked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray

_BLOCK = 1 << 14  # rows worked on at once

MANY = 64  # samples from which on nothing of samples x samples meets every region


def row_blocks(n: int, width: int = 1) -> Iterator[slice]:
    """Slices over n rows, so that temporaries of `width` times a block stay small."""
    size = max(_BLOCK // width, 256)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def float_response(y: npt.ArrayLike) -> FloatArray:
    """The response as floats: float32 stays so, for what is computed of it is float64."""
    if isinstance(y, np.ndarray) and y.dtype == np.float32:
        return cast("FloatArray", y)
    return np.asarray(y, dtype=np.float64)
