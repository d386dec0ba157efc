"""Neighbouring regions that go together: what is one piece of evidence, told by correlation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import special

from resist_epi.arrays import BoolArray, FloatArray, IntArray
from resist_epi.errors import DesignError

# Of regions that have nothing to do with one another, the share that goes together this much.
BY_CHANCE = 0.05

# Regions to either side whose mean is taken away: what a whole arm shares is no neighbourhood.
WIDE = 100

# Regions so far apart show how much any two go together that are no neighbours.
APART = (150, 180, 210, 240)

FEWEST_APART = 1_000  # such pairs; with fewer the correlation of independent noise is the yardstick

STEPS = (1, 2, 3)  # groups that are joined have at most two smaller ones between them


def neighbour_groups(
    effects: npt.ArrayLike, chrom: npt.ArrayLike, *, by_chance: float = BY_CHANCE
) -> IntArray:
    """Group neighbouring regions that go together across the units, (n_regions,) int64 from 0.

    Groups are runs of adjacent rows of one chromosome. At first each region is a group. In each
    round those pairs of adjacent groups are joined whose summed patterns correlate best, and by
    more than all but a share `by_chance` of regions far apart do; so are two groups with one or two
    between them that together hold no more regions than either. It ends where no pair is left. A
    group's pattern is the sum of its regions' own, each of length 1, so that whatever groups share
    becomes plainer as they grow. No distance in bp has a say.

    If a group is independent of its neighbour, the direction of its pattern is as good as random,
    however its own regions go together; so one yardstick serves groups of every size.

    Parameters
    ----------
    effects
        (n_regions, d) independent coordinates of each region across the units, mean 0 where nothing
        is shared, rows in genome order.
    chrom
        (n_regions,) code of each row's chromosome, each chromosome's rows together.
    by_chance
        Share of unrelated pairs, from 0 to 1.

    Raises
    ------
    DesignError
        If shapes differ or a value is missing.

    Notes
    -----
    What regions far apart share (a hidden factor, a whole chromosome arm) raises the yardstick, and
    the mean of 100 regions to either side is taken away first.
    """
    given = np.asarray(effects)
    codes = np.asarray(chrom)
    if given.ndim != 2 or codes.shape != given.shape[:1]:
        raise DesignError(
            f"patterns of shape {given.shape} and chromosomes of shape {codes.shape}; expected"
            " regions x coordinates, and a chromosome each"
        )
    if not np.isfinite(given).all():
        raise DesignError("patterns of neighbouring regions hold missing or infinite values")
    n = len(given)
    member = np.arange(n, dtype=np.int64)
    if n < 2 or given.shape[1] < 2:
        return member
    pattern = _unit(_without_surroundings(given, codes))
    least = _yardstick(pattern, codes, by_chance)
    size = np.ones(n, dtype=np.int64)
    while True:
        before = len(size)
        for step in STEPS:
            joins = _joins(pattern, codes, size, step, least)
            if not joins.any():
                continue
            first = np.flatnonzero(~joins)
            group = np.cumsum(~joins) - 1
            member = group[member]
            pattern = _added(pattern, joins, first, group)
            size, codes = np.add.reduceat(size, first), codes[first]
        if len(size) == before:
            return member


def _added(pattern: FloatArray, joins: BoolArray, first: IntArray, group: IntArray) -> FloatArray:
    """Sums of runs of rows; as `np.add.reduceat`, which takes long where most runs are one row."""
    sums = pattern[first]
    rest = np.flatnonzero(joins)
    place = rest - first[group[rest]]
    for k in range(1, int(place.max(initial=0)) + 1):
        rows = rest[place == k]
        sums[group[rows]] += pattern[rows]
    return sums


def _joins(
    pattern: FloatArray, chrom: npt.NDArray[np.generic], size: IntArray, step: int, least: float
) -> BoolArray:
    """(n_groups,) whether a group joins the one before it."""
    joins = np.zeros(len(size), dtype=bool)
    if len(size) <= step:
        return joins
    unit = _unit(pattern)
    together = np.einsum("ij,ij->i", unit[:-step], unit[step:])
    allowed = (chrom[:-step] == chrom[step:]) & (together >= least)
    if step > 1:
        between = sum(size[k : len(size) - step + k] for k in range(1, step))
        left, right = size[:-step], size[step:]
        allowed &= (between <= np.minimum(left, right)) & (left + right > 2)
    # Of pairs that overlap the best is joined, and the first of equals.
    score = np.where(allowed, together, -np.inf)
    around = np.concatenate([np.full(step, -np.inf), score, np.full(step, -np.inf)])
    for k in range(1, step + 1):
        allowed &= score > around[step - k : len(around) - step - k]
        allowed &= score >= around[step + k : len(around) - step + k]
    left_end = np.flatnonzero(allowed)
    for k in range(1, step + 1):
        joins[left_end + k] = True
    return joins


def _yardstick(pattern: FloatArray, chrom: npt.NDArray[np.generic], by_chance: float) -> float:
    """Correlation that only this share of regions far apart on a chromosome exceeds."""
    found = []
    for lag in APART:
        same = chrom[:-lag] == chrom[lag:]
        found.append(np.einsum("ij,ij->i", pattern[:-lag][same], pattern[lag:][same]))
    apart = np.concatenate(found)
    noise = _independent(pattern.shape[1], by_chance)
    if len(apart) < FEWEST_APART:
        return noise
    return max(float(np.quantile(apart, 1 - by_chance)), noise)


def _independent(d: int, by_chance: float) -> float:
    """Upper quantile of the cosine of two independent directions in d dimensions."""
    t = float(special.stdtrit(d - 1, 1 - by_chance))
    return float(t / np.sqrt(t * t + d - 1))


def _without_surroundings(effects: FloatArray, chrom: npt.NDArray[np.generic]) -> FloatArray:
    """The effects less the mean of the regions around.

    Beyond a chromosome's ends these count as zero: the fewer there are, the less is taken away.
    """
    out = np.array(effects, dtype=np.float64)
    edges = np.flatnonzero(np.r_[True, chrom[1:] != chrom[:-1], True])
    for start, end in pairwise(edges.tolist()):
        total = np.cumsum(np.vstack([np.zeros(out.shape[1]), out[start:end]]), axis=0)
        here = np.arange(end - start)
        low, high = np.maximum(here - WIDE, 0), np.minimum(here + WIDE + 1, end - start)
        out[start:end] -= (total[high] - total[low]) / (2 * WIDE + 1)
    return out


def _unit(rows: FloatArray) -> FloatArray:
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return np.asarray(rows / np.where(length > 0, length, 1.0)[:, None])
