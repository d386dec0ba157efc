"""Numba's `njit`, in whatever folder Python runs, and where nothing can be written.

Numba asks for the optional module `coverage`. In a folder that holds one of that name, as a cohort
with its tracks does, Python takes the folder for the module, and numba cannot be imported.

Numba keeps compiled code in files, with one table of contents for all types with which a function
was called. Of two processes that write it at one time, as the jobs of a cluster do after an
installation, the table of one may stay with the code of the other: integers are then added up as if
they were floating-point numbers, in every later process, too. Here each combination of types,
processor and source has files of its own, which whoever writes them fills alike.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

from numba.core.caching import FunctionCache, IndexDataCacheFile  # noqa: E402

logger = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])


class _Apart(FunctionCache):
    """Compiled code of a function: types, processor, source and Numba have files of their own."""

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        self._turn_to(sig, target_context.codegen())
        return super()._load_overload(sig, target_context)

    def _save_overload(self, sig: Any, data: Any) -> None:
        self._turn_to(sig, data.codegen)
        super()._save_overload(sig, data)

    def _turn_to(self, sig: Any, codegen: Any) -> None:
        # A process that is killed between table and code leaves no code of an older source there.
        stamp = self._impl.locator.get_source_stamp()
        key = repr((self._index_key(sig, codegen), stamp, numba.__version__))
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._cache_file = IndexDataCacheFile(
            self._cache_path, f"{self._impl.filename_base}.{name}", stamp
        )

    @contextmanager
    def _guard_against_spurious_io_errors(self) -> Iterator[None]:
        """Compile where kept code is damaged, and go on where none can be kept."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever damaged pickles raise
            logger.debug("%s: compiled code is not kept: %r", self._name, error)
            self._discard()

    def _discard(self) -> None:
        try:
            self._cache_file.flush()
        except OSError as error:
            logger.debug("%s: nothing can be written there: %s", self._cache_path, error)


def njit(*, cache: bool = False, **options: Any) -> Callable[[F], F]:
    """`numba.njit`; where no folder for compiled code can be written, each process compiles.

    As in a container whose files cannot be written, by a user without a home.
    """

    def compiled(function: F) -> F:
        if cache:
            try:
                kept: Any = numba.njit(**options)(function)
                kept._cache = _Apart(function)  # as its `cache=True` does
            except RuntimeError:  # numba's word for it
                pass
            else:
                return kept  # type: ignore[no-any-return]
        made: F = numba.njit(**options)(function)
        return made

    return compiled
