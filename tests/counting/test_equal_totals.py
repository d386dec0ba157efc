"""Libraries brought to one total."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.counting.equal_totals import at_equal_total, equal_total_factors
from resist_epi.errors import InputFormatError


def test_all_have_the_mean_of_the_totals() -> None:
    totals = {"a": 20.0, "b": 5.0, "c": 35.0}
    factors = equal_total_factors(totals)
    assert list(factors) == ["a", "b", "c"]
    np.testing.assert_allclose([totals[s] * factors[s] for s in totals], 20.0)
    assert equal_total_factors({}) == {}
    assert at_equal_total("signal") == "signal at equal total coverage"


@pytest.mark.parametrize("total", [0.0, -3.0, float("nan")])
def test_a_library_without_depth_is_named(total: float) -> None:
    with pytest.raises(InputFormatError, match=r"above 0.*b: "):
        equal_total_factors({"a": 1.0, "b": total})
