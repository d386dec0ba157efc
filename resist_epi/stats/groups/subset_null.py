"""What the scan for carriers gives where no sample of a group differs from the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import polygamma

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.stats.groups.noise_shape import Shape, fit_shape
from resist_epi.stats.groups.subset_scan import Scan, scan_splits
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.linear.scaled_f import inverse_trigamma

_TAIL = 0.02  # of the draws, from which the far tail is continued

_FIRST_DRAWS = 4000

# The noise is estimated, and groups may differ in ways that no shape has: log means of counts fall
# with their dispersion. Measured, this widens the statistic by up to 1 %.
_MARGIN = 1.01


class Null(NamedTuple):
    """Draws of the scan's statistic under the null hypothesis.

    Attributes
    ----------
    statistic
        (n_draws, 2), each column sorted.
    shapes
        Of the noise of the group, and of the other samples.
    df_true
        Degrees of freedom of the variances' own spread between regions.
    """

    statistic: FloatArray
    shapes: tuple[Shape, Shape]
    df_true: float

    def pvalue(self, statistic: FloatArray) -> FloatArray:
        """(n_regions, 2) one-sided P of each direction.

        Beyond the largest fiftieth of the draws the squared statistic falls off exponentially, as
        that of a normal does, at the rate that these draws have.
        """
        statistic = statistic / _MARGIN
        p = np.empty_like(statistic)
        n = len(self.statistic)
        edge = int(n * (1 - _TAIL))
        for side in (0, 1):
            draws = self.statistic[:, side]
            above = n - np.searchsorted(draws, statistic[:, side], side="left")
            p[:, side] = (above + 1) / (n + 1)
            start = draws[edge]
            rate = 1 / np.mean(draws[edge:] ** 2 - start**2)
            far = statistic[:, side] > start
            p[far, side] = (n - edge) / n * np.exp(-rate * (statistic[far, side] ** 2 - start**2))
        return p


def centred(response: FloatArray) -> FloatArray:
    """Each sample less its median departure from the regions' means, (n_regions, n_samples).

    So a sample that is more efficient, or in which much of the mark is lost, does not carry
    changes in all regions alike.
    """
    departure = np.median(response - response.mean(axis=1, keepdims=True), axis=0)
    return np.asarray(response - departure)


def draw_null(
    residual: FloatArray,
    design: FloatArray,
    null_design: FloatArray,
    group: BoolArray,
    *,
    df_prior: float,
    weights: FloatArray,
    draws: int,
    seed: int = 0,
) -> Null:
    """Simulate the scan on noise of the spread, tails and skewness that the regions have.

    Labels are not exchanged: a region that differs in some samples does so under any labels, and a
    null of relabelled regions would hold the very pattern that is looked for.

    Parameters
    ----------
    residual
        (n_regions, n_samples) weighted residuals of the model with the groups' difference.
    design, null_design
        The model with and without that difference.
    group
        (n_samples,) among which carriers are looked for.
    df_prior
        Prior degrees of freedom that moderation found.
    weights
        (n_samples,).
    draws
        Simulated regions.

    References
    ----------
    Lian (2008) Biostatistics 9:411 calibrates such a maximum on the normal distribution; here the
    noise is fitted first, by moments.
    """
    # In an order of their own, so that the order of the samples does not matter.
    order = np.lexsort((weights, group))
    residual, design, null_design = residual[:, order], design[order], null_design[order]
    group, weights = group[order], weights[order]
    root = np.sqrt(weights)
    q, _ = np.linalg.qr(design * root[:, None])
    projector = np.eye(len(group)) - q @ q.T
    scale = np.empty(len(group))
    for members in (group, ~group):
        scale[members] = np.exp(np.log(root[members]).mean()) / root[members]
    shapes = tuple(fit_shape(residual, g, projector, scale, seed=seed) for g in (group, ~group))
    df = len(group) - design.shape[1]
    rng = np.random.default_rng(seed)

    def noise(n: int, df_true: float) -> FloatArray:
        normal = rng.standard_normal((n, len(group)))
        own = np.ones((n, 1))
        if np.isfinite(df_true):
            own = np.sqrt(df_true / rng.chisquare(df_true, size=(n, 1)))
        drawn = np.empty_like(normal)
        for members, shape in zip((group, ~group), shapes, strict=True):
            drawn[:, members] = own * shape.apply(normal[:, members], own * scale[members])
        return drawn / root

    # What the logs of the variances spread beyond what this noise gives is the regions' own.
    first = noise(_FIRST_DRAWS, np.inf)
    given = np.log(np.sum((first * root @ projector) ** 2, axis=1)).var(ddof=1)
    seen = polygamma(1, df / 2) + (polygamma(1, df_prior / 2) if np.isfinite(df_prior) else 0.0)
    df_true = 2 * inverse_trigamma(float(seen - given)) if seen > given * 1.001 else np.inf
    simulated = centred(noise(draws, df_true))
    fitted = fit_linear(simulated, design, weights=weights)
    squeezed = squeeze_variances(fitted.sigma2, fitted.df_residual, robust=True)
    scan: Scan = scan_splits(
        simulated,
        null_design,
        group,
        prior=squeezed.prior,
        df_prior=squeezed.df_prior,
        posterior=squeezed.posterior,
        weights=weights,
    )
    return Null(np.sort(scan.statistic, axis=0), (shapes[0], shapes[1]), df_true)
