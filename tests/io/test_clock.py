"""One clock, which `SOURCE_DATE_EPOCH` sets."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.clock import VARIABLE, source_date, today
from resist_epi.io.run_log import run_log
from resist_epi.mechanism.therapies import as_of_words


def test_without_the_variable_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert source_date() is None
    assert abs((today() - date.today()).days) <= 1


def test_everything_that_is_dated_goes_by_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, "1700000000")
    assert today() == date(2023, 11, 14)
    with run_log(tmp_path) as path:
        logging.getLogger("resist_epi").warning("said")
    assert path.read_text().splitlines()[-1].startswith("2023-11-14T22:13:20+0000 ") or (
        "2023-11-14T22:13:20+0000 WARNING said" in path.read_text()
    )
    monkeypatch.setenv(VARIABLE, "4000000000")
    assert "more than six months ago" in as_of_words()


@pytest.mark.parametrize("text", ["yesterday", "-1", "1.5", "9" * 12, "٣"])
def test_what_is_no_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(InputFormatError, match="SOURCE_DATE_EPOCH"):
        today()
