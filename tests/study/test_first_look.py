"""What is found out before hours of work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.study.first_look import make_folder


def test_a_full_disk_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputFormatError, match=r"cannot be written: No space left.*by -o"):
        make_folder(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
