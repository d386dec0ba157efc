"""Where the regions lie that do not change: at zero, or elsewhere because the factors are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.stats.mixture import mixture_weights

MOST = 0.5  # of the regions: where more of them lie at zero the factors stand

TIGHT, LOOSE = 0.05, 0.2  # spread of what does not change and, at least, of what does; log2

STEP = 0.15  # between the places looked at; a shift of less does little harm

FARTHEST = 2.0  # of these places

MOST_REGIONS = 4_000  # are looked at, evenly spaced; more say no more

_FLOOR = 1e-12  # of a density, for outliers that no component reaches


@dataclass(frozen=True)
class Unchanged:
    """Where the unchanged regions seem to lie.

    Attributes
    ----------
    at_zero
        Share of the regions in a tight group at zero; NaN where no region has an estimate.
    elsewhere
        The place, other than zero, where a tight group explains the estimates best; NaN where it
        was not looked for, since most regions are at zero.
    share
        Of the regions in that group.
    evidence
        Log likelihood with a tight group there less that with one at zero; -inf where it was not
        looked for.
    """

    at_zero: float
    elsewhere: float = float("nan")
    share: float = float("nan")
    evidence: float = float("-inf")


def unchanged_regions(estimate: npt.ArrayLike, error: npt.ArrayLike) -> Unchanged:
    """Look for the regions that do not change by what sets them apart: they are all alike.

    Regions that change do so by different amounts, so they are a mixture of groups of some width,
    wherever these lie; those that do not change are one narrow group, and with the right factors it
    lies at zero. Where it explains the estimates better elsewhere, the factors are those of
    regions that change.

    Parameters
    ----------
    estimate, error
        (n_regions,) log2 fold changes and their normal errors; NaN is left out.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> change = np.r_[np.full(300, -0.9), rng.normal(0.1, 0.4, 700)]
    >>> found = unchanged_regions(change + rng.normal(0, 0.2, 1000), np.full(1000, 0.2))
    >>> round(found.elsewhere, 2), found.evidence > 3
    (-0.9, True)
    """
    x, s = (np.asarray(v, dtype=np.float64) for v in (estimate, error))
    known = np.flatnonzero(np.isfinite(x) & (s > 0) & np.isfinite(s))
    if not len(known):
        return Unchanged(float("nan"))
    known = known[:: -(-len(known) // MOST_REGIONS)]
    x, s = x[known], s[known]
    low, high = np.clip(np.quantile(x, [0.005, 0.995]), -2 * FARTHEST, 2 * FARTHEST)
    centres = np.arange(np.floor(low / LOOSE), np.ceil(high / LOOSE) + 1) * LOOSE
    changed = _densities(x, np.hypot(s, LOOSE), centres)
    tight = np.hypot(s, TIGHT)
    at_zero, log_likelihood = _fit(_densities(x, tight, np.zeros(1)), changed)
    if at_zero >= MOST:
        return Unchanged(at_zero)
    low, high = np.clip(np.quantile(x, [0.1, 0.9]), -FARTHEST, FARTHEST)
    places = np.arange(np.floor(low / STEP), np.ceil(high / STEP) + 1)
    places = places[places != 0] * STEP
    found = [_fit(_densities(x, tight, places[[k]]), changed) for k in range(len(places))]
    best = int(np.argmax([likelihood for _, likelihood in found]))
    share, likelihood = found[best]
    return Unchanged(at_zero, float(places[best]), share, likelihood - log_likelihood)


def _densities(x: FloatArray, width: FloatArray, centres: FloatArray) -> FloatArray:
    """(n, n_centres) normal densities, without the constant factor."""
    scaled = (x[:, None] - centres) / width[:, None]
    return np.asarray(np.exp(-0.5 * scaled * scaled) / width[:, None] + _FLOOR)


def _fit(tight: FloatArray, changed: FloatArray) -> tuple[float, float]:
    """Weight of the tight group, and log likelihood of the mixture."""
    dense = np.hstack([tight, changed])
    weights = mixture_weights(dense)
    return float(weights[0]), float(np.log(dense @ weights).sum())
