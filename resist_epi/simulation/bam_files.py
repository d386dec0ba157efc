"""Fragments as a BAM file of pairs, all records at once."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from resist_epi.arrays import IntArray
from resist_epi.io.store import atomic_path
from resist_epi.simulation.cut_reads import Fragments

READ = 40  # bp of each mate

_QUALITY = 40

# SAM's flags: pair, proper, reverse, mate reverse, first, second, duplicate.
_PAIR, _REVERSE, _MATE_REVERSE, _FIRST, _SECOND, _DUPLICATE = 0x3, 0x10, 0x20, 0x40, 0x80, 0x400

_NAME = 10  # digits of a read's name, and the zero that ends it

_RECORD = np.dtype(
    [
        *(("size", "<i4"), ("chrom", "<i4"), ("start", "<i4"), ("name_size", "u1")),
        *(("quality", "u1"), ("bin", "<u2"), ("operations", "<u2"), ("flag", "<u2")),
        *(("bases", "<i4"), ("mate_chrom", "<i4"), ("mate", "<i4"), ("template", "<i4")),
        *(("name", f"S{_NAME}"), ("cigar", "<u4")),
    ]
)

# Width of SAM's bins (a power of two), and the number of the first of each width.
_BINS = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))


def write_pairs(path: Path, lengths: Mapping[str, int], fragments: Fragments) -> None:
    """Write the mates of every fragment, sorted by place, with an index beside them.

    Parameters
    ----------
    lengths
        Chromosomes in the order that fragments count them by, bp.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    import pysam

    records = _records(fragments)
    text = "@HD\tVN:1.6\tSO:coordinate\n"
    text += "".join(f"@SQ\tSN:{name}\tLN:{n}\n" for name, n in lengths.items())
    header = b"BAM\x01" + struct.pack("<i", len(text)) + text.encode()
    header += struct.pack("<i", len(lengths))
    for name, n in lengths.items():
        header += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", n)
    with atomic_path(path) as part, pysam.BGZFile(str(part), "wb", None) as out:
        out.write(header)
        out.write(records.tobytes())
    with atomic_path(path.with_name(f"{path.name}.bai")) as part:
        pysam.index("-o", str(part), str(path))


def _records(fragments: Fragments) -> np.ndarray:
    n = len(fragments.start)
    read = np.minimum(READ, fragments.end - fragments.start)
    right = fragments.end - read
    size = (fragments.end - fragments.start).astype(np.int64)
    duplicate = np.where(fragments.duplicate, _DUPLICATE, 0)
    left_first = ~fragments.reverse
    records = np.zeros(2 * n, dtype=_RECORD)
    both = {
        "chrom": (fragments.chrom, fragments.chrom),
        "start": (fragments.start, right),
        "mate_chrom": (fragments.chrom, fragments.chrom),
        "mate": (right, fragments.start),
        "template": (size, -size),
        "flag": (
            _PAIR | _MATE_REVERSE | np.where(left_first, _FIRST, _SECOND) | duplicate,
            _PAIR | _REVERSE | np.where(left_first, _SECOND, _FIRST) | duplicate,
        ),
        "name": (_names(n), _names(n)),
        "cigar": (read << 4, read << 4),
        "bin": (_bins(fragments.start, fragments.start + read), _bins(right, fragments.end)),
    }
    for field, pair in both.items():
        records[field] = np.concatenate(pair)
    records["size"] = _RECORD.itemsize - 4
    records["name_size"], records["quality"], records["operations"] = _NAME, _QUALITY, 1
    return records[np.lexsort((records["start"], records["chrom"]))]


def _names(n: int) -> np.ndarray:
    return np.char.zfill(np.arange(n).astype(f"S{_NAME - 1}"), _NAME - 1)


def _bins(start: IntArray, end: IntArray) -> IntArray:
    """SAM's bin of each interval: the smallest that holds it."""
    found = np.zeros(len(start), dtype=np.int64)
    for shift, first in reversed(_BINS):
        same = start >> shift == (end - 1) >> shift
        found = np.where(same, first + (start >> shift), found)
    return found
