"""Tracks of a sheet's reads: made once, recorded, and averaged by group."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.make_tracks import AskedTracks, make_tracks
from resist_epi.tracks.reads.bam_coverage import CoverageSettings
from tests.tracks.reads.test_pileup import write

RAW = AskedTracks(CoverageSettings(bin_size=10, normalisation="None"), mean_by="condition")


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bams")
    rng = np.random.default_rng(9)
    for name in ("a1", "a2", "b"):
        write(folder / f"{name}.bam", sorted((int(s), 40) for s in rng.integers(0, 1900, 200)))
    pd.DataFrame(
        {
            "SampleID": ["a1", "a2", "b"],
            "Factor": "H3K27me3",
            "Condition": ["good", "good", "poor"],
            "Patient": ["A", "A", "B"],
            "bamReads": ["a1.bam", "a2.bam", "b.bam"],
        }
    ).to_csv(folder / "sheet.csv", index=False)
    return folder / "sheet.csv"


@pytest.fixture(scope="module")
def made(sheet: Path) -> Path:
    out = sheet.parent / "tracks"
    make_tracks(read_sheet(sheet), out, RAW)
    return out


def values(path: Path) -> np.ndarray:
    with pyBigWig.open(str(path)) as file:
        return np.nan_to_num(file.values("chr1", 0, 2000, numpy=True))


def test_tracks_means_and_the_record(made: Path) -> None:
    names = {p.name for p in made.iterdir()}
    means = {"mean.H3K27me3.good.bw", "mean.H3K27me3.poor.bw"}
    assert names == {"a1.bw", "a2.bw", "b.bw", "tracks.json", "sheet.csv", *means}
    mean = (values(made / "a1.bw") + values(made / "a2.bw")) / 2
    np.testing.assert_allclose(values(made / "mean.H3K27me3.good.bw"), mean, rtol=1e-6)
    record = json.loads((made / "tracks.json").read_text())
    own = record["a1.bw"]
    assert own["command"].startswith("bamCoverage --bam")
    assert "--binSize 10 --normalizeUsing None" in own["command"]
    assert own["deeptools"].startswith("3.")
    assert (own["bin_size"], own["normalisation"]) == (10, "None")
    assert record["mean.H3K27me3.good.bw"]["units"] == [["a1", "a2"]]


def test_the_sheet_beside_them_is_ready_to_use(made: Path) -> None:
    again = read_sheet(made / "sheet.csv")
    assert [Path(p).is_file() for p in again.table["Coverage"]] == [True] * 3
    assert all(Path(p).is_file() for p in again.table["bamReads"])


def test_what_is_unchanged_is_not_made_again(
    sheet: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    out, calls = shutil.copytree(made, made.with_name("again")), []
    monkeypatch.setattr("resist_epi.study.make_tracks.make_bigwig", never)
    monkeypatch.setattr("resist_epi.study.make_tracks.write_mean_track", never)
    make_tracks(read_sheet(sheet), out, RAW)
    content = (out / "b.bw").read_bytes()

    def one(bam: str, track: Path, options: list[str], **_: object) -> None:
        calls.append(track.name)
        track.write_bytes(content)

    monkeypatch.setattr("resist_epi.study.make_tracks.make_bigwig", one)
    (out / "b.bw").write_bytes(b"cut short")
    make_tracks(read_sheet(sheet), out, RAW)
    assert calls == ["b.bw"]
    other = AskedTracks(CoverageSettings(bin_size=20, normalisation="None"))
    make_tracks(read_sheet(sheet), out, other)
    assert calls == ["b.bw", "a1.bw", "a2.bw", "b.bw"]


def test_means_of_tracks_that_are_there(
    sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.read_csv(sheet)
    monkeypatch.chdir(sheet.parent)
    assert main(["tracks", "sheet.csv", "-o", "of_here", "--bin-size", "10"]) == 0
    table["Coverage"] = [str(sheet.parent / "of_here" / f"{s}.bw") for s in table["SampleID"]]
    table = table.drop(columns="bamReads")
    table.to_csv(tmp_path / "own.csv", index=False)
    monkeypatch.chdir(tmp_path)
    assert main(["tracks", "own.csv", "-o", "means", "--mean-by", "Patient"]) == 0
    names = {p.name for p in (tmp_path / "means").glob("*.bw")}
    assert names == {"mean.H3K27me3.A.bw", "mean.H3K27me3.B.bw"}


def test_what_is_refused(sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read_sheet(sheet)
    bare = type(rows)(rows.table.drop(columns="bamReads"))
    with pytest.raises(SampleSheetError, match="a1: neither bamReads nor Coverage"):
        make_tracks(bare, tmp_path / "out")
    with pytest.raises(DesignError, match="no column 'Grade'"):
        make_tracks(rows, tmp_path / "out", AskedTracks(mean_by="Grade"))
    same = type(rows)(rows.table.assign(SampleID=["x", "X", "y"]))
    with pytest.raises(DesignError, match="'X' would be written as"):
        make_tracks(same, tmp_path / "out")
    out = ["-o", str(tmp_path / "out")]
    assert main(["tracks", str(sheet), *out, "--normalize", "RPGC"]) == 1
    assert "--effective-genome-size" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
