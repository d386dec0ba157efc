"""Input as a filter or as an offset; it is never subtracted from signal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.background_scale import background_scale
from resist_epi.errors import DesignError, QuantityError
from resist_epi.model.filtering import MIN_FOLD

_PRIOR_SHARE = 0.25  # of the median region's background: damps the ratios of empty regions


@dataclass(frozen=True)
class Control:
    """Input in the regions of a matrix, on the scale of the ChIP's background.

    Attributes
    ----------
    background
        (n_regions, n_samples) what each ChIP library would hold of background, in its own unit.
    scales
        (n_samples,) factor from input to background.
    """

    background: FloatArray
    scales: FloatArray


def scaled_control(
    matrix: CountMatrix,
    control: CountMatrix,
    *,
    bins: CountMatrix,
    control_bins: CountMatrix,
) -> Control:
    """Scale the inputs to the background of their ChIP libraries.

    Parameters
    ----------
    matrix, control
        ChIP and input in the same regions; the columns of `control` are named after the ChIP
        library that each input belongs to. Their units may differ.
    bins, control_bins
        The same in bins of the genome, from which the scale is learnt.

    Raises
    ------
    DesignError
        If regions or samples disagree, or an input is empty.
    """
    for name, chip, other in (("regions", matrix, control), ("bins", bins, control_bins)):
        absent = [s for s in matrix.samples if s not in other.samples]
        if absent:
            raise DesignError(f"no input of {', '.join(absent)}")
        if len(chip.regions) != len(other.regions):
            raise DesignError(
                f"{len(chip.regions)} {name} of ChIP, {len(other.regions)} of input: count both in"
                " the same"
            )
    inside = control.select(samples=matrix.samples).values
    chip_bins = bins.select(samples=matrix.samples).values
    control_values = control_bins.select(samples=matrix.samples).values
    scales = np.empty(len(matrix.samples))
    for i, sample in enumerate(matrix.samples):
        try:
            scales[i] = background_scale(chip_bins[:, i], control_values[:, i])
        except QuantityError as error:
            raise DesignError(f"the input of {sample}: {error}") from error
    return Control(inside * scales, scales)


def over_control(matrix: CountMatrix, control: Control) -> NDArray[np.bool_]:
    """(n_regions, n_samples) whether a library holds more than 1.25 times its background."""
    background = control.background
    prior = _PRIOR_SHARE * np.median(background, axis=0)
    return np.asarray((matrix.values + prior) >= MIN_FOLD * (background + prior))


def with_control_offset(matrix: CountMatrix, control: Control) -> CountMatrix:
    """Return the matrix with what its inputs say of each sample in what is expected.

    Signal is mark and background; only the background follows the input. The share of background
    in a region is that of all samples together, group-blind; a sample with 1.4 times the usual
    input in a region half of which is background is expected to have 1.2 times the signal. What an
    input has more or less of over all regions is depth and is left to normalisation; what is
    expected already (copy number) is taken out of the inputs first.

    Parameters
    ----------
    matrix
        ChIP, a column a library.
    control
        Of the same regions and libraries.
    """
    own = control.background
    values = matrix.values
    if matrix.expected is not None:
        own, values = own / np.exp(matrix.expected), values / np.exp(matrix.expected)
    own, chip = own / matrix.library_sizes, values / matrix.library_sizes
    usual = own.mean(axis=1, keepdims=True)
    prior = _PRIOR_SHARE * float(np.median(usual)) if len(usual) else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = (own + prior) / (usual + prior)
        share = np.clip(usual / chip.mean(axis=1, keepdims=True), 0.0, 1.0)
    relative = np.where(np.isfinite(relative), relative, 1.0)
    share = np.where(np.isfinite(share), share, 0.0)
    if len(relative):
        relative = relative / np.median(relative, axis=0)
    expected = np.log1p(share * (relative - 1))
    if matrix.expected is not None:
        expected = expected + matrix.expected
    return replace(matrix, expected=expected)
