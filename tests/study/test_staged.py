"""A sheet of addresses gives what the same files give that are here."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.errors import SampleSheetError
from resist_epi.io.digest import checksum
from resist_epi.io.remote import cache, ranged_file, transport
from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import make_sheet, read_sheet
from resist_epi.study.check import check_study
from resist_epi.study.check_remote import without_remote_peaks
from resist_epi.study.locus_sheet import locus_coverage
from resist_epi.study.profile_sheet import Window, profile_sheet
from resist_epi.study.settings import make_settings
from resist_epi.study.staged import columns_counted, columns_drawn, stage_sheet
from tests.support.range_server import RangeServer, serving
from tests.support.remote_cohort import served_sheet

BED = "chr1\t1000\t3000\tr1\nchr1\t9000\t12000\tr2\nchr2\t500\t9000\tr3\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RangeServer]:
    monkeypatch.setattr(transport, "PAUSE", 0.0)
    monkeypatch.setattr(cache, "default_cache", lambda: tmp_path / "xdg")
    ranged_file.forget()
    with serving() as own:
        yield own


def test_counts_are_those_of_files_that_are_here(server: RangeServer, tmp_path: Path) -> None:
    there, here = served_sheet(tmp_path / "s", server)
    bed = tmp_path / "r.bed"
    bed.write_text(BED)
    own, out = tmp_path / "cache", [str(tmp_path / f"{n}.parquet") for n in "ab"]
    asked = ["--regions", str(bed), "--quantity", "mean_signal"]
    assert main(["count", str(there), *asked, "-o", out[0], "--cache", str(own)]) == 0
    assert main(["count", str(here), *asked, "-o", out[1]]) == 0
    pd.testing.assert_frame_equal(read_counts(out[0]).table(), read_counts(out[1]).table())
    assert not (tmp_path / "xdg").exists()  # the cache that was named, and no other
    server.seen.clear()
    assert main(["count", str(there), *asked, "-o", out[0], "--cache", str(own)]) == 0
    assert server.sent() == 0
    assert {s.method for s in server.seen} == {"HEAD"}


def test_a_profile_reads_parts(server: RangeServer, tmp_path: Path) -> None:
    there, here = served_sheet(tmp_path / "s", server)
    regions = pd.DataFrame(
        [["chr1", 5000, 6000, "+"], ["chr2", 9000, 9500, "-"]],
        columns=["chrom", "start", "end", "strand"],
    )
    window = Window(before=500, after=500)
    staged = stage_sheet(read_sheet(there), parts=True)
    assert staged.table["Coverage"].str.startswith("http").all()
    found = profile_sheet(staged, regions, window)
    own = profile_sheet(read_sheet(here), regions, window)
    for sample in own.values:
        assert (found.values[sample] == own.values[sample]).all()
    assert not (tmp_path / "xdg").exists()
    assert {s.status for s in server.gets()} == {206}


@pytest.mark.parametrize("scaled", [True, False])
def test_a_locus_is_the_same(server: RangeServer, tmp_path: Path, scaled: bool) -> None:
    there, here = served_sheet(tmp_path / "s", server)
    place = ("chr1", 5000, 9000)
    found = locus_coverage(read_sheet(there), place, scaled=scaled, jobs=2)
    own = locus_coverage(read_sheet(here), place, scaled=scaled)
    pd.testing.assert_frame_equal(found, own, rtol=1e-6)


def test_the_verbs_of_parts_take_addresses(server: RangeServer, tmp_path: Path) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    bed = tmp_path / "r.bed"
    bed.write_text(BED)
    assert main(["profile", str(there), "--regions", str(bed), "-o", str(tmp_path / "p.gz")]) == 0
    out = tmp_path / "locus.png"
    assert main(["plot", "locus", str(there), "--region", "chr1:1000-9000", "-o", str(out)]) == 0
    assert out.stat().st_size > 1000
    assert not (tmp_path / "xdg").exists()


def test_every_file_that_cannot_be_had_is_said(server: RangeServer, tmp_path: Path) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    del server.files["/T1.bw"]
    server.put("T3.bw", b"<html>log in</html>")
    with pytest.raises(SampleSheetError) as found:
        stage_sheet(read_sheet(there), tmp_path / "cache")
    first, second = found.value.problems
    assert "'T1', column Coverage" in first
    assert f"{server.url}/T1.bw" in first
    assert "404" in first
    assert f"{server.url}/T3.bw: this is a web page" in second


def test_text_and_peaks_are_fetched_where_parts_are_read(
    server: RangeServer, tmp_path: Path
) -> None:
    text = server.put("a.bedGraph", b"chr1 0 100 2\nchr1 100 200 5\n")
    peaks = server.put("a.narrowPeak", b"chr1\t5\t90\tp\t1\t.\t1\t1\t1\t3\n")
    rows = {"SampleID": ["a"], "Factor": "ER", "Condition": "x", "Coverage": text, "Peaks": peaks}
    staged = stage_sheet(make_sheet(pd.DataFrame(rows)), parts=True)
    for column, name in (("Coverage", "a.bedGraph"), ("Peaks", "a.narrowPeak")):
        path = Path(staged.table[column][0])
        assert path.name == name
        assert path.is_relative_to(tmp_path / "xdg")


def test_what_is_not_read_is_not_fetched() -> None:
    own = {"Coverage": "https://h/a.bw", "bamReads": "https://h/a.bam", "Peaks": "p.bed"}
    more = {"ControlCoverage": "https://h/i.bw", "bamControl": "https://h/i.bam"}
    rows = pd.DataFrame({"SampleID": ["a"], "Factor": "ER", "Condition": "x", **own, **more})
    both, tracks = make_sheet(rows), make_sheet(rows.assign(bamReads=""))
    assert set(columns_counted(both, "auto")) == {"bamReads", "bamControl", *more, "Peaks"}
    assert set(columns_counted(tracks, "auto")) == {"Coverage", "ControlCoverage", "Peaks"}
    assert "bamReads" not in columns_counted(both, "mean_signal")
    assert "Coverage" not in columns_counted(tracks, "reads")
    assert set(columns_drawn(both)) == {"Coverage", "Peaks"}
    assert set(columns_drawn(make_sheet(rows.drop(columns="Coverage")))) == {"bamReads", "Peaks"}


def test_other_verbs_say_that_a_file_lies_elsewhere(
    server: RangeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, _ = served_sheet(tmp_path / "s", server, n=2)
    there.write_text(
        there.read_text().replace("Coverage", "Peaks").replace("T0.bw", "T0.bw?k=sesame")
    )
    assert main(["occupancy", str(there), "-o", str(tmp_path / "o.tsv")]) == 1
    said = capsys.readouterr().err
    assert f"{server.url}/T0.bw?...: lies elsewhere" in said
    assert "sesame" not in said


def test_check_reads_little_and_says_what_there_is(server: RangeServer, tmp_path: Path) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    server.files["/T0.bw"].data = server.files["/T0.bw"].data[:64] + bytes(300_000)
    del server.files["/T1.bw"]
    server.put("T3.bw", server.files["/T2.bw"].data)
    found = check_study(there).set_index("sample")
    assert "gone" not in found.index
    assert found.loc["T1", "level"] == "error"
    assert "no such file at the server (404)" in found.loc["T1", "message"]
    assert found.loc["T1", "path"] == f"{server.url}/T1.bw"
    assert found.loc["T0", "level"] == "error"
    rows = found.loc[["T3"]]
    assert rows["level"].tolist() == ["warning", "info"]
    assert "seem to be one library" in rows["message"].iloc[0]
    assert "bigWig of 0.0 MB and 2 chromosomes" in rows["message"].iloc[1]


def test_check_does_not_read_a_long_file_whole(server: RangeServer, tmp_path: Path) -> None:
    there, _ = served_sheet(tmp_path / "s", server, n=2)
    head = server.files["/T0.bw"].data
    # What a header leads to stays where it is; the end is that of a bigWig.
    server.files["/T0.bw"].data = head + bytes(5_000_000) + head[-4:]
    check_study(there)
    assert sum(s.sent for s in server.seen if s.path == "/T0.bw") < 300_000


def test_check_lets_a_server_pass_that_gives_no_parts_as_run_does(
    server: RangeServer, tmp_path: Path
) -> None:
    there, _ = served_sheet(tmp_path / "s", server, n=2)
    for file in server.files.values():
        file.ranges = False
    found = check_study(there).query("column == 'Coverage'")
    assert found["level"].tolist() == ["info", "info"]
    assert found["message"].str.contains("gives no parts of files, so profile and plot locus").all()
    server.files["/T0.bw"].data = b""
    server.files.pop("/T1.bw")
    assert check_study(there).query("column == 'Coverage'")["level"].tolist() == ["error", "error"]


def test_the_same_address_twice_is_one_library(server: RangeServer, tmp_path: Path) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    text = there.read_text().replace("T3.bw", "T2.bw?token=sesame")
    there.write_text(text.replace("T2.bw\n", "T2.bw?access_token=sesame2\n"))
    found = check_study(there)
    said = found.loc[found["level"] == "error", "message"]
    assert said.str.contains("name one file, T2.bw").any()
    assert not found.to_csv().count("sesame")


@pytest.mark.slow
def test_a_run_of_addresses_is_recorded_by_them_and_resumed(
    server: RangeServer, tmp_path: Path
) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    there.write_text(there.read_text().replace("T0.bw", "T0.bw?token=sesame"))
    genes, out = tmp_path / "genes.tsv", tmp_path / "out"
    places = [(c, s) for c in (1, 2) for s in range(3000, 36000, 3000)]
    rows = [f"chr{c}\t{s}\t{s + 2500}\tG{c}_{s}\tG{c}_{s}\t+" for c, s in places]
    genes.write_text("\n".join(["chrom\tstart\tend\tgene_id\tgene_name\tstrand", *rows]) + "\n")
    settings = make_settings({"sheet": there, "genes": genes})
    run_study(settings, out, report=False, cache=tmp_path / "cache")
    inputs = json.loads((out / "provenance.json").read_text())["inputs"]
    assert inputs[f"{server.url}/T0.bw?..."] == checksum(tmp_path / "s" / "T0.bw")
    assert inputs[f"{server.url}/T1.bw"] == checksum(tmp_path / "s" / "T1.bw")
    for path in out.rglob("*"):  # what is secret stands nowhere
        if path.is_file():
            assert b"sesame" not in path.read_bytes(), path
    # Again, and with the copies elsewhere: no byte is fetched, and no step made anew.
    before = json.loads((out / "steps.json").read_text())
    changed = {p: p.stat().st_mtime_ns for p in out.rglob("*.parquet")}
    server.seen.clear()
    run_study(settings, out, report=False, cache=tmp_path / "cache")
    shutil.move(tmp_path / "cache", tmp_path / "moved")
    run_study(settings, out, report=False, cache=tmp_path / "moved")
    assert server.sent() == 0
    assert json.loads((out / "steps.json").read_text()) == before
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.parquet")} == changed


def test_many_regions_are_few_requests(server: RangeServer, tmp_path: Path) -> None:
    """2,000 regions in a track of some 2,000 blocks: requests by megabytes, not by regions."""
    lengths = {f"chr{i}": 10_000_000 for i in range(1, 6)}
    rng = np.random.default_rng(0)

    path = tmp_path / "a.bw"
    track = pyBigWig.open(str(path), "w")
    track.addHeader(list(lengths.items()))
    for chrom in lengths:
        values = rng.random(500_000, dtype=np.float32)
        track.addEntries(chrom, 0, values=values, span=20, step=20)
    track.close()
    starts = rng.integers(0, 9_990_000, 2000)
    regions = pd.DataFrame({"chrom": rng.choice(list(lengths), 2000), "start": starts})
    regions = regions.assign(end=starts + 2000, strand="+").sort_values(["chrom", "start"])
    url = server.put("a.bw", path.read_bytes())
    window = Window(before=1000, after=1000, bin_size=100)
    made = [
        profile_sheet(make_sheet(pd.DataFrame(row)), regions, window).values["a"]
        for place in (url, str(path))
        if (row := {"SampleID": ["a"], "Factor": "ER", "Condition": "x", "Coverage": place})
    ]
    assert np.array_equal(made[0], made[1], equal_nan=True)
    megabytes = path.stat().st_size / 2**20
    assert megabytes > 8
    # HEAD, the ends and the index; then a request a chromosome and each eight megabytes.
    assert len(server.seen) <= 6 + len(lengths) + megabytes / 8
    assert server.sent() <= path.stat().st_size + 2 * len(lengths) * 2**20


def test_names_that_are_no_unicode_stand_beside_addresses(
    server: RangeServer, tmp_path: Path
) -> None:
    odd = "h\udcff/b.bed"
    rows = {"SampleID": ["a", "b"], "Factor": "ER", "Condition": "x"}
    table = pd.DataFrame(rows).assign(
        Peaks=pd.Series([server.put("a.bed", b"chr1\t1\t9\n"), odd], dtype=object)
    )
    sheet = replace(make_sheet(pd.DataFrame(rows)), table=table)
    assert list(without_remote_peaks(sheet).table["Peaks"]) == ["", odd]
    assert stage_sheet(sheet, tmp_path / "c").table["Peaks"].iloc[1] == odd


def test_control_c_does_not_wait_for_a_server_that_says_nothing(
    server: RangeServer, tmp_path: Path
) -> None:
    there, _ = served_sheet(tmp_path / "s", server)
    server.files["/T2.bw"].drip = 600

    def interrupted(line: str) -> None:
        if "T1.bw" in line:
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        stage_sheet(read_sheet(there), tmp_path / "cache", progress=interrupted)
    assert time.monotonic() - began < 50  # of the 60 s without a byte, five times
