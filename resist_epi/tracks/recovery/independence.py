"""Whether numbers of overlapping fragments can be those of fragments laid down independently."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray

_ENOUGH = 100.0  # fragments' worth of bases at a number that is judged

_EXPECTED = 30.0  # and at least to be expected one above

_SHARE = 0.4  # real libraries of the studies seen had at least .8 of the bound


def missing_multiple(bases: FloatArray, *, width: float) -> int | None:
    """Smallest number of overlapping fragments that is too rare beside those below it.

    Where fragments fall independently, however uneven their rate, the share p(k) of bases under k
    of them is a mixture of Poisson distributions, for which p(k - 1) p(k + 1) is at least
    k / (k + 1) p(k)^2 (Cauchy and Schwarz on the moments of the rate); duplicates only add to it.
    Rounding to whole numbers after scaling or averaging leaves holes and bumps that break this, and
    so does a constant added everywhere. None where every number is as frequent as it should be.

    Parameters
    ----------
    bases
        (n,) bases under 0, 1, ... n - 1 fragments.
    width
        Bp that a fragment covers: so many neighbouring bases are no independent evidence.

    Examples
    --------
    >>> missing_multiple(np.array([9e6, 1e6, 2e5, 5e4]), width=200) is None
    True
    >>> missing_multiple(np.array([9e6, 1e6, 0.0, 5e4]), width=200)
    2
    """
    n = bases / max(width, 1.0)
    below, here, above = n[:-2], n[1:-1], n[2:]
    k = np.arange(1, n.size - 1)
    # The number below is taken as high as chance may have made it.
    bound = k / (k + 1) * here**2 / (below + 3 * np.sqrt(below) + 3)
    odd = (here >= _ENOUGH) & (bound >= _EXPECTED) & (above < _SHARE * bound)
    return int(np.flatnonzero(odd)[0]) + 2 if odd.any() else None
