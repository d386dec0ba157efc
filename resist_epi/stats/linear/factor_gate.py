"""Whether what units share in their residuals is a factor: beyond noise, and broad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import FloatArray
from resist_epi.stats.linear.hidden_factors import Effects, leading_axes

MIN_EIGENVALUE, MIN_BREADTH = 1.25, 1.4

# Between the sides of a contrast; and the share that two units may hold of a pattern.
MIN_BALANCE, MOST_OF_PAIR = 0.05, 0.8

# The share of regions that load most and are left out before a factor is called broad.
MOST_LOADED = 0.2

SPLITS = 5  # of the genome in halves

MOST_OF_GENOME, PIECES = 0.4, 8  # a chromosome with so much of it is cut in pieces

# Mean of the Tracy-Widom law of order 1, the limit of the largest eigenvalue of noise.
_TRACY_WIDOM = -1.2065


@dataclass(frozen=True)
class Gate:
    """What is to be known of a candidate before it is called a factor.

    Attributes
    ----------
    eigenvalue
        The largest of the residuals, over that of noise.
    breadth
        Share of a region's residual that the candidate explains over that under noise, where the
        candidate is learnt in one half of the genome and the share is taken in the other, the fifth
        of regions that load most left out; the smallest of several halvings, both ways round.
    balance
        Variance of the units' values of it within one side of the contrast over that within the
        other, the smaller over the larger (of several sides the second largest over the largest);
        1 where there are no two sides.
    pair
        Share of the squared values that the two units with the largest hold.
    """

    eigenvalue: float
    breadth: float
    balance: float = 1.0
    pair: float = 0.0

    @property
    def broad(self) -> bool:
        """Whether units share more than noise, and not in some regions alone."""
        return self.eigenvalue > MIN_EIGENVALUE and self.breadth > MIN_BREADTH

    @property
    def one_sided(self) -> bool:
        """Whether only units of one side differ in it, as where some of them carry a change."""
        return self.balance < MIN_BALANCE

    @property
    def of_two(self) -> bool:
        """Whether it sets two units apart from all others, as twins are, and nothing else."""
        return self.pair > MOST_OF_PAIR


def broad_factors(
    effects: Effects,
    halves: npt.NDArray[np.bool_],
    sides: Sequence[npt.NDArray[np.bool_]] = (),
    *,
    most: int,
) -> tuple[Gate, ...]:
    """What the gate says of one pattern after another, strongest first, to the first that fails.

    Parameters
    ----------
    halves
        As for `gate`.
    sides
        (n_units,) bool: the units of the sides of the contrasts; empty where there are none.
    most
        Factors that are looked for.
    """
    found: list[Gate] = []
    while len(found) < most:
        axes = leading_axes(effects, len(found) + 1)
        one = gate(effects.without(axes[:, :-1]), halves)
        values = effects.space @ axes[:, -1]
        spread = [float(values[side].var()) for side in sides]
        *_, second, most_spread = [0.0, 0.0, *sorted(spread)]
        balance = second / most_spread if len(spread) > 1 and most_spread > 0 else 1.0
        squares = np.sort(values**2)
        pair = float(squares[-2:].sum() / squares.sum())
        found.append(replace(one, balance=balance, pair=pair))
        if not one.broad:
            break
    return tuple(found)


def gate(effects: Effects, halves: npt.NDArray[np.bool_]) -> Gate:
    """How far the strongest pattern of the residuals is from noise, and how broad it is.

    Parameters
    ----------
    halves
        (n_regions, n_splits) bool, as `genome_halves` gives them.

    References
    ----------
    Horn (1965) Psychometrika 30:179 (parallel analysis); Johnstone (2001) Ann. Stat. 29:295 (the
    largest eigenvalue of noise).
    """
    residual = effects.scaled
    informing = int(residual.any(axis=1).sum())
    if informing == 0 or halves.all(axis=0).any() or not halves.any(axis=0).all():
        return Gate(1.0, 1.0)
    total = residual.T @ residual
    largest = np.linalg.eigvalsh(total / informing)[-1]
    noise = noise_share(effects.df)
    breadth = []
    for half in halves.T:
        here = residual[half].T @ residual[half]
        for learnt, there in ((here, ~half), (total - here, half)):
            breadth.append(_explained(residual[there], np.linalg.eigh(learnt)[1][:, -1]) / noise)
    return Gate(float(largest / noise_eigenvalue(informing, effects.df)), min(breadth))


def _explained(residual: FloatArray, axis: FloatArray) -> float:
    """Mean share of a region's residual on an axis, without the regions of the largest shares."""
    share = (residual @ axis) ** 2 / len(axis)
    kept = len(share) - round(MOST_LOADED * len(share))
    return float(np.partition(share, kept - 1)[:kept].mean())


def noise_eigenvalue(n: int, df: int) -> float:
    """Expected largest eigenvalue of the second moments of n draws of independent noise.

    Source: Johnstone 2001, Tracy & Widom 1996.
    """
    root, dimension = np.sqrt(max(n - 1, 1)), np.sqrt(df)
    spread = (root + dimension) * (1 / root + 1 / dimension) ** (1 / 3)
    return float(((root + dimension) ** 2 + _TRACY_WIDOM * spread) / n)


def noise_share(df: int) -> float:
    """Mean share of independent noise on one axis, its largest fifth left out.

    A share follows a beta distribution with 1/2 and (df - 1)/2.
    """
    a, b = 0.5, (df - 1) / 2
    cut = special.betaincinv(a, b, 1 - MOST_LOADED)
    return float(special.betainc(a + 1, b, cut) / df / (1 - MOST_LOADED))


def genome_halves(chromosomes: npt.ArrayLike, *, splits: int = SPLITS) -> npt.NDArray[np.bool_]:
    """(n_regions, splits) bool: ways to halve the regions by whole chromosomes.

    A chromosome that holds most of the regions is cut in eight.

    Parameters
    ----------
    chromosomes
        Of each region, in genome order.
    """
    label = np.unique(np.asarray(chromosomes, dtype=str), return_inverse=True)[1]
    counts = np.bincount(label)
    for large in np.flatnonzero(counts > MOST_OF_GENOME * len(label)):
        rows = np.flatnonzero(label == large)
        label[rows] = label.max() + 1 + np.arange(len(rows)) * PIECES // len(rows)
    counts = np.bincount(label)
    found = np.zeros((len(label), splits), dtype=bool)
    for split in range(splits):
        # In another order for each split, always to the smaller side.
        order = np.random.default_rng(split).permutation(len(counts))
        side, size = np.zeros(len(counts), dtype=bool), [0, 0]
        for one in order:
            side[one] = size[1] < size[0]
            size[int(side[one])] += int(counts[one])
        found[:, split] = side[label]
    return found
