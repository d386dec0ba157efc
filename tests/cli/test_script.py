"""What scripts share: the exit code, and one line for a problem with the data."""

from __future__ import annotations

import argparse

import pytest

from resist_epi.cli.script import run_script
from resist_epi.errors import DesignError


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (None, 0, ""),
        (DesignError("no such group"), 1, "error: no such group"),
        (FileNotFoundError(2, "No such file", "x.bed"), 1, "error: x.bed: No such file"),
    ],
)
def test_the_code_and_the_line(
    problem: Exception | None,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(_: argparse.Namespace) -> None:
        if problem is not None:
            raise problem

    monkeypatch.setattr("sys.argv", ["script"])
    monkeypatch.setattr("resist_epi.cli.script.set_up_logging", lambda: None)
    with pytest.raises(SystemExit) as left:
        run_script(argparse.ArgumentParser(), work)
    assert left.value.code == code
    assert said in capsys.readouterr().err
