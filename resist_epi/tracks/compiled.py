"""Numba's `njit`, in whatever folder Python runs, and where nothing can be written.

Numba asks for the optional module `coverage`. In a folder that holds one of that name, as a cohort
with its tracks does, Python takes the folder for the module, and numba cannot be imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

_found = None if "coverage" in sys.modules else find_spec("coverage")

if _found is not None and _found.origin is None:  # a folder without code
    sys.modules["coverage"] = None  # type: ignore[assignment]  # as if it were not there
    try:
        import numba
    finally:
        del sys.modules["coverage"]
else:
    import numba

F = TypeVar("F", bound=Callable[..., Any])


def njit(*, cache: bool = False, **options: Any) -> Callable[[F], F]:
    """`numba.njit`; where no folder for compiled code can be written, each process compiles.

    As in a container whose files cannot be written, by a user without a home.
    """

    def compiled(function: F) -> F:
        if cache:
            try:
                kept: F = numba.njit(cache=True, **options)(function)
            except RuntimeError:  # numba's word for it
                pass
            else:
                return kept
        made: F = numba.njit(**options)(function)
        return made

    return compiled
