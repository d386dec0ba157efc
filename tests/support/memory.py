"""How much memory a call takes beside what it is given."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


def peak_memory(call: Callable[[], Made]) -> tuple[int, Made]:
    """The most that a call held at once of what it allocated, bytes; and what it gave."""
    tracemalloc.start()
    try:
        made = call()
        return tracemalloc.get_traced_memory()[1], made
    finally:
        tracemalloc.stop()
