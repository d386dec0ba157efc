"""By which conjunction a switch is tested, and why."""

from __future__ import annotations

import numpy as np
import pytest

from resist_epi.mechanism.switch_method import choose_method
from resist_epi.stats.sets.joint import JointCorrelation


@pytest.mark.parametrize(
    ("correlation", "units", "method", "reason"),
    [
        (None, (6, 6), "max_p", "not known"),
        (JointCorrelation(-0.1, -0.1, -0.1, 10.0, 900), (6, 6, 5, 6), "max_p", "5 units only"),
        (JointCorrelation(-0.1, -0.1, np.nan, 10.0, 900), (6, 6), "adafilter", "by -0.10"),
        (JointCorrelation(-0.3, -0.3, np.nan, 10.0, 900), (6, 6), "max_p", "below -0.2"),
        (JointCorrelation(-0.1, -0.1, -0.3, 10.0, 900), (6, 6), "max_p", "small P"),
        (JointCorrelation(-0.6, -0.1, np.nan, 10.0, 900), (6, 6), "adafilter", "by -0.10"),
        (JointCorrelation(-0.1, -0.1, np.nan, 2.0, 900), (6, 6), "max_p", "too few"),
        (JointCorrelation(np.nan, np.nan, np.nan, 0.5, 0), (6, 6), "max_p", "too few"),
        (JointCorrelation(np.nan, np.nan, np.nan, 9.0, 0), (6, 6), "max_p", "cannot be"),
        (JointCorrelation(np.nan, 0.0, np.nan, 0.0, 0), (6, 6), "adafilter", "no tumour"),
        (JointCorrelation(np.nan, 0.0, np.nan, 0.0, 0), (), "max_p", "0 units"),
    ],
)
def test_the_rule(
    correlation: JointCorrelation | None, units: tuple[int, ...], method: str, reason: str
) -> None:
    chosen, why = choose_method(correlation, units)
    assert chosen == method
    assert reason in why
