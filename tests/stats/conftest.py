"""R's golden answers, by scenario, as fixtures."""

from __future__ import annotations

import pytest

from tests.support.golden import SCENARIOS, Scenario, load, read


@pytest.fixture(scope="session", params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return load(request.param)


@pytest.fixture(scope="session")
def dense() -> Scenario:
    return load("dense")


@pytest.fixture(scope="session")
def golden() -> object:
    """Reader of one golden table by name."""
    return read
