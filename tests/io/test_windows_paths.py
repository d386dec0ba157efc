"""Paths of Windows are told as such, and names that only look like them are files."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.windows_paths import refuse_windows_path


@pytest.mark.parametrize("written", ["C:\\a\\b.bw", "c:/a/b.bw", "C:ab.bw", "\\\\server\\a.bw"])
def test_paths_of_windows(written: str, tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"looks like a path of Windows.* /mnt/c/"):
        refuse_windows_path(written, tmp_path / written)


def test_a_file_of_that_name_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "C:a.bw").write_text("")
    refuse_windows_path("C:a.bw", tmp_path / "C:a.bw")
    refuse_windows_path("https://somewhere/a.bw")
    refuse_windows_path("a/C:b.bw")
