"""The fuzz of all readers, in small; and that it would see what it is to see."""

from __future__ import annotations

from pathlib import Path

import pytest

fuzz_readers = pytest.importorskip("fuzz_readers", reason="no scripts beside the tests")
fuzz_inputs = pytest.importorskip("fuzz_inputs")
fuzz_damage = pytest.importorskip("fuzz_damage")


def test_no_reader_fails_on_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_inputs, "_run", lambda _: [])  # a study takes too long here
    everything = fuzz_inputs.every_input(tmp_path)
    outcomes, examples = fuzz_readers.fuzz(everything, files=40, seed=7, folder=tmp_path)
    bad = [key for key in outcomes if key[1].startswith("BAD")]
    assert not bad, {key: examples.get(key) for key in bad}
    readers = {one.reader for one in everything}
    assert {reader for reader, outcome in outcomes if outcome == "refused"} == readers
    assert {reader for reader, outcome in outcomes if outcome == "value"} == readers


def read_badly(path: Path) -> int:
    if "\x00" in path.read_text(errors="replace"):
        print("a NUL")
    return int(path.read_text())


def test_foreign_errors_and_chatter_are_seen(tmp_path: Path) -> None:
    one = fuzz_inputs.Input("bad", ".txt", b"12", read_badly)
    outcomes, _ = fuzz_readers.fuzz([one], files=60, seed=1, folder=tmp_path)
    assert any("ValueError" in kind for _, kind in outcomes)


def test_numbers_spelled_as_none_are_seen(tmp_path: Path) -> None:
    one = fuzz_inputs.Input("bad", ".txt", b"12", read_badly)
    assert len(fuzz_readers.misread(one, tmp_path / "x.txt")) == 2


def test_a_number_makes_the_same_damage_again() -> None:
    one = fuzz_inputs.Input("GMT", ".gmt", b"A\tx\tB\nC\tx\tD\n", read_badly)
    made = {fuzz_readers.damaged_file(one, 5) for _ in range(3)}
    assert len(made) == 1
    assert len({fuzz_readers.damaged_file(one, n) for n in range(50)}) > 25
