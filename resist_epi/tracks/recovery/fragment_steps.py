"""Fragment length of a deep track, from the distance between its steps up and its steps down.

Where fragments overlap everywhere, none stands alone. But each still raises the track by one where
it begins and lowers it by one where it ends, so that the steps of a track correlate, negatively, at
exactly one distance if all fragments have one length: half of all squared steps, at one number of
bins or shared between two neighbouring ones. Smoothing spreads this over many distances and makes
neighbouring steps alike; fragments of many lengths leave no such distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.tracks.engine.runs import Grid, Runs
from resist_epi.tracks.engine.track import CoverageTrack

_LONGEST = 1_000  # bp of a fragment

_ENOUGH = 8_000_000  # bins to look at

_SHORTEST_PIECE = 64  # bins

# Of the squared steps, what one distance (two neighbouring numbers of bins) must explain; it is
# half where all fragments are alike.
_LEAST = 0.25

_MOST_BESIDE = 0.3  # the numbers of bins beside, as a share of the peak

# Correlation of neighbouring steps: .5 and more in smoothed tracks; peaks as sharp as a fragment
# make it positive, too.
MOST_ALIKE = 0.45


@dataclass(frozen=True)
class StepLength:
    """Fragment length read off steps.

    Attributes
    ----------
    width
        Bp of bins that a fragment covers on average; NaN where steps do not tell.
    explained
        Share of the squared steps that this distance explains (half of them, if all fragments are
        alike).
    alike
        Correlation of neighbouring steps.
    rough_width
        Coverage over half the squared steps, bp, in the lower half of covered bins: the width of
        a fragment where fragments are independent, and less where they are duplicated.
    """

    width: float
    explained: float
    alike: float
    rough_width: float


def length_from_steps(track: CoverageTrack, *, bin_size: int, scale: float) -> StepLength:
    """Distance between steps up and steps down of one fragment.

    Parameters
    ----------
    track
        The track; read until enough bins were seen.
    bin_size
        bp.
    scale
        Value of one fragment.
    """
    most = max(_LONGEST // bin_size, 2) + 2
    products = np.zeros(most + 1)
    seen, covered, squares = 0, 0.0, 0.0
    for chrom in track.chrom_lengths:
        for runs in track.runs(chrom):
            steps = _steps(runs, bin_size, scale)
            if steps.size < max(_SHORTEST_PIECE, 2 * most):
                continue
            middle = np.median(np.abs(steps[steps != 0])) if steps.any() else 0.0
            products += _autocorrelation(np.clip(steps, -3 * middle, 3 * middle), most)
            counts = np.cumsum(steps)
            even = counts <= np.median(counts[counts > 0]) if (counts > 0).any() else counts > 0
            covered += float(counts[even].sum()) * bin_size
            squares += float((steps[even] ** 2).sum())
            seen += steps.size
        if seen > _ENOUGH:
            break
    if products[0] <= 0:
        return StepLength(np.nan, 0.0, 0.0, np.nan)
    rough = covered / (squares / 2) if squares else np.nan
    against = -products / products[0]
    pairs = against[1:-2] + against[2:-1]
    k = int(pairs.argmax()) + 1
    here, beyond = max(float(against[k]), 0.0), max(float(against[k + 1]), 0.0)
    explained, alike = here + beyond, -float(against[1])
    beside = max(float(against[k - 1]), 0.0) * (k > 1) + max(float(against[k + 2]), 0.0)
    if explained < _LEAST or beside > _MOST_BESIDE * explained or alike > MOST_ALIKE:
        return StepLength(np.nan, explained, alike, rough)
    return StepLength(bin_size * (k + beyond / explained), explained, alike, rough)


def _steps(runs: Runs | Grid, bin_size: int, scale: float) -> FloatArray:
    """Differences between neighbouring bins, in fragments; the first is from zero."""
    begin, end = runs.begin // bin_size, -(-runs.end // bin_size)
    if end - begin > _ENOUGH:
        return np.zeros(0)
    counts = np.zeros(end - begin + 2)
    values = np.rint(np.nan_to_num(runs.values.astype(np.float64)) / scale)
    first = runs.starts.astype(np.int64) // bin_size - begin
    last = -(-runs.ends.astype(np.int64) // bin_size) - begin
    np.add.at(counts, first, values)
    np.add.at(counts, last, -values)
    # These are differences already: what is added where a run begins leaves where it ends.
    return counts[:-2]


def _autocorrelation(steps: FloatArray, most: int) -> FloatArray:
    size = 1 << int(np.ceil(np.log2(steps.size + most + 1)))
    spectrum = np.fft.rfft(steps, size)
    return np.fft.irfft(np.abs(spectrum) ** 2, size)[: most + 1]
