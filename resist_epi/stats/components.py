"""Principal components of the columns of a matrix."""

from __future__ import annotations

import numpy as np

from resist_epi.arrays import FloatArray

_ALIKE = 1 - 1e-9


def leading_components(
    centred: FloatArray, *, n_components: int = 4
) -> tuple[list[FloatArray], list[float]]:
    """Scores of the columns on the first principal components, and each one's share of variance.

    Parameters
    ----------
    centred
        (n, m) rows with mean 0.
    n_components
        At most n, and one less than m.

    Returns
    -------
    tuple
        (m,) scores a component, the first of its largest entries positive so that the sign is
        fixed; and shares of the variance, 0 to 1. Both are empty where nothing varies.

    Examples
    --------
    >>> scores, shares = leading_components(np.array([[-1.0, 1.0], [0.0, 0.0]]))
    >>> [s.round(9).tolist() for s in scores], shares
    ([[1.0, -1.0]], [1.0])
    """
    n_rows, n_columns = centred.shape
    n_components = max(0, min(n_components, n_columns - 1, n_rows))
    if n_components == 0 or not centred.any():
        return [], []
    _, singular, right = np.linalg.svd(centred, full_matrices=False)
    scores = []
    for k in range(n_components):
        score = singular[k] * right[k]
        size = np.abs(score)  # entries alike but for rounding are alike on every machine
        sign = np.sign(score[np.argmax(size >= _ALIKE * size.max())])
        scores.append(score * (sign if sign else 1.0))
    share = singular**2 / (singular**2).sum()
    return scores, [float(s) for s in share[:n_components]]
