"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.few_figures import draw_only
from tests.support.finished import FinishedRun, finish
from tests.support.once import made_once, written_to

# The same examples each time, so that a test fails for what was changed alone, and no word on how
# fast they are made. New ones: pytest --hypothesis-profile=new.
for name, same in (("same", True), ("new", False)):
    hypothesis.settings.register_profile(
        name,
        deadline=None,
        derandomize=same,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        print_blob=True,
    )
hypothesis.settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """An error in a thread fails the test that began it."""
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")


def pytest_collection() -> None:
    """Nothing of what is collected is garbage: to look for some takes seconds."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests and their modules stay to the end: no later look for garbage sees them."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: at the end no worker waits for another's long one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def package_logger() -> None:
    """A command run in this process takes the log lines for its own; each test has them back."""
    logger = logging.getLogger("resist_epi")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True, scope="module")
def what_many_read_stays() -> Iterator[None]:
    """A test that writes where others read, perhaps at this moment, is found by its file."""
    yield
    assert not (found := written_to()), f"written by a test of this file, or one beside it: {found}"


@pytest.fixture(autouse=True)
def no_figure_stays() -> Iterator[None]:
    """What a test has drawn is closed: a process that keeps more than twenty figures is warned."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; the test skips, saying so, where it is missing."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RESIST_EPI_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip("real data not found: neither RESIST_EPI_REAL_DATA nor ../shared/data")
    return folder


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs draw no figures, which are three quarters of a small run's time."""
    monkeypatch.setattr("resist_epi.report.page.draw_figures", lambda run, folder, **how: [])
    monkeypatch.setattr("resist_epi.report.peaks_page.save_figures", lambda made, folder, **how: [])


@pytest.fixture
def few_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two figures a mark instead of all, where a test is about something else than they."""
    draw_only(monkeypatch, ".pca", ".correlation")


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A finished run on the small cohort, figures and page included; a test that writes copies."""
    return FinishedRun.in_folder(made_once(tmp_path_factory, "finished_run", finish))
