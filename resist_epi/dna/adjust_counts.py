"""What confounds the marks of tumours, put into an analysis: copy number and inputs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.control import over_control, scaled_control, with_control_offset
from resist_epi.dna.copy_number import log2_copy_number, with_copy_number
from resist_epi.errors import DesignError
from resist_epi.samples.sheet import SampleSheet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Adjusted:
    """Counts of one kind with what is known of confounders, ready to be analysed.

    Attributes
    ----------
    matrix, bins
        With what is `expected` of each region and library; `bins` may be None.
    over_input
        (n_regions, n_libraries) bool for the filter, or None.
    header
        What was done, for the `#` lines.
    """

    matrix: CountMatrix
    bins: CountMatrix | None
    over_input: NDArray[np.bool_] | None = None
    header: Mapping[str, str] = field(default_factory=dict)


def adjust_counts(
    matrix: CountMatrix,
    sheet: SampleSheet,
    bins: CountMatrix | None,
    *,
    segments: pd.DataFrame | None = None,
    segments_note: str = "",
    control: str = "none",
    controls: tuple[CountMatrix, CountMatrix] | None = None,
) -> Adjusted:
    """Put copy number, and then controls (inputs), into what is expected of counts.

    Parameters
    ----------
    matrix, bins
        One kind of regions, and the background bins, a column a library.
    segments
        Of every library; None where copy number is not to be corrected.
    control
        `none`, `filter` or `offset`.
    controls
        Controls in the regions of `matrix` and of `bins`, for `filter` and `offset`.

    Raises
    ------
    DesignError
        If inputs are asked for and missing, or do not fit.
    """
    header: dict[str, str] = {}
    flags = None
    raw = matrix, bins
    if segments is not None:
        matrix = _with_segments(matrix, segments)
        bins = None if bins is None else _with_segments(bins, segments)
        header["copy number"] = f"an offset a region and unit, {segments_note}"
    if control != "none":
        if controls is None or raw[1] is None:
            raise DesignError(
                f"inputs as {control} are scaled in bins of the genome; give counts of the ChIP in"
                " bins with --background"
            )
        scaled = scaled_control(raw[0], controls[0], bins=raw[1], control_bins=controls[1])
        share = ", ".join(
            f"{s} {x:.3g}" for s, x in zip(matrix.samples, scaled.scales, strict=True)
        )
        logger.info("inputs are scaled to the background by %s", share)
        if control == "filter":
            flags = over_control(raw[0], scaled)
        else:
            matrix = with_control_offset(matrix, scaled)
            header["control"] = (
                "offset: the share of background in a region, group-blind, follows each unit's"
                " input, scaled in background bins; nothing is subtracted"
            )
    return Adjusted(matrix, bins, flags, header)


def _with_segments(matrix: CountMatrix, segments: pd.DataFrame) -> CountMatrix:
    copies = log2_copy_number(matrix.regions, segments, matrix.samples)
    return with_copy_number(matrix, copies)
