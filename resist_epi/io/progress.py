"""How work tells whoever watches it where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class Staged(Protocol):
    """A listener that is told, besides each thing done, which kind of work begins."""

    def __call__(self, text: str, /) -> None:
        """One thing is done."""

    def stage(self, what: str, total: int | None = None) -> None:
        """A kind of work begins, and what came before has ended.

        Parameters
        ----------
        total
            How many calls will come; None where that is not known.
        """


def begin(progress: Callable[[str], None] | None, what: str, total: int | None = None) -> None:
    """Tell a listener that knows stages that one begins; others hear nothing."""
    if isinstance(progress, Staged):
        progress.stage(what, total)
