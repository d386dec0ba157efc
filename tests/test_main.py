"""`python -m resist_epi`: one line of error, a traceback only when asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_console_script_shows_a_traceback_only_with_debug(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "resist_epi", "check", str(tmp_path / "none.csv")]
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    assert plain.returncode == 1
    bad = ["diff", str(tmp_path / "none.tsv"), "-o", str(tmp_path / "x.tsv")]
    command = [sys.executable, "-m", "resist_epi", *bad]
    error = subprocess.run(command, capture_output=True, text=True, check=False)
    assert error.returncode == 1
    assert error.stderr.count("\n") == 1
    debug = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False)
    assert "Traceback" in debug.stderr
