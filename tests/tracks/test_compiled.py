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


TOTAL = """
import sys, time
from pathlib import Path
import numpy as np
from numba.core import caching
from resist_epi.tracks.compiled import njit

@njit(cache=True)
def total(x):
    found = 0.0
    for value in x:
        found += value
    return found

numbers = np.arange(8.0)
whole = np.arange(8)  # of another type, so compiled anew

def wait_for(name):
    end = time.monotonic() + 60
    while not Path(name).exists() and time.monotonic() < end:
        time.sleep(0.01)
"""

# Both have found no table of contents; the second one writes its own over that of the first, and
# the first one's code comes last.
AT_ONCE = """
me, other = sys.argv[1:]
save_index = caching.IndexDataCacheFile._save_index
save_data = caching.IndexDataCacheFile._save_data

def index_saved(self, overloads):
    Path(f"{me}.ready").touch()
    wait_for(f"{other}.ready")
    if me == "second":
        wait_for("first.index")
    save_index(self, overloads)
    Path(f"{me}.index").touch()

def data_saved(self, name, data):
    if me == "first":
        wait_for("second.data")
    save_data(self, name, data)
    Path(f"{me}.data").touch()

caching.IndexDataCacheFile._save_index = index_saved
caching.IndexDataCacheFile._save_data = data_saved
total(numbers if me == "first" else whole)
"""


def in_python(folder: Path, code: str, *arguments: str) -> subprocess.Popen[str]:
    (folder / "sums.py").write_text(TOTAL)
    command = [sys.executable, "-c", f"from sums import *\n{code}", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True)


def test_processes_that_compile_at_one_time_keep_their_code_apart(tmp_path: Path) -> None:
    both = ("first", "second")
    started = [in_python(tmp_path, AT_ONCE, *names) for names in (both, both[::-1])]
    for process in started:
        _, said = process.communicate()
        assert process.returncode == 0, said
    for _ in range(2):
        found, said = in_python(tmp_path, "print(total(numbers), total(whole))").communicate()
        assert found == "28.0 28.0\n", said


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.nb[ic]"))


def test_compiled_code_is_kept(tmp_path: Path) -> None:
    in_python(tmp_path, "total(numbers)").communicate()
    before = {path: path.stat().st_mtime_ns for path in kept(tmp_path)}
    assert before
    found, _ = in_python(
        tmp_path, "total(numbers); print(sum(total.stats.cache_hits.values()))"
    ).communicate()
    assert found == "1\n"
    assert {path: path.stat().st_mtime_ns for path in kept(tmp_path)} == before


@pytest.mark.parametrize("content", [b"", b"\x80\x05half"])
def test_damaged_kept_code_is_compiled_anew(tmp_path: Path, content: bytes) -> None:
    """As the fall of a computer leaves it, which knows of names before it does of contents."""
    in_python(tmp_path, "total(numbers)").communicate()
    for damaged in kept(tmp_path):
        damaged.write_bytes(content)
        found, said = in_python(tmp_path, "print(total(numbers))").communicate()
        assert found == "28.0\n", said
        assert damaged.read_bytes() != content


def test_code_that_cannot_be_kept_is_used_all_the_same(tmp_path: Path) -> None:
    """As where the disk of the environment is full."""
    full = (
        "def full(self, path): raise OSError(28, 'No space left on device')\n"
        "caching.IndexDataCacheFile._open_for_write = full\n"
    )
    found, said = in_python(tmp_path, f"{full}print(total(numbers))").communicate()
    assert found == "28.0\n", said


def test_code_of_another_source_is_not_taken_where_its_process_was_killed(tmp_path: Path) -> None:
    """Killed between the table of contents and the code, it leaves the old code under new names."""
    in_python(tmp_path, "total(numbers)").communicate()
    source = TOTAL.replace("found += value", "found += 10 * value")
    killed = (
        "import os\ncaching.IndexDataCacheFile._save_data = lambda *_: os._exit(9)\ntotal(numbers)"
    )
    for code in (killed, "print(total(numbers))"):
        (tmp_path / "sums.py").write_text(source)
        run = [sys.executable, "-c", f"from sums import *\n{code}"]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "280.0\n", done.stderr
