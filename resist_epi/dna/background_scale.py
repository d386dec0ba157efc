"""How much of a ChIP library is background: its scale to the input, from bins without the mark."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray
from resist_epi.errors import QuantityError

MIN_SHARE = 0.5  # of the bins are looked at before the scale may settle

_STEPS = 200


def background_scale(chip: FloatArray, control: FloatArray) -> float:
    """Factor by which the input's background must be multiplied to be the ChIP's.

    The bins are taken in the order of their total, the least first: these are the least likely to
    hold the mark. The ratio of the sums of ChIP and input falls as background is averaged out and
    rises once marked bins come in; where it first rises, after at least half of the bins, it is the
    scale. (NCIS waits for three quarters, but broad marks cover more than the quarter left.)

    Parameters
    ----------
    chip, control
        Reads or coverage of the same bins, shape (n_bins,), each in its own unit.

    Raises
    ------
    QuantityError
        If the input has no signal in these bins.

    References
    ----------
    Liang & Keles (2012) BMC Bioinformatics 13:199 (NCIS).
    """
    present = (chip > 0) | (control > 0)
    chip, control = chip[present], control[present]
    if not len(control) or control.sum() <= 0 or chip.sum() <= 0:
        raise QuantityError("no signal in common bins to scale the input by")
    # The total in comparable units: a deep input must not hide the mark.
    total = chip / chip.sum() + control / control.sum()
    order = np.argsort(total, kind="stable")
    sums = np.cumsum(chip[order]), np.cumsum(control[order])
    at = np.unique(np.linspace(1, len(order), _STEPS).astype(np.int64)) - 1
    at = at[sums[1][at] > 0]
    ratio = sums[0][at] / sums[1][at]
    # Bins of equal total belong together; rises before the share wanted are noise.
    allowed = (at + 1) / len(order) >= MIN_SHARE
    rising = allowed[1:] & (ratio[1:] >= ratio[:-1])
    first = int(np.argmax(rising)) if rising.any() else len(ratio) - 1
    return float(ratio[first])
