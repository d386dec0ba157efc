"""The files of the rat heart study are made from what its sources give."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest
import rat_heart_sheet
import rat_heart_tracks

from resist_epi.samples.sheet import read_sheet


def call(monkeypatch: pytest.MonkeyPatch, script: object, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["script", *map(str, words)])
    return int(script.main())  # type: ignore[attr-defined]


def counts(path: Path) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"chrom": "chr12", "start": np.arange(4) * 500})
    table["end"] = table["start"] + 500
    for name in rat_heart_sheet.ANIMALS:
        table[name] = rng.integers(0, 9, size=4) + 1
    table.to_csv(path, sep="\t", index=False)
    return table


def test_tracks_and_sheet_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = counts(tmp_path / "counts.tsv")
    assert call(monkeypatch, rat_heart_tracks, tmp_path / "counts.tsv", "-o", tmp_path / "t") == 0
    assert call(monkeypatch, rat_heart_sheet, tmp_path / "t", "-o", tmp_path / "rat.csv") == 0
    rows = read_sheet(tmp_path / "rat.csv").table
    assert len(rows) == 8
    name = rows.loc[0, "SampleID"]
    with pyBigWig.open(str(rows.loc[0, "Coverage"])) as track:
        found = [value for _, _, value in track.intervals("chr12")]
    assert found == pytest.approx(table[name] / table[name].sum() * 1e6)


def test_a_sheet_of_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in rat_heart_sheet.READS.values():
        (tmp_path / file).touch()
    words = ("--reads", tmp_path, "-o", tmp_path / "rat.csv")
    assert call(monkeypatch, rat_heart_sheet, *words) == 0
    rows = read_sheet(tmp_path / "rat.csv").table
    assert [Path(p).name for p in rows["bamReads"]] == [
        rat_heart_sheet.READS[name] for name in rows["SampleID"]
    ]
    for name, animal in rat_heart_sheet.ANIMALS.items():
        assert animal.partition("-")[2] in rat_heart_sheet.READS[name]


def test_a_table_of_something_else_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.tsv").write_text("chrom\tstart\tend\nchr12\t0\t500\n")
    assert call(monkeypatch, rat_heart_tracks, tmp_path / "a.tsv", "-o", tmp_path / "t") == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.real
def test_the_tracks_are_those_of_the_data_set(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = real_data / "rat_heart_h3k27me3_bn_shr"
    table = folder / "chr12_500bp_counts.tsv.gz"
    assert call(monkeypatch, rat_heart_tracks, table, "-o", tmp_path) == 0
    for own in (tmp_path / "derived_bigwig").iterdir():
        with (
            pyBigWig.open(str(own)) as ours,
            pyBigWig.open(str(folder / "derived_bigwig" / own.name)) as theirs,
        ):
            values = [np.array(t.intervals("chr12")) for t in (ours, theirs)]
        assert (values[0] == values[1]).all()
