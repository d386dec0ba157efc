"""How many loci carry the direction of a set: of a set of few, two must be called that way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resist_epi.arrays import IntArray
from resist_epi.genes.gene_level import GeneLevel

# Of fewer loci a mean is that of one or two genes, and silence says nothing either.
FEW_LOCI = 8

# One gene that is called makes no direction of a set.
FEWEST_CARRIERS = 2

CARRIED_RULE = (
    f"of fewer than {FEW_LOCI} loci, a direction needs {FEWEST_CARRIERS} that are called themselves"
)


def called_loci(
    level: GeneLevel, index: IntArray, direction: NDArray[np.object_], ways: Sequence[str]
) -> int:
    """Number of loci of the genes at these positions of which one is called that way.

    Parameters
    ----------
    index
        Positions of a set's genes.
    direction
        (n_genes,) of each gene (`GeneLevel.directions`).
    ways
        Directions that count, such as `["gain"]`.
    """
    return len(np.unique(level.locus[index[np.isin(direction[index], ways)]]))


def is_carried(n_loci: int, n_called: int) -> bool:
    """Whether a direction may be claimed for a set, as far as its called loci go.

    Examples
    --------
    >>> is_carried(4, 1), is_carried(4, 2), is_carried(8, 0)
    (False, True, True)
    """
    return n_loci >= FEW_LOCI or n_called >= FEWEST_CARRIERS


def why_not_carried(
    level: GeneLevel, members: Sequence[IntArray], named: Sequence[str], fdr: float
) -> list[str]:
    """Why each set may not have its direction; empty where it may, or has none.

    Parameters
    ----------
    members
        Positions of each set's measured genes.
    named
        `gain`, `loss`, `mixed` or `none` of each set.
    fdr
        Level of a gene's call.
    """
    direction = level.directions(fdr)
    return [
        "" if way == "none" else _why_not(level, index, way, direction)
        for index, way in zip(members, named, strict=True)
    ]


def _why_not(level: GeneLevel, index: IntArray, way: str, direction: NDArray[np.object_]) -> str:
    n = called_loci(level, index, direction, ["gain", "loss"] if way == "mixed" else [way])
    if is_carried(len(np.unique(level.locus[index])), n):
        return ""
    called = "no locus is" if not n else f"only {n} {'locus is' if n == 1 else 'loci are'}"
    return f"the set shows a {way}, but {called} called that way: {CARRIED_RULE}"
