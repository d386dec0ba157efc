"""One library counted as two: columns of a matrix that agree, up to one factor, in every region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.same_files import OneLibrary

if TYPE_CHECKING:  # counts on disk are compared without any reader of tracks
    from resist_epi.tracks.opened import OpenedFile

MIN_REGIONS = 100

MIN_VALUES = 20  # distinct ones: columns of few different values may agree by chance

# Relative: a track holds 24 bits of a value, so a scaled copy deviates by far less; two libraries
# differ by far more in one of 100 regions at least.
_TOLERANCE = 1e-5

_PROBES = 8

_WINDOWS = 1000


def repeated_columns(matrix: CountMatrix) -> list[OneLibrary]:
    """Samples whose columns agree in all regions; of signal, also a column times a number.

    Reads are whole and of no scale, so that a copy of them is equal. Nothing is said of fewer than
    100 regions, or 20 distinct values.

    Returns
    -------
    Each sample but the first of those that agree, with that first one.
    """
    values = matrix.values[~np.isnan(matrix.values).any(axis=1)]
    if len(values) < MIN_REGIONS:
        return []
    sums = values.sum(axis=0)
    usable = np.flatnonzero(sums > 0)
    # A few high regions tell most pairs apart.
    high = np.argsort(-values.sum(axis=1), kind="stable")[:_PROBES]
    probes = values[high] / np.where(sums > 0, sums, 1)
    found: list[OneLibrary] = []
    repeated: set[int] = set()
    for at, i in enumerate(usable):
        if i in repeated:
            continue
        later = usable[at + 1 :]
        alike = later[_close(probes[:, later], probes[:, [i]]).all(axis=0)]
        for j in alike:
            equal = bool((values[:, i] == values[:, j]).all())
            if not equal and matrix.quantity == "reads":
                continue
            if j in repeated or not _agree(values[:, i], values[:, j]):
                continue
            repeated.add(int(j))
            what = "have equal values" if equal else "have values of one constant ratio"
            first, second = (matrix.samples[k] for k in (i, j))
            found.append(OneLibrary(first, second, f"{what} in all {len(values)} regions"))
    return found


def repeated_tracks(tracks: Mapping[str, OpenedFile]) -> list[OneLibrary]:
    """Samples whose tracks are of equal total and signal, though their files differ.

    A track that was converted or written anew is another file of one library. Only tracks whose
    totals agree to twelve digits are read, in 1000 windows of their longest chromosome.

    Parameters
    ----------
    tracks
        SampleID -> its track, looked at.

    Raises
    ------
    InputFormatError
        If a track is damaged.
    """
    groups: dict[str, list[str]] = {}
    for sample, file in tracks.items():
        if file.total:
            groups.setdefault(f"{file.total:.12g}", []).append(sample)
    found: list[OneLibrary] = []
    for samples in groups.values():
        first, *others = samples
        if others:
            lengths = tracks[first].chrom_lengths
            longest = max(lengths, key=lambda c: lengths[c])
            edges = np.linspace(0, lengths[longest], _WINDOWS + 1).astype(np.int64)[None, :]
            ours = tracks[first].track().bin_sums(longest, edges)[0]
        for other in others:
            track = tracks[other].track()
            theirs = track.bin_sums(longest, edges)[0] if longest in track.chrom_lengths else None
            if theirs is not None and _agree(ours, theirs):
                found.append(OneLibrary(first, other, "have tracks of equal signal"))
    return found


def _agree(one: FloatArray, other: FloatArray) -> bool:
    if not _close(one / one.sum(), other / other.sum()).all():
        return False
    return len(np.unique(one)) >= MIN_VALUES


def _close(one: FloatArray, other: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(np.abs(one - other) <= _TOLERANCE * np.maximum(one, other))
