"""The response of many regions, and how it is worked through."""

from __future__ import annotations

from collections.abc import Iterator

_BLOCK = 1 << 14  # rows worked on at once

MANY = 64  # samples from which on nothing of samples x samples meets every region


def row_blocks(n: int, width: int = 1) -> Iterator[slice]:
    """Slices over n rows, so that temporaries of `width` times a block stay small."""
    size = max(_BLOCK // width, 256)
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
