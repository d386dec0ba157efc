"""The log of a run's folder: every line with its time, on one line, that of earlier runs kept."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from resist_epi.io.run_log import run_log

logger = logging.getLogger("resist_epi.somewhere")


@pytest.fixture(autouse=True)
def _all_levels() -> None:
    logging.getLogger("resist_epi").setLevel(logging.DEBUG)


def test_lines_stand_with_their_time_and_earlier_ones_stay(tmp_path: Path) -> None:
    for text in ("first", "second\nline"):
        with run_log(tmp_path) as path:
            logger.warning("%s", text)
    logger.info("outside")
    lines = path.read_text().splitlines()
    said = [x for x in lines if "WARNING" in x]
    assert [x.split("WARNING ")[1] for x in said] == ["first", "second line"]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} ", x) for x in lines)
    assert "outside" not in path.read_text()
    assert sum("done after" in x for x in lines) == 2


def test_what_stopped_a_run_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), run_log(tmp_path) as path:
        raise ValueError("broken")
    assert "broken" in path.read_text()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "run.log").symlink_to(tmp_path / "elsewhere")
    with run_log(tmp_path):
        logger.warning("x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_ends_the_log_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with run_log(tmp_path, full):
        logger.warning("one")
        logger.warning("two")
    said = [r.getMessage() for r in caplog.records]
    assert [s for s in said if "no more" in s] == [
        "no more is written to /dev/full: No space left on device"
    ]
    assert {"one", "two"} <= set(said)
    assert capsys.readouterr().err == ""
