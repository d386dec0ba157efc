from __future__ import annotations

import numpy as np
import pytest

from resist_epi.errors import QuantityError
from resist_epi.stats.counts import checked_counts


def test_counts_become_floats() -> None:
    found = checked_counts([[1, 2], [3, 0]])
    assert found.dtype == np.float64
    assert found.tolist() == [[1, 2], [3, 0]]
    assert checked_counts(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
def test_what_is_no_count_is_named(bad: float) -> None:
    with pytest.raises(QuantityError, match=rf"region 1, sample 0 \(both from 0\) holds {bad}"):
        checked_counts([[1, 2], [bad, 3]])
    with pytest.raises(QuantityError, match="regions x samples; found 1 dimensions"):
        checked_counts([1, 2])
