"""From tracks and regions to signal along the regions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.profile_matrix import ProfileMatrix
from resist_epi.errors import InputFormatError
from resist_epi.tracks.engine.track import CoverageTrack

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

    Bases without a value count as zero; bins beyond the ends of the chromosome are NaN, and a bin
    partly beyond is the mean of its part inside (computeMatrix, with missing data as zero, gives 0
    and the mean of the whole bin, zeros outside). A scaled body that its bins do not divide evenly
    has them rounded to whole bases, each ending where the next begins; computeMatrix rounds
    otherwise.

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
    >>> from resist_epi.tracks.bigwig.track import write_bigwig
    >>> from resist_epi.tracks.open import open_track
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
    minus = np.zeros(len(regions), dtype=bool)
    if "strand" in regions:
        minus = (regions["strand"] == "-").to_numpy()
    edges = _edges(regions, minus, point, (before, body, after), bin_size)
    values = {sample: _fill(track, regions, edges, minus) for sample, track in tracks.items()}
    return ProfileMatrix(
        values,
        regions.reset_index(drop=True),
        bin_size=bin_size,
        before=before,
        after=after,
        body=body,
        reference="TSS,TES" if body else point,
    )


def _edges(
    regions: pd.DataFrame,
    minus: NDArray[np.bool_],
    point: str,
    window: tuple[int, int, int],
    bin_size: int,
) -> IntArray:
    """(n_regions, n_bins + 1) edges of the bins in bp, from left to right."""
    start = regions["start"].to_numpy(np.int64)
    end = regions["end"].to_numpy(np.int64)
    n_before, n_body, n_after = (length // bin_size for length in window)
    if n_body:
        left, right = start, end
    elif point == "center":
        left = right = (start + end) // 2
    else:
        left = right = np.where((point == "TSS") != minus, start, end)
    # The minus strand is the mirror image of its region.
    edges = np.empty((len(regions), n_before + n_body + n_after + 1), dtype=np.int64)
    for strand, n_left in ((minus, n_after), (~minus, n_before)):
        steps = np.arange(edges.shape[1]) - n_left
        outside = (np.minimum(steps, 0) + np.maximum(steps - n_body, 0)) * bin_size
        edges[strand] = left[strand, None] + outside
        if n_body:
            span = (right - left)[strand, None]
            edges[strand] += np.clip(steps, 0, n_body) * span // n_body
    return edges


def _fill(
    track: CoverageTrack, regions: pd.DataFrame, edges: IntArray, minus: NDArray[np.bool_]
) -> NDArray[np.float32]:
    out = np.full((len(edges), edges.shape[1] - 1), np.nan, dtype=np.float32)
    narrow = (edges[:, 1:] == edges[:, :-1]).any(axis=1)
    for chrom, rows in regions.groupby("chrom", sort=False).indices.items():
        wide = rows[~narrow[rows]]
        limit = track.chrom_lengths.get(str(chrom)) if track.lengths_known else None
        inside = np.clip(edges[wide], 0, limit)
        length = (inside[:, 1:] - inside[:, :-1]).astype(np.float32)
        length[length == 0] = np.nan
        out[wide] = track.bin_sums(str(chrom), edges[wide]) / length
        if wide.size < len(rows):
            out[rows[narrow[rows]]] = _narrow(track, str(chrom), edges[rows[narrow[rows]]])
    out[minus] = out[minus, ::-1]
    return out


def _narrow(track: CoverageTrack, chrom: str, edges: IntArray) -> FloatArray:
    """Means of bodies shorter than their bins: the same base then stands in several."""
    starts = edges[:, :-1].ravel()
    ends = np.maximum(edges[:, 1:].ravel(), starts + 1)
    summary = track.summarise(chrom, starts, ends, extremes=False)
    length = (ends - starts - summary.clipped).astype(np.float64)
    length[length == 0] = np.nan
    mean: FloatArray = (summary.sum / length).reshape(len(edges), -1)
    return mean
