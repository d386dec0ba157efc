"""Parts of results: whose they are, and what of them is removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.parts import Parts

MINE, OTHER = "a" * 64, "b" * 64


def test_the_parts_of_another_mark_stay(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    Parts(folder).keep(OTHER, {"x": np.arange(3.0)}, {"n": 1})
    mine = Parts(folder)
    mine.keep(MINE, {"x": np.arange(2.0)}, {})
    mine.remove()
    assert [p.stem for p in folder.iterdir()] == [OTHER]
    found = Parts(folder).find(OTHER)
    assert found is not None
    assert found[1] == {"n": 1}
    again = Parts(folder)
    again.find(OTHER)
    again.remove()
    assert not folder.exists()
    again.remove()


def test_what_is_no_part_stays(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    Parts(folder).keep(MINE, {}, {})
    (folder / "notes.txt").write_text("dear")
    Parts(folder).remove_all()
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]
    (folder / f"{OTHER}.npz").write_text("dear")
    (tmp_path / "linked").symlink_to(folder)
    Parts(tmp_path / "linked").remove_all()
    assert (folder / f"{OTHER}.npz").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip"])
def test_a_damaged_part_is_no_part(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{MINE}.npz").write_bytes(content)
    assert Parts(tmp_path).find(MINE) is None


def test_arrays_are_read_one_by_one(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "parts")
    parts.keep(MINE, {"x": np.arange(3.0), "bins chr1": np.ones(4, np.float32)}, {"n": 1})
    found = Parts(tmp_path / "parts").find(MINE, later="bins ")
    assert found is not None
    assert list(found[0]) == ["x"]
    assert parts.array(MINE, "bins chr1").dtype == np.float32
    with pytest.raises(InputFormatError, match="Run the same command again"):
        parts.array(MINE, "bins chr2")
    with pytest.raises(InputFormatError, match="gone"):
        parts.array(OTHER, "x")


def test_damage_in_what_is_read_later_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    Parts(folder).keep(MINE, {"x": np.arange(3.0), "bins chr1": np.arange(5000.0)}, {})
    path = folder / f"{MINE}.npz"
    assert Parts(folder).is_whole(MINE)
    data = bytearray(path.read_bytes())
    at = data.find(np.arange(5000.0).tobytes()[800:900])
    data[at + 4] ^= 0xFF
    path.write_bytes(bytes(data))
    again = Parts(folder)
    assert again.find(MINE, later="bins ") is not None
    assert not again.is_whole(MINE)
