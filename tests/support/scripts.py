"""Scripts run in the process of their tests: a start of Python takes longer than most do."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest


def run_here(script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a script as Python runs a file that is its argument; its exit code and what it says."""
    words = [str(script), *map(str, arguments)]
    out, error = io.StringIO(), io.StringIO()
    code: object = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
        patch.setattr(sys, "argv", words)
        try:
            runpy.run_path(words[0], run_name="__main__")
        except SystemExit as left:
            code = left.code
    assert code is None or isinstance(code, int), code
    return subprocess.CompletedProcess(words, code or 0, out.getvalue(), error.getvalue())
