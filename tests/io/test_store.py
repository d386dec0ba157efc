"""Outputs appear whole or not at all."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import InputFormatError
from resist_epi.io.store import (
    LONGEST_LINE,
    PARTIAL,
    atomic_path,
    file_name,
    parse_json,
    read_bytes,
    read_text,
    refuse_linked_folders,
    write_text,
)


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


def test_threads_that_write_one_file_do_not_write_into_one_another(tmp_path: Path) -> None:
    texts = {character * 200_000 for character in "abcdefgh"}
    path = tmp_path / "out.txt"
    with ThreadPoolExecutor(len(texts)) as pool:
        for _ in range(10):
            list(pool.map(lambda text: write_text(path, text), texts))
            assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


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


def test_a_link_is_replaced_and_what_it_led_to_stays(tmp_path: Path) -> None:
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to(tmp_path / "real.tsv")
    (tmp_path / "loose.tsv").symlink_to(tmp_path / "nowhere.tsv")
    write_text(tmp_path / "link.tsv", "new")
    write_text(tmp_path / "loose.tsv", "new")
    assert not (tmp_path / "link.tsv").is_symlink()
    assert (tmp_path / "link.tsv").read_text() == (tmp_path / "loose.tsv").read_text() == "new"
    assert (tmp_path / "real.tsv").read_text() == "old"
    assert not (tmp_path / "nowhere.tsv").exists()


def test_a_link_that_the_user_names_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.bed").write_text("old")
    (tmp_path / "link.bed").symlink_to(tmp_path / "real.bed")
    (tmp_path / "genes.tsv").write_text(
        "chrom\tstart\tend\tgene_id\tgene_name\tstrand\nchr1\t5000\t9000\tg\tG\t+\n"
    )
    arguments = ["-q", "regions", "promoters", "--genes", str(tmp_path / "genes.tsv")]
    assert main([*arguments, "-o", str(tmp_path / "link.bed")]) == 0
    assert (tmp_path / "link.bed").is_symlink()
    assert (tmp_path / "real.bed").read_text().startswith("#chrom\t")


def test_standard_output_may_be_a_file(tmp_path: Path) -> None:
    code = "from resist_epi.io.store import write_text; write_text('/dev/stdout', 'x\\n')"
    with open(tmp_path / "out.txt", "wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_text() == "x\n"
    assert Path("/dev/stdout").is_symlink()


def test_long_names_are_written(tmp_path: Path) -> None:
    name = "é" * 120 + ".tsv.gz"
    write_text(tmp_path / name, "x")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def bomb(path: Path, megabytes: int) -> int:
    with gzip.open(path, "wb", compresslevel=9) as stream:
        for _ in range(megabytes):
            stream.write(bytes(1 << 20))
    return path.stat().st_size


@pytest.mark.parametrize("reader", [read_text, read_bytes])
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(
    tmp_path: Path, reader: Callable[[Path], object]
) -> None:
    size = bomb(tmp_path / "bomb.gz", 300)
    assert size < 1 << 20
    tracemalloc.start()
    with pytest.raises(InputFormatError, match="unpacks to more than 71 MB, out of all proportion"):
        reader(tmp_path / "bomb.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20


def test_what_packs_well_is_read(tmp_path: Path) -> None:
    bomb(tmp_path / "zeros.gz", 60)
    assert len(read_bytes(tmp_path / "zeros.gz")) == 60 << 20


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("a\nb\n" + "c" * (LONGEST_LINE + 1))
    with pytest.raises(InputFormatError, match="line 3: a line of more than 16 MB"):
        read_text(tmp_path / "line.txt")
    (tmp_path / "lines.txt").write_text(("c" * 1000 + "\n") * 20_000)
    assert read_text(tmp_path / "lines.txt").count("\n") == 20_000


def test_json_nested_too_deep_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        parse_json("[" * 100_000)


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / "a").mkdir(parents=True)
    refuse_linked_folders(tmp_path / "run")
    (tmp_path / "run" / "a" / "figures").symlink_to(tmp_path)
    with pytest.raises(InputFormatError, match="figures: is a link to another folder"):
        refuse_linked_folders(tmp_path / "run")


def test_a_folder_given_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="is a folder"):
        write_text(tmp_path, "x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputFormatError, match="Permission denied"):
        write_text(tmp_path / "out.tsv", "x")
