"""One file, or one content, under two rows of a sheet; by every way to name it twice."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.same_files import (
    OneLibrary,
    refuse_one_library_twice,
    repeated_files,
    sheet_repeats,
)
from resist_epi.errors import SampleSheetError
from resist_epi.io import digest
from resist_epi.samples.sheet import SampleSheet, make_sheet
from tests.support.reads_files import write_reads


def text(seed: int, n: int = 400) -> str:
    values = np.random.default_rng(seed).integers(1, 99, n)
    return "".join(f"chr1\t{i * 10}\t{i * 10 + 10}\t{v}\n" for i, v in enumerate(values))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.bg").write_text(text(1))
    (tmp_path / "b.bg").write_text(text(2))
    return tmp_path


def same(folder: Path, *names: str) -> list[tuple[str, str]]:
    found = repeated_files({f"s{i}": str(folder / name) for i, name in enumerate(names)})
    return [(pair.first, pair.second) for pair in found]


def test_files_that_differ_are_none(folder: Path) -> None:
    assert same(folder, "a.bg", "b.bg") == []
    assert same(folder, "gone.bg", "none.bg") == []


@pytest.mark.parametrize("way", ["./a.bg", "sub/../a.bg", "symbolic", "hard", "copy"])
def test_every_way_to_name_a_file_twice(folder: Path, way: str) -> None:
    (folder / "sub").mkdir()
    (folder / "symbolic").symlink_to("a.bg")
    os.link(folder / "a.bg", folder / "hard")
    shutil.copy(folder / "a.bg", folder / "copy")
    assert same(folder, "a.bg", "b.bg", way) == [("s0", "s2")]


def test_a_file_that_is_not_there_is_known_by_its_path(folder: Path) -> None:
    assert same(folder, "gone.bg", "./gone.bg") == [("s0", "s1")]


def test_a_packed_text_is_what_it_unpacks_to(folder: Path) -> None:
    content = (folder / "a.bg").read_bytes()
    (folder / "one.gz").write_bytes(gzip.compress(content, 1))
    (folder / "two.gz").write_bytes(gzip.compress(content[:999]) + gzip.compress(content[999:]))
    assert same(folder, "a.bg", "one.gz", "two.gz") == [("s0", "s1"), ("s0", "s2")]
    (folder / "cut.gz").write_bytes(gzip.compress(content)[:-20])
    assert same(folder, "a.bg", "cut.gz") == [], "who reads it says what is wrong"


def test_a_copy_of_a_bam(folder: Path) -> None:
    for name, step in (("x", 10), ("y", 20)):
        write_reads(folder, name, 90_000, list(range(0, 80_000, step)))
    shutil.copy(folder / "x.bam", folder / "z.bam")
    assert same(folder, "x.bam", "y.bam", "z.bam") == [("s0", "s2")]


def test_files_of_other_sizes_or_beginnings_are_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "resist_epi.counting.same_files.checksum", lambda p: read.append(p) or digest.checksum(p)
    )
    for name, step in (("x", 10), ("y", 20)):
        write_reads(folder, name, 90_000, list(range(0, 80_000, step)))
    assert same(folder, "a.bg", "b.bg", "x.bam", "y.bam") == []
    assert read == []


def sheet_of(folder: Path, paths: list[str], **columns: object) -> SampleSheet:
    table = pd.DataFrame({"SampleID": [f"s{i}" for i in range(len(paths))], "Coverage": paths})
    plain = {"Factor": "ER", "Condition": ["good", "poor"] * (len(paths) // 2)}
    return make_sheet(table.assign(**{**plain, **columns}), path=folder / "sheet.csv")


def test_what_is_said_of_units_replicates_and_marks(folder: Path) -> None:
    def said(**columns: object) -> str:
        sheet = sheet_of(folder, ["a.bg", "a.bg"], **columns)
        with pytest.raises(SampleSheetError) as caught:
            refuse_one_library_twice(sheet, sheet_repeats(sheet, "Coverage"))
        return str(caught.value)

    assert "'s0' (group good) and 's1' (group poor) are two units of ER but name one file" in said()
    assert "'s1' (patient P2)" in said(Patient=["P1", "P2"])
    assert "would count twice" in said(Patient="P1", Condition="good")
    assert "'s0' (of ER) and 's1' (of AR)" in said(Factor=["ER", "AR"])
    assert "a.bg" in said()


def test_a_control_that_units_share_is_none(folder: Path) -> None:
    sheet = sheet_of(folder, ["a.bg", "b.bg"], ControlCoverage="a.bg")
    assert sheet_repeats(sheet, "Coverage") == []
    assert sheet_repeats(sheet, "bamReads") == []


def test_next_to_nothing_may_be_chance(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, n in (("few", 2), ("some", 20)):
        for i in (1, 2):
            (folder / f"{name}{i}").write_text(text(1, n))
    (few,) = repeated_files({s: str(folder / s) for s in ("few1", "few2")})
    (some,) = repeated_files({s: str(folder / s) for s in ("some1", "some2")})
    (much,) = repeated_files({"s0": str(folder / "a.bg"), "s1": str(folder / "./a.bg")})
    assert [(p.chance, p.certain) for p in (few, some, much)] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    refuse_one_library_twice(
        sheet_of(folder, ["x", "y"]), [OneLibrary("s0", "s1", "agree", certain=False)]
    )
    assert "too small to be sure" in caplog.text
