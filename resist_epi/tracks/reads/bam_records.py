"""The loop over the records of a BAM file, compiled with Numba (cached on disk).

A record's place is known only from the one before, so NumPy cannot do this. The module is imported
where a BAM is read and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resist_epi.tracks.compiled import njit

OK, TOO_SHORT, NO_ROOM, UNKNOWN_CHROMOSOME = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def _u32(data: Any, at: Any) -> Any:
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@njit(cache=True, nogil=True)
def _i32(data: Any, at: Any) -> Any:
    value = _u32(data, at)
    return value - 4294967296 if value >= 2147483648 else value


@njit(cache=True, nogil=True)
def walk_records(data: Any, n_chroms: Any, out: Any) -> Any:
    """Read the records of a chunk into columns.

    Parameters
    ----------
    data
        (n,) uint8, beginning with a record.
    n_chroms
        Number of chromosomes in the header.
    out
        (7, m) int64 to fill: chromosome, start, end on the reference, flag, mapping quality,
        chromosome of the mate, template length.

    Returns
    -------
    tuple
        Records read, bytes used (the rest is the beginning of a record), and a state: `OK`, or
        what is wrong with the record at `bytes used`.
    """
    at, row, size = 0, 0, data.size
    while at + 4 <= size and row < out.shape[1]:
        length = _u32(data, at)
        if length < 33 or length > 536870912:
            return row, at, TOO_SHORT
        if at + 4 + length > size:
            break
        body = at + 4
        chrom = _i32(data, body)
        start = _i32(data, body + 4)
        name = np.int64(data[body + 8])
        quality = np.int64(data[body + 9])
        operations = np.int64(data[body + 12]) | np.int64(data[body + 13]) << 8
        flag = np.int64(data[body + 14]) | np.int64(data[body + 15]) << 8
        mate = _i32(data, body + 20)
        template = _i32(data, body + 28)
        if 32 + name + 4 * operations > length:
            return row, at, NO_ROOM
        if chrom >= n_chroms or chrom < -1 or start < -1:
            return row, at, UNKNOWN_CHROMOSOME
        end = start
        cigar = body + 32 + name
        for _ in range(operations):
            operation = _u32(data, cigar)
            kind = operation & 15
            # M, D, N, = and X move along the reference.
            if kind == 0 or kind == 2 or kind == 3 or kind == 7 or kind == 8:  # noqa: PLR1714
                end += operation >> 4
            cigar += 4
        out[0, row] = chrom
        out[1, row] = start
        out[2, row] = end if end > start else start + 1
        out[3, row] = flag
        out[4, row] = quality
        out[5, row] = mate
        out[6, row] = template
        at = body + length
        row += 1
    return row, at, OK


def empty_columns(data_size: int) -> NDArray[np.int64]:
    """(7, m) int64 with room for every record of a chunk of this many bytes."""
    return np.empty((7, data_size // 37 + 1), dtype=np.int64)
