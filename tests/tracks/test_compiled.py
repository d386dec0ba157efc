"""Numba is imported wherever Python runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

USED = "from resist_epi.tracks.compiled import njit; print(njit()(lambda x: x + 1)(1))"


@pytest.mark.parametrize("name", ["coverage", "tracks"])
def test_a_folder_is_not_taken_for_the_module_coverage(tmp_path: Path, name: str) -> None:
    """As in a notebook in a simulated cohort, whose folder of tracks is named so."""
    (tmp_path / name).mkdir()
    run = [sys.executable, "-c", f"import sys; sys.path[0] = ''; {USED}; import {name}"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr
    assert done.returncode == 0, done.stderr


def test_coverage_itself_is_left_to_numba(tmp_path: Path) -> None:
    (tmp_path / "coverage.py").write_text("raise ImportError('the module was asked for')")
    code = f"import sys; sys.path[0] = ''; {USED}; print('coverage' in sys.modules)"
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "2\nFalse\n"


def test_where_no_folder_can_be_written_loops_are_compiled_anew(tmp_path: Path) -> None:
    """As in a container whose files cannot be written, by a user without a home."""
    (tmp_path / "loops.py").write_text(
        "from numba.core import caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from resist_epi.tracks.compiled import njit\n"
        "@njit(cache=True, nogil=True)\n"
        "def twice(x):\n"
        "    return 2 * x\n"
        "print(twice(21))\n"
    )
    run = [sys.executable, "loops.py"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "42\n", done.stderr
