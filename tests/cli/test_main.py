"""What every verb shares: exit codes of wrong usage and of an interrupt."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main


def test_an_interrupt_is_said_and_leaves_nothing(
    tsv: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("resist_epi.study.count_sheet.read_counts_and_sheet", interrupted)
    assert main(["diff", str(tsv[0]), "-o", str(tmp_path / "r.tsv")]) == 130
    assert capsys.readouterr().err.count("stopped") == 1
    assert not (tmp_path / "r.tsv").exists()


def test_usage_errors_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff"]) == 2
    assert main(["regions", "enhancers", "-o", "x"]) == 2
    assert main(["--help"]) == 0
    assert "enrich" in capsys.readouterr().out
    assert main(["--version"]) == 0


@pytest.mark.parametrize("verb", ["run", "diff", "check", "report", "plot"])
def test_help_fits_80_columns_and_every_verb_can_be_quiet(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert "--quiet" in said
    assert "--verbose" in said


def test_quiet_behind_the_verb_is_that_before_it(
    tsv: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["diff", str(tsv[0]), "--samples", str(tsv[1]), "--quantity", "reads"]
    command += ["--contrast", "y-x", "-o", str(tmp_path / "r.tsv")]
    assert main(command) == 0
    loud = capsys.readouterr().err
    assert main([*command, "--quiet"]) == 0
    quiet = capsys.readouterr().err
    assert len(quiet.splitlines()) < len(loud.splitlines())
