"""Numba's `njit`, in whatever folder Python runs.

Numba asks for the optional module `coverage`. In a folder that holds one of that name, as a cohort
with its tracks does, Python takes the folder for the module, and numba cannot be imported.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

_found = None if "coverage" in sys.modules else find_spec("coverage")

if _found is not None and _found.origin is None:  # a folder without code
    sys.modules["coverage"] = None  # type: ignore[assignment]  # as if it were not there
    try:
        from numba import njit as njit  # noqa: PLC0414
    finally:
        del sys.modules["coverage"]
else:
    from numba import njit as njit  # noqa: PLC0414
