"""One small simulated cohort for the tests that only look at it."""

from __future__ import annotations

import pytest

from resist_epi.simulation.cohort import Cohort, simulate_cohort
from tests.support.small_cohort import SMALL


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate_cohort(SMALL)
