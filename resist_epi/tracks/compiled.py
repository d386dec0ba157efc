"""Numba's `njit`, in whatever folder Python runs, and wherever compiled code can be kept or not.

Numba asks for the optional module `coverage`. In a folder that holds one of that name, as a cohort
with its tracks does, Python takes the folder for the module, and numba cannot be imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

_found = None if "coverage" in sys.modules else find_spec("coverage")

if _found is not None and _found.origin is None:  # a folder without code
    sys.modules["coverage"] = None  # type: ignore[assignment]  # as if it were not there
    try:
        import numba
    finally:
        del sys.modules["coverage"]
else:
    import numba


def njit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`numba.njit`; where no folder can be written, code is compiled anew in every process."""

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(**options)(function)  # type: ignore[no-any-return]
        except RuntimeError:  # of `cache`, for which Numba finds no place
            return numba.njit(**{**options, "cache": False})(function)  # type: ignore[no-any-return]

    return compiled
