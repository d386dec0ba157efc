"""What is no file of reads."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.tracks.reads.open import open_reads


def write(folder: Path, text: str, name: str = "r.bed") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


def test_what_is_no_file_of_reads(tmp_path: Path) -> None:
    for text, message in (
        ("@HD\tVN:1.0\n", "this is a SAM file"),
        (
            "chr1\t1\t2\t3\t4\t5\t6\t7\n",
            "line 1: 8 columns; expected reads as BED or tagAlign: 3 to 6",
        ),
        ("chr1\t1\n", "line 1: 2 columns"),
    ):
        with pytest.raises(InputFormatError, match=message):
            open_reads(write(tmp_path, text))
    with pytest.raises(InputFormatError, match="cannot be read"):
        open_reads(tmp_path / "none.bed")
