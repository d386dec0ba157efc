"""The mean of several tracks, as a bigWig."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.errors import InputFormatError
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.engine.track import CoverageTrack

_BINS = 1_000_000  # of a chromosome that are summed at once


def write_mean_track(
    path: str | Path, units: Sequence[Sequence[CoverageTrack]], *, bin_size: int = 50
) -> None:
    """Write the mean of biological units' tracks; it takes its name when it is complete.

    The tracks of a unit are averaged first, so that a unit of several libraries counts once. Bases
    without a value count as zero; bins of mean zero are left out, and neighbours of one value are
    one run.

    Parameters
    ----------
    units
        The tracks of each unit, which should be on one scale.
    bin_size
        bp.

    Raises
    ------
    InputFormatError
        If there is no track, one does not state the lengths of its chromosomes, tracks disagree
        about them, or one is damaged.
    """
    tracks = [track for unit in units for track in unit]
    if not tracks:
        raise InputFormatError("a mean of no track", path=path, expected="one track or more")
    lengths = _common_lengths(tracks)

    def runs(chrom: str) -> tuple[IntArray, IntArray, FloatArray]:
        edges = np.append(np.arange(0, lengths[chrom], bin_size, dtype=np.int64), lengths[chrom])
        total = np.zeros(edges.size - 1)
        for unit in units:
            for track in unit:
                if chrom in track.chrom_lengths:
                    total += _sums(track, chrom, edges) / (len(unit) * len(units))
        mean = (total / np.diff(edges)).astype(np.float32)
        # Where the value changes; what follows bins of one value is part of their run.
        first = np.flatnonzero(np.append(True, mean[1:] != mean[:-1]))[: mean.size]
        starts, ends = edges[first], edges[np.append(first[1:], mean.size)]
        over: NDArray[np.bool_] = mean[first] != 0
        return starts[over], ends[over], mean[first][over].astype(np.float64)

    write_bigwig(path, lengths, runs)


def _sums(track: CoverageTrack, chrom: str, edges: IntArray) -> FloatArray:
    """Value x bp in each bin, some at a time."""
    parts = [
        track.bin_sums(chrom, edges[None, i : i + _BINS + 1])[0]
        for i in range(0, edges.size - 1, _BINS)
    ]
    return np.concatenate(parts)


def _common_lengths(tracks: Sequence[CoverageTrack]) -> dict[str, int]:
    """Length of every chromosome that any track has."""
    lengths: dict[str, int] = {}
    for track in tracks:
        if not track.lengths_known:
            raise InputFormatError(
                "does not state the lengths of its chromosomes, which a bigWig needs",
                path=track.path,
                remedy="convert it with bedGraphToBigWig",
            )
        for chrom, length in track.chrom_lengths.items():
            if lengths.setdefault(chrom, length) != length:
                raise InputFormatError(
                    f"{chrom} has {length:,} bp, and {lengths[chrom]:,} in another track",
                    path=track.path,
                    remedy="bring the tracks to one assembly",
                )
    return lengths
