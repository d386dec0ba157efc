"""A file that is read as long as it stays what it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.digest import read_unchanged


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    path.write_text("one")
    with read_unchanged(path):
        path.read_text()
    with pytest.raises(InputFormatError, match=r"a\.bw: was changed"), read_unchanged(path):
        path.write_text("other")
    path.unlink()
    with pytest.raises(InputFormatError, match=r"a\.bw"), read_unchanged(path):
        pass
