"""Outputs appear whole or not at all."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.store import PARTIAL, atomic_path, file_name, read_text, write_text


def test_text_goes_round_and_gzip_is_reproducible(tmp_path: Path) -> None:
    write_text(tmp_path / "a.tsv.gz", "x\ty\n")
    first = (tmp_path / "a.tsv.gz").read_bytes()
    write_text(tmp_path / "a.tsv.gz", "x\ty\n")
    assert (tmp_path / "a.tsv.gz").read_bytes() == first
    assert gzip.decompress(first) == b"x\ty\n"
    assert read_text(tmp_path / "a.tsv.gz") == "x\ty\n"


def test_marks_as_file_names() -> None:
    assert file_name("H3K27me3") == "H3K27me3"
    assert file_name("H3K27me3 (lot/2)") == "H3K27me3__lot_2_"


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.tsv"
    write_text(path, "old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.tsv"]


def test_while_it_is_written_it_has_another_name(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "out.parquet") as temporary:
        temporary.write_text("half")
        assert temporary.name.startswith(PARTIAL)
        assert temporary.suffix == ".parquet"
        assert not (tmp_path / "out.parquet").exists()
    assert (tmp_path / "out.parquet").read_text() == "half"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputFormatError, match=r"cannot be written: (Not a directory|File exists)"):
        write_text(tmp_path / "file" / "out.tsv", "x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    def fill() -> None:
        with atomic_path(tmp_path / "out.tsv") as temporary:
            temporary.symlink_to("/dev/full")
            temporary.write_text("x" * 100_000)

    with pytest.raises(InputFormatError, match="No space left on device"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_pipes_are_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(tmp_path / "pipe", "x\n")
        assert os.read(reader, 10) == b"x\n"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to(tmp_path / "real.tsv")
    write_text(tmp_path / "link.tsv", "new")
    assert (tmp_path / "link.tsv").is_symlink()
    assert (tmp_path / "real.tsv").read_text() == "new"


def test_a_folder_given_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="is a folder"):
        write_text(tmp_path, "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputFormatError, match="Permission denied"):
        write_text(tmp_path / "out.tsv", "x")
