"""The run that the tests of the report read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.finished import FinishedRun


@pytest.fixture(scope="session")
def study(finished_run: FinishedRun) -> Path:
    """The folder of a run on the small cohort; its tests copy it before they write."""
    return finished_run.out
