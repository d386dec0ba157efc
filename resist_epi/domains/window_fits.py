"""Fits of the windows of a genome: the models of `model`, without a second matrix of float64.

Windows are float32 and many: at 400 libraries a million of them are 1.6 GB. Here their models are
fitted from that one matrix, a block of rows in float64 at a time. Whatever is estimated over all
windows (the prior before logs, weights of units, the trend of dispersion or of precision, the
correlation within blocks, the prior of the variances) is so, from all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from resist_epi.arrays import BoolArray, FloatArray
from resist_epi.counting.matrix import CountMatrix, log_divisors, scaled
from resist_epi.model.differential import fit as fit_model
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.fit import Fit
from resist_epi.model.linear_models import FitOptions, prior_of_means
from resist_epi.samples.design import Design
from resist_epi.schema import COUNTS
from resist_epi.stats.linear.least_squares import LinearFit, fit_linear, row_blocks
from resist_epi.stats.linear.moderation import Squeezed, squeeze_variances
from resist_epi.stats.linear.weights import array_weights, without_shift
from resist_epi.stats.negbin.glm import CountData
from resist_epi.stats.negbin.quasi import fit_quasi
from resist_epi.stats.rows import Rows


def windows_with_signal(matrix: CountMatrix, *, min_units: int) -> tuple[BoolArray, str]:
    """As `filtering.regions_with_signal`, a block at a time."""
    kept, rule = np.empty(len(matrix.values), dtype=bool), ""
    for rows in [*row_blocks(len(kept))] or [slice(0, 0)]:
        kept[rows], rule = regions_with_signal(_block(matrix, rows), min_units=min_units)
    return kept, rule


def fit_windows(
    matrix: CountMatrix,
    design: Design,
    *,
    method: str,
    options: FitOptions | None = None,
    spend: bool = False,
) -> Fit:
    """Fit a design to windows, all of which are tested, as `differential.fit` does.

    Of float32 by `trend` or `ql` with independent units and no value left out, the fit takes no
    more memory than the windows once more (by `trend`, where they are not spent), and its response
    is not kept. Otherwise the response is made by rows, in float64, whenever it is asked for, and
    the fit is that of the whole matrix.

    Parameters
    ----------
    matrix
        Normalised windows x units, each with signal in some unit.
    spend
        Whether nobody reads the values after this: their memory may be taken for the log signal.

    Raises
    ------
    DesignError
        As `differential.fit`.
    """
    options = options or FitOptions()
    plain = options.block is None and not options.leave_out
    replicated = len(design.matrix) > design.matrix.shape[1] and len(matrix.values) > 0
    single = matrix.values.dtype == np.float32
    if single and plain and replicated and method == "trend":
        return _trend(matrix, design, options, spend=spend)
    if single and replicated and method == "ql":
        return _quasi(matrix, design)
    return fit_model(matrix, design, method=method, options=options)


def _block(matrix: CountMatrix, rows: slice) -> CountMatrix:
    """Some rows, in float64."""
    offsets = matrix.offsets
    return replace(
        matrix,
        values=matrix.values[rows].astype(np.float64),
        regions=matrix.regions.iloc[rows],
        offsets=None if offsets is None else offsets[rows],
    )


def _trend(matrix: CountMatrix, design: Design, options: FitOptions, *, spend: bool) -> Fit:
    """As `linear_models.fit_trend`."""
    means = np.empty(len(matrix.values))
    for rows in row_blocks(len(means)):
        means[rows] = scaled(_block(matrix, rows)).mean(axis=1)
    prior = prior_of_means(means, counts=matrix.quantity in COUNTS)
    level = _room_for_level(matrix, spend=spend)
    for rows in row_blocks(len(means)):
        level[rows] = np.log2(scaled(_block(matrix, rows)) + prior)
    X = design.matrix.to_numpy(np.float64)
    unweighted = _moderated(matrix, design, fit_linear(level, X), means)
    settings = {"prior": prior}
    if not options.weights:
        return replace(unweighted, settings=settings)
    shown = without_shift(level, X) if options.centred else level
    weights = array_weights(shown, X, groups=options.variance_groups)
    fitted = _moderated(matrix, design, fit_linear(level, X, weights=weights), means)
    return replace(fitted, weights=weights, unweighted=unweighted, settings=settings)


def _room_for_level(matrix: CountMatrix, *, spend: bool) -> FloatArray:
    """float32 in the shape of the windows: their own memory, where they may be spent."""
    if spend and matrix.values.flags.owndata:
        matrix.values.flags.writeable = True
        return matrix.values
    return cast("FloatArray", np.empty(matrix.values.shape, dtype=np.float32))


def _moderated(matrix: CountMatrix, design: Design, linear: LinearFit, means: FloatArray) -> Fit:
    squeezed = squeeze_variances(
        linear.sigma2, linear.df_residual, covariate=linear.mean, robust=True
    )
    own = replace(linear, response=_no_response(matrix))
    return _fit("trend", matrix, design, own, means, squeezed=squeezed)


def _quasi(matrix: CountMatrix, design: Design) -> Fit:
    """As `count_models.fit_ql`."""
    X = design.matrix.to_numpy()
    offsets = log_divisors(matrix)
    if not isinstance(offsets, Rows):
        offsets = np.ascontiguousarray(offsets)
    data = CountData(matrix.values, offsets, X)
    quasi = fit_quasi(data)
    estimates = np.asarray(quasi.coefficients / np.log(2))
    n, p = estimates.shape
    nothing = np.full(n, np.nan)
    linear = LinearFit(
        _no_response(matrix), X, None, None, estimates, nothing, nothing, np.eye(p), nothing
    )
    fitted = _fit("ql", matrix, design, linear, nothing, squeezed=quasi.quasi)
    return replace(fitted, model=quasi, estimates=estimates)


def _no_response(matrix: CountMatrix) -> FloatArray:
    """NaN in the shape of the response, which nothing reads and takes no memory."""
    return np.broadcast_to(np.float64(np.nan), matrix.values.shape)


def _fit(
    method: str,
    matrix: CountMatrix,
    design: Design,
    linear: LinearFit,
    means: FloatArray,
    *,
    squeezed: Squeezed,
) -> Fit:
    return Fit(
        design=design.matrix,
        linear=linear,
        squeezed=squeezed,
        base_mean=means,
        regions=matrix.regions,
        tested=np.ones(len(means), dtype=bool),
        method=method,
        normalization=str(matrix.metadata.get("normalization", "none")),
        quantity=matrix.quantity,
    )
