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


def test_code_that_cannot_be_kept_is_compiled_all_the_same(tmp_path: Path) -> None:
    """As where package and home are of a container that nothing is written to."""
    (tmp_path / "kept_nowhere.py").write_text(
        "from resist_epi.tracks.compiled import njit\n"
        "@njit(cache=True, nogil=True)\n"
        "def one_more(x):\n"
        "    return x + 1\n"
    )
    none = "import numba.core.caching as c; c.CacheImpl._locator_classes = []"
    code = f"import sys; sys.path.insert(0, ''); {none}; import kept_nowhere as k"
    run = [sys.executable, "-c", f"{code}; print(k.one_more(1))"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr
