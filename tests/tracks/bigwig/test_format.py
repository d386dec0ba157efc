"""Headers and trees of a bigWig: every damage is told."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.bigwig import MIXED, fails, patched


def test_bigbed_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bb"
    for order in "<>":
        path.write_bytes(struct.pack(order + "I", 0x8789F2EB) + bytes(200))
        fails(path, "this is a bigBed file, not a bigWig")


@pytest.mark.parametrize("content", [b"chr1\t0\t5\t1\n", b"\x1f\x8b\x08\x00abcdef", b"ab"])
def test_other_files_are_no_bigwig(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(content)
    fails(path, "not a bigWig file")


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.bw").touch()
    fails(tmp_path / "empty.bw", "the file is empty")
    fails(tmp_path / "missing.bw", "cannot be read: No such file")
    fails(tmp_path, "cannot be read: Is a directory")


@pytest.mark.parametrize("version", [1, 4])
def test_every_cut_is_noticed(tmp_path: Path, version: int) -> None:
    path = tmp_path / "t.bw"
    whole = replace(MIXED, version=version).encode()
    # Version 1 need not end with the magic number: losing exactly that loses nothing.
    harmless = {len(whole) - 4} if version < 4 else set()
    for size in set(range(1, len(whole))) - harmless:
        path.write_bytes(whole[:size])
        fails(path, ".")


@pytest.mark.parametrize(
    ("key", "at", "value", "message"),
    [
        ("", 4, b"\x09\x00", "unknown version"),
        ("", 6, b"\xff\xff", "more zoom levels than fit"),
        ("", 8, b"\xff" * 8, "chromosome tree lies outside"),
        ("", 16, b"\xff" * 8, "data lies outside"),
        ("", 24, b"\xff" * 8, "index lies outside"),
        ("", 44, b"\xff" * 8, "ends before its totals"),
        ("", 44, b"\x08" + bytes(7), "totals lie inside the header"),
        ("tree", 0, b"\x00", "no chromosome tree"),
        ("tree", 8, b"\xff" * 4, "impossible sizes"),
        ("tree", 16, b"\xff" * 8, "more chromosomes than fit"),
        ("tree", 16, b"\x02", "holds more than it says"),
        ("tree", 16, b"\x04", "not complete"),
        ("tree", 36, b"\xff", "no text"),
        ("tree", 39, b"2", "names a chromosome or an id twice"),
        ("tree", 40, b"\x02", "names a chromosome or an id twice"),
        ("tree", 44, b"\x00" * 4, "chromosome of length 0"),
        ("index", 0, b"\x00", "no index"),
        ("index", 8, b"\xff" * 8, "more data blocks than fit"),
        ("index", 8, b"\x06", "holds more than it says"),
        ("index", 8, b"\x08", "not complete"),
        ("data", 0, b"\x01", "disagree on the number of blocks"),
        ("data", 8, b"\x00", "cannot be inflated"),
    ],
)
def test_damaged_numbers_are_found(
    tmp_path: Path, key: str, at: int, value: bytes, message: str
) -> None:
    raw = replace(MIXED, node_items=10)
    path = tmp_path / "t.bw"
    path.write_bytes(patched(raw.places, raw.encode(), key, at, value))
    fails(path, message)


def test_circles_in_the_trees_are_noticed(tmp_path: Path) -> None:
    raw = replace(MIXED, node_items=2, places={})
    whole = raw.encode()
    path = tmp_path / "t.bw"
    for key, head, item in (("index", 48, 24), ("tree", 32, 4 + 8)):
        root = raw.places[key] + head
        child = root + 4 + item - 8
        path.write_bytes(patched(raw.places, whole, "", child, struct.pack("<Q", root)))
        fails(path, "runs in a circle")


def test_data_without_an_index_are_not_an_empty_track(tmp_path: Path) -> None:
    path = tmp_path / "t.bw"
    path.write_bytes(patched({}, MIXED.encode(), "", 24, bytes(8)))
    fails(path, "holds data, but no index")
    path.write_bytes(patched(MIXED.places, MIXED.encode(), "index", 8, bytes(8)))
    fails(path, "its index is empty")
