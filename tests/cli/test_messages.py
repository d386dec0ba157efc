"""Log lines, their folding, and the bar that ends with the work that it shows."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from resist_epi.cli.messages import folded, set_up_logging, track_progress
from resist_epi.io.progress import begin

logger = logging.getLogger("resist_epi.somewhere")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, ["warning", "info"]),
        ({"quiet": True}, ["warning"]),
        ({"verbose": True}, ["warning", "info", "debug"]),
    ],
)
def test_quiet_and_verbose_say_what_is_shown(
    asked: dict[str, bool], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(**asked)
    for level in ("warning", "info", "debug"):
        getattr(logger, level)("as %s", level)
    said = [line.split()[-1] for line in capsys.readouterr().err.splitlines()]
    assert said == shown


def test_lines_are_folded_at_words_and_paths_stay_whole() -> None:
    path = "/a/very/long/path/that/does/not/fit/into/the/terminal/at/all/file-with-hyphens.tsv"
    text = folded(f"resist-epi: one two three {path} four", 40).splitlines()
    assert path in [line.strip() for line in text]
    assert all(line.startswith("    ") for line in text[1:])
    assert " ".join(line.strip() for line in text) == f"resist-epi: one two three {path} four"
    assert folded("a b c", 10) == "a b c"


def test_without_a_terminal_each_thing_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    with track_progress(2) as progress:
        begin(progress, "counting", 2)
        progress("T1 counted")
    assert capsys.readouterr().err == "resist-epi: T1 counted\n"


def test_on_a_terminal_a_bar_goes_with_its_work_and_lines_stand_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    set_up_logging()
    with track_progress(2, what="looking") as progress:
        progress("T1")
        begin(progress, "testing H3K27me3")
        logger.info("called 7 regions")
        tasks = progress._bar.tasks  # type: ignore[union-attr]
        assert [task.description for task in tasks] == ["testing H3K27me3"]
    said = screen.getvalue()
    (line,) = [x for x in said.splitlines() if "called 7" in x]
    assert line.split("\x1b[2K")[-1].rstrip().endswith("resist-epi: called 7 regions")
    logger.info("after the bar")
    assert "after the bar\n" in screen.getvalue()
