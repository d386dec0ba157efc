"""Rotation tests of gene sets: the residuals of the fit stand in for new data under the null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError
from resist_epi.stats.linear.moderation import squeeze_variances
from resist_epi.stats.sets.set_tests import t_to_z, valid_members


@dataclass(frozen=True)
class RotationTests:
    """Results of one rotation test a set, each array of shape (n_sets,).

    Attributes
    ----------
    n_genes
        Genes of the set that have effects.
    statistic
        Mean normal score of the set's moderated t.
    pvalue
        Two-sided: do the genes change together, up or down?
    up, down
        One-sided P of either direction.
    mixed
        P of the mean absolute score: do they change, each in its own direction?
    """

    n_genes: npt.NDArray[np.int64]
    statistic: FloatArray
    pvalue: FloatArray
    up: FloatArray
    down: FloatArray
    mixed: FloatArray


def roast(
    effects: npt.ArrayLike,
    sets: Sequence[npt.ArrayLike],
    *,
    n_rotations: int = 1999,
    seed: int = 1,
) -> RotationTests:
    """Test whether the genes of a set change, by random rotations of their effects.

    Under the null the contrast's effect of a gene is one more residual effect, so that any rotation
    of the effects, the same for all genes, gives data that are as likely; correlation between the
    genes stays as it is.

    Parameters
    ----------
    effects, sets
        As of `set_tests.fry`.
    n_rotations
        The smallest P is 1 / (n_rotations + 1).
    seed
        Of the rotations, which all sets share.

    Raises
    ------
    DesignError
        No residual degree of freedom, or no rotation.

    References
    ----------
    Wu et al. (2010) Bioinformatics 26:2176; Phipson & Smyth (2010) Stat. Appl. Genet. Mol. Biol.
    9:39 (P of randomisation is never zero).
    """
    u = np.asarray(effects, dtype=np.float64)
    if u.ndim != 2 or u.shape[1] < 2:
        raise DesignError("rotation tests need residual effects; the design leaves none")
    if n_rotations < 1:
        raise DesignError(f"{n_rotations} rotations; at least 1 is needed")
    d = u.shape[1] - 1
    valid = np.asarray(np.isfinite(u).all(axis=1))
    total = (u**2).sum(axis=1)
    prior = squeeze_variances(np.where(valid, (total - u[:, 0] ** 2) / d, np.nan), d)
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(n_rotations, d + 1))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = [
        _one_set(u, total, prior.prior, prior.df_prior, valid_members(index, valid), directions)
        for index in sets
    ]
    table = np.array(found, dtype=np.float64).reshape(len(sets), 6)
    return RotationTests(table[:, 0].astype(np.int64), *table[:, 1:].T)


def _one_set(
    u: FloatArray,
    total: FloatArray,
    prior: FloatArray,
    df_prior: FloatArray,
    genes: npt.NDArray[np.integer],
    directions: FloatArray,
) -> tuple[float, ...]:
    m = len(genes)
    if not m:
        return (0.0, *[np.nan] * 5)
    d = u.shape[1] - 1
    s0, d0, ss = prior[genes][:, None], df_prior[genes][:, None], total[genes][:, None]
    observed = _scores(u[genes, :1], ss, s0, d0, d)[:, 0]
    rotated = _scores(u[genes] @ directions.T, ss, s0, d0, d)
    mean, means = float(observed.mean()), rotated.mean(axis=0)
    size, sizes = float(np.abs(observed).mean()), np.abs(rotated).mean(axis=0)
    n = len(means)
    # A direction and its opposite are two rotations, so each draw counts half for either side.
    higher = (np.count_nonzero(means >= mean) + np.count_nonzero(-means >= mean)) / 2
    lower = (np.count_nonzero(means <= mean) + np.count_nonzero(-means <= mean)) / 2
    either = np.count_nonzero(np.abs(means) >= abs(mean))
    mixed = np.count_nonzero(sizes >= size)
    counts = np.array([either, higher, lower, mixed])
    return (float(m), mean, *((counts + 1) / (n + 1)).tolist())


def _scores(
    first: FloatArray, total: FloatArray, prior: FloatArray, df_prior: FloatArray, d: int
) -> FloatArray:
    """Normal scores of the moderated t of effects, (n_genes, n_rotations)."""
    rest = np.maximum(total - first**2, 0.0)
    finite = np.isfinite(df_prior)
    d0 = np.where(finite, df_prior, 0.0)
    posterior = np.where(finite, (d0 * prior + rest) / (d0 + d), prior)
    df = np.broadcast_to(np.where(finite, d0 + d, np.inf), first.shape)
    return t_to_z(first / np.sqrt(posterior), df)
