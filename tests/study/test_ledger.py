"""The record of a run: damage is said, and only what the dead left behind is removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.store import PARTIAL
from resist_epi.study.ledger import FILE, Ledger, remove_partial_files


def test_a_damaged_record_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(InputFormatError, match="Remove this file"):
        Ledger(tmp_path)
    (tmp_path / FILE).write_text('{"a": 1}')
    with pytest.raises(InputFormatError, match="Remove this file"):
        Ledger(tmp_path)


def test_only_partial_files_of_dead_processes_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = tmp_path / f"{PARTIAL}{os.getpid()}-a.tsv"
    left = tmp_path / f"{PARTIAL}{dead.pid}-a.tsv"
    for path in (mine, left):
        path.write_text("half")
    remove_partial_files(tmp_path)
    assert mine.exists()
    assert not left.exists()
