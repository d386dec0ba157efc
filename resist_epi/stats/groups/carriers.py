"""Test for a change in some of the samples of a group, and say which samples carry it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.groups.subset_null import Null, centred, draw_null
from resist_epi.stats.groups.subset_scan import Scan, scan_splits
from resist_epi.stats.linear.least_squares import fit_linear
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.linear.weights import array_weights

FEWEST_REGIONS = 200

_STRATUM = 3000  # regions of like signal that share a shape of their noise

_STRATA = 6

_DRAWS = 60_000


class CarrierTests(NamedTuple):
    """Results of every region.

    Attributes
    ----------
    statistic
        (n_regions,) signed: positive where the carriers are above the others. A normal score of
        the best split, so larger than a normal's by chance; its P says how much.
    shift
        (n_regions,) mean of the carriers less that of all others, in the unit of the response.
    carriers
        (n_regions, n_samples) bool, the best split; whether it means anything the P says.
    pvalue
        (n_regions,) for both directions together.
    """

    statistic: FloatArray
    shift: FloatArray
    carriers: BoolArray
    pvalue: FloatArray


def carrier_tests(
    response: npt.ArrayLike,
    design: npt.ArrayLike,
    null_design: npt.ArrayLike,
    group: npt.ArrayLike,
    *,
    seed: int = 0,
    draws: int = _DRAWS,
) -> CarrierTests:
    """Test every region for a change in some of the samples of one group.

    In strata of regions of like signal, each sample is centred on its median departure and
    weighted by REML over all regions of the stratum, so that neither a noisy sample, nor a group of
    larger variance, nor one of other efficiency looks like a change. The best split of each region
    (`subset_scan.scan_splits`) is held against splits of simulated noise (`subset_null.draw_null`).

    Parameters
    ----------
    response
        (n_regions, n_samples) log2 signal, finite.
    design, null_design
        (n_samples, p) and (n_samples, p - 1): the model with and without the groups' difference.
    group
        (n_samples,) bool, among which carriers are looked for.
    seed
        Of the simulated noise.
    draws
        Simulated regions a stratum.

    Raises
    ------
    DesignError
        If there are fewer than 200 regions, whose noise is not known well enough, or fewer than
        2 residual degrees of freedom.
    """
    y, mask = np.asarray(response, dtype=np.float64), np.asarray(group, dtype=bool)
    full, null = np.asarray(design, dtype=np.float64), np.asarray(null_design, dtype=np.float64)
    n = len(y)
    if n < FEWEST_REGIONS:
        raise DesignError(
            f"{n} regions do not tell how the noise is distributed; carriers of a change are"
            f" looked for from {FEWEST_REGIONS} tested regions on"
        )
    found = CarrierTests(np.empty(n), np.empty(n), np.empty(y.shape, dtype=bool), np.empty(n))
    level = y.mean(axis=1)
    count = int(np.clip(n // _STRATUM, 1, _STRATA))
    edges = np.quantile(level, np.arange(1, count) / count)
    stratum = np.searchsorted(edges, level, side="right")
    for k in range(count):
        rows = np.flatnonzero(stratum == k)
        scan, noise = _stratum(y[rows], full, null, mask, draws=draws, seed=seed + k)
        pvalue = noise.pvalue(scan.statistic)
        side = np.argmin(pvalue, axis=1)
        at = np.arange(len(rows)), side
        found.statistic[rows] = np.where(side == 0, 1, -1) * scan.statistic[at]
        found.shift[rows] = scan.shift[at]
        found.carriers[rows] = scan.carriers[at]
        found.pvalue[rows] = np.minimum(2 * pvalue[at], 1.0)
    return found


def _stratum(
    response: FloatArray,
    design: FloatArray,
    null_design: FloatArray,
    group: BoolArray,
    *,
    draws: int,
    seed: int,
) -> tuple[Scan, Null]:
    """Best splits of the regions of a stratum, and those of noise like theirs."""
    y = centred(response)
    weights = array_weights(y, design)
    fitted = fit_linear(y, design, weights=weights)
    squeezed = squeeze_variances(
        fitted.sigma2, fitted.df_residual, covariate=fitted.mean, robust=True
    )
    scan = scan_splits(
        y,
        null_design,
        group,
        prior=squeezed.prior,
        df_prior=squeezed.df_prior,
        posterior=squeezed.posterior,
        weights=weights,
    )
    noise = draw_null(
        fitted.residuals() * np.sqrt(weights),
        design,
        null_design,
        group,
        df_prior=float(np.max(squeezed.df_prior)),
        weights=weights,
        draws=draws,
        seed=seed,
    )
    return scan, noise
