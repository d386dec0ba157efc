"""From tracks and regions to signal along the regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting import CoverageTrack
from resist_epi.errors import InputFormatError
from resist_epi.profile_matrix import ProfileMatrix

IntArray = NDArray[np.int64]
POINTS = ("TSS", "TES", "center")


def profile_regions(
    tracks: Mapping[str, CoverageTrack],
    regions: pd.DataFrame,
    *,
    point: str = "center",
    before: int = 3000,
    after: int = 3000,
    body: int = 0,
    bin_size: int = 50,
) -> ProfileMatrix:
    """Mean signal in bins along regions, from 5' to 3'.

    Bases without a value count as zero; bins beyond the ends of the chromosome are NaN.

    Parameters
    ----------
    tracks
        Sample -> track.
    regions
        `chrom start end`, and `strand` (regions without one count as plus).
    point
        What rows stand around: `TSS`, `TES` (by strand) or `center`. Without meaning where `body`
        is given.
    before, after
        bp to show upstream and downstream.
    body
        Length in bp to which regions are scaled; 0 for none.
    bin_size
        bp a bin.

    Returns
    -------
    ProfileMatrix
        float32, a row a region in the order given.

    Raises
    ------
    InputFormatError
        If the point is unknown, lengths are no multiples of the bin size, or a track is damaged.
    GenomeMismatchError
        If a region's chromosome is not in a track.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from resist_epi.io.bigwig import write_bigwig
    >>> from resist_epi.io.tracks import open_track
    >>> regions = pd.DataFrame({"chrom": ["chr1"], "start": [400], "end": [600], "strand": ["+"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/t.bw"
    ...     write_bigwig(path, {"chr1": 1000}, lambda chrom: ([0, 400], [400, 1000], [1.0, 3.0]))
    ...     tracks = {"t": open_track(path)}
    ...     m = profile_regions(tracks, regions, point="TSS", before=100, after=100)
    >>> m.values["t"].tolist()
    [[1.0, 1.0, 3.0, 3.0]]
    """
    if point not in POINTS:
        raise InputFormatError(f"unknown point {point!r}", expected=", ".join(POINTS))
    if any(length % bin_size for length in (before, after, body)):
        raise InputFormatError(
            f"{before}, {body} and {after} bp are not all multiples of the bin size {bin_size}"
        )
    starts, ends = _bins(regions, point, before // bin_size, after // bin_size, body, bin_size)
    values = {sample: _fill(track, regions, starts, ends) for sample, track in tracks.items()}
    return ProfileMatrix(
        values,
        regions.reset_index(drop=True),
        bin_size=bin_size,
        before=before,
        after=after,
        body=body,
        reference="TSS,TES" if body else point,
    )


def _bins(
    regions: pd.DataFrame, point: str, n_before: int, n_after: int, body: int, bin_size: int
) -> tuple[IntArray, IntArray]:
    """(n_regions, n_bins) starts and ends of the bins, in bp, from 5' to 3'."""
    start = regions["start"].to_numpy(np.int64)[:, None]
    end = regions["end"].to_numpy(np.int64)[:, None]
    minus = np.zeros(len(regions), dtype=bool)
    if "strand" in regions:
        minus = (regions["strand"] == "-").to_numpy()
    n_body = body // bin_size
    # Edges on the plus strand, from the left; the minus strand is the mirror image of its region.
    if body:
        left, right = start, end
    elif point == "center":
        left = right = (start + end) // 2
    else:
        first = (point == "TSS") != minus[:, None]
        left = right = np.where(first, start, end)
    n_left = np.where(minus, n_after, n_before)
    n_bins = n_before + n_body + n_after
    k = np.arange(n_bins + 1)[None, :]
    steps = k - n_left[:, None]
    inside = np.clip(steps, 0, n_body)
    span = inside * (right - left) // n_body if n_body else 0
    edges = left + span + (np.minimum(steps, 0) + np.maximum(steps - n_body, 0)) * bin_size
    starts, ends = edges[:, :-1].copy(), edges[:, 1:].copy()
    # Bodies shorter than their bins: the same base then stands in several.
    ends = np.maximum(ends, starts + 1)
    starts[minus], ends[minus] = starts[minus, ::-1], ends[minus, ::-1]
    return starts, ends


def _fill(
    track: CoverageTrack, regions: pd.DataFrame, starts: IntArray, ends: IntArray
) -> NDArray[np.float32]:
    out = np.full(starts.shape, np.nan, dtype=np.float32)
    for chrom, rows in regions.groupby("chrom", sort=False).indices.items():
        low, high = starts[rows].ravel(), ends[rows].ravel()
        summary = track.summarise(str(chrom), low, high, extremes=False)
        length = (high - low - summary.clipped).astype(np.float64)
        mean = np.full(len(low), np.nan)
        np.divide(summary.sum, length, out=mean, where=length > 0)
        out[rows] = mean.reshape(len(rows), -1)
    return out
