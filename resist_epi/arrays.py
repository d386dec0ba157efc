"""Types of arrays, stated once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
AnyFloat = NDArray[np.float32] | NDArray[np.float64]
IntArray = NDArray[np.int64]
AnyArray = NDArray[Any]
BoolArray = NDArray[np.bool_]

# Starts and ends, 0-based and half-open, of the intervals of one chromosome: (n,) each.
Spans = tuple[IntArray, IntArray]

# The same for every chromosome by name.
ByChromosome = Mapping[str, Spans]
