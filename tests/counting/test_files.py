"""Files counted in several tables in one pass, by any number of processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting import files
from resist_epi.counting.coverage import count_regions, summarise_regions
from resist_epi.counting.files import count_tables
from resist_epi.counting.matrix_files import read_counts
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent
from resist_epi.errors import GenomeMismatchError, InputFormatError, WorkerDiedError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.regions import bed_regions
from resist_epi.io.parts import Parts
from resist_epi.tracks import opened, when_compiled
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import OpenedFile, open_file

LENGTHS = {"chr1": 50_000, "chr2": 20_000, "chrX": 8_000}
TABLES = {
    "genes": bed_regions([("chr1", 100, 9_000), ("chr1", 4_000, 60_000), ("chrX", 10, 500)]),
    "bins": genome_bins({"chr1": 50_000, "chr2": 20_000}, 1_000),
}
WITHIN = {"peaks": bed_regions([("chr1", 0, 900), ("chr1", 500, 2_000), ("chr2", 7, 90)])}
EXCLUDE = {"chr1": (np.array([1_000, 30_000]), np.array([2_500, 31_000]))}


def write_tracks(folder: Path, n: int = 4) -> dict[str, Path]:
    rng = np.random.default_rng(3)
    paths = {}
    for i in range(n):
        path = folder / f"t{i}.bw"
        values = {c: np.round(rng.gamma(2, 3, size=size // 50), 3) for c, size in LENGTHS.items()}

        def runs(chrom: str, values: dict[str, np.ndarray] = values) -> tuple[np.ndarray, ...]:
            starts = np.arange(len(values[chrom])) * 50
            return starts, starts + 50, values[chrom]

        write_bigwig(path, LENGTHS, runs)  # type: ignore[arg-type]
        paths[f"s{i}"] = path
    return paths


def sources(paths: dict[str, Path], quantity: str = "mean_signal") -> dict[str, OpenedFile]:
    return {name: open_file(str(path), quantity) for name, path in paths.items()}


@pytest.mark.parametrize("exclude", [{}, EXCLUDE])
@pytest.mark.parametrize("quantity", ["mean_signal", "coverage_sum"])
def test_one_pass_gives_what_a_pass_each_gives(tmp_path: Path, quantity: str, exclude) -> None:
    paths = write_tracks(tmp_path)
    found = count_tables(sources(paths, quantity), TABLES, within=WITHIN, how=Pass(exclude))
    tracks = {name: open_track(path) for name, path in paths.items()}
    statistic = {"mean_signal": "mean", "coverage_sum": "sum"}[quantity]
    for name, table in TABLES.items():
        for i, track in enumerate(tracks.values()):
            expected = summarise_regions(track, table, statistic=statistic, exclude=exclude)
            np.testing.assert_allclose(found.matrices[name].values[:, i], expected, rtol=1e-12)
        alone = count_regions(tracks, table, quantity=quantity, exclude=exclude)
        np.testing.assert_allclose(found.matrices[name].values, alone.values, rtol=1e-12)
        np.testing.assert_allclose(found.matrices[name].library_sizes, alone.library_sizes)
    once = bed_regions([("chr1", 0, 2_000), ("chr2", 7, 90)])  # the peaks, each base once
    for name, track in tracks.items():
        inside = summarise_regions(track, once, statistic="sum", exclude=exclude).sum()
        share = inside / track.total(exclude=exclude)
        assert found.shares["peaks"][name] == pytest.approx(share, rel=1e-12)


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def watched(path: str) -> object:
        track = open_track(path)
        runs = track.runs
        track.runs = lambda chrom: asked.append(chrom) or runs(chrom)  # type: ignore[method-assign]
        return track

    found = sources(write_tracks(tmp_path, 1))
    monkeypatch.setattr(opened, "open_track", watched)
    count_tables(found, TABLES, within=WITHIN, how=Pass(EXCLUDE))
    assert sorted(asked) == sorted(LENGTHS)


@pytest.mark.parametrize("jobs", [2, 5])
def test_results_are_the_same_to_the_bit(tmp_path: Path, jobs: int) -> None:
    paths = write_tracks(tmp_path)
    one = count_tables(sources(paths), TABLES, within=WITHIN)
    many = count_tables(sources(paths), TABLES, within=WITHIN, how=Pass(jobs=jobs))
    for name in TABLES:
        assert one.matrices[name].values.tobytes() == many.matrices[name].values.tobytes()
        assert one.matrices[name].samples == many.matrices[name].samples
    assert one.shares == many.shares


def test_a_killed_worker_is_named_and_the_others_are_not_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_tracks(tmp_path)
    expected = count_tables(sources(paths), TABLES)
    parts = Parts(tmp_path / "parts")

    def deadly(path: str) -> object:
        if path.endswith("t1.bw") and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return open_track(path)

    here = os.getpid()
    found = sources(paths)
    monkeypatch.setattr(opened, "open_track", deadly)
    with pytest.raises(WorkerDiedError, match=r"s1 \(.*t1\.bw\) \(SIGKILL.*counts are kept"):
        count_tables(found, TABLES, how=Pass(jobs=2, parts=parts))
    asked: list[str] = []

    def watched(path: str) -> object:
        asked.append(Path(path).name)
        return open_track(path)

    monkeypatch.setattr(opened, "open_track", watched)
    again = count_tables(found, TABLES, how=Pass(parts=parts))
    assert asked == ["t1.bw"]
    for name in TABLES:
        assert again.matrices[name].values.tobytes() == expected.matrices[name].values.tobytes()


def test_kept_counts_of_other_regions_or_a_changed_file_are_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = write_tracks(tmp_path, 2)
    parts = Parts(tmp_path / "parts")
    count_tables(sources(paths), TABLES, how=Pass(parts=parts))
    caplog.set_level("INFO", logger="resist_epi")
    count_tables(sources(paths), {"bins": TABLES["bins"]}, how=Pass(parts=parts))
    assert "counted already" not in caplog.text
    count_tables(sources(paths, "coverage_sum"), TABLES, how=Pass(parts=parts))
    assert "counted already" not in caplog.text
    (tmp_path / "more").mkdir()
    write_tracks(tmp_path / "more", 3)
    (tmp_path / "t1.bw").write_bytes((tmp_path / "more" / "t2.bw").read_bytes())
    count_tables(sources(paths), TABLES, how=Pass(parts=parts))
    assert "counted already: s0\n" in caplog.text
    (tmp_path / "t1.bw").write_bytes((tmp_path / "t0.bw").read_bytes())
    found = count_tables(sources(paths), TABLES, how=Pass(parts=parts))
    assert (found.matrices["bins"].values[:, 0] == found.matrices["bins"].values[:, 1]).all()


def test_a_damaged_part_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = write_tracks(tmp_path, 1)
    parts = Parts(tmp_path / "parts")
    count_tables(sources(paths), TABLES, how=Pass(parts=parts))
    for part in parts.folder.iterdir():
        part.write_bytes(part.read_bytes()[:-200])
    count_tables(sources(paths), TABLES, how=Pass(parts=parts))
    assert "is damaged: made anew" in caplog.text


def test_bedgraphs_are_counted_without_being_read_before(tmp_path: Path) -> None:
    (tmp_path / "a.bedGraph").write_text("chr1 0 100 2\nchr1 100 300 5\nchr9 0 10 1\n")
    (tmp_path / "b.bedGraph").write_text("chr1 50 100 2\nchr9 5 10 1\n")
    paths = {name: tmp_path / f"{name}.bedGraph" for name in "ab"}
    regions = bed_regions([("chr1", 0, 100), ("chr5", 0, 10), ("chr9", 0, 10)])
    counts = count_tables(sources(paths), {"r": regions}, how=Pass(jobs=2)).matrices["r"]
    assert counts.values.tolist() == [[2.0, 1.0], [1.0, 0.5]]
    assert counts.regions["chrom"].tolist() == ["chr1", "chr9"]
    assert counts.metadata["regions_dropped"] == 1
    (tmp_path / "b.bedGraph").write_text("chr1 50 100 2\nchr1 5 10 1\n")
    with pytest.raises(InputFormatError, match="line 2: not sorted"):
        count_tables(sources(paths), {"r": regions}, how=Pass(jobs=2))


def test_no_file_and_no_region(tmp_path: Path) -> None:
    empty = {"r": bed_regions([])}
    assert count_tables({}, empty).matrices["r"].values.shape == (0, 0)
    found = count_tables(sources(write_tracks(tmp_path, 1)), empty)
    assert found.matrices["r"].values.shape == (0, 1)


def test_the_command_keeps_its_parts_until_it_is_done(tmp_path: Path) -> None:
    paths = write_tracks(tmp_path, 3)
    lines = [f"{name},H3K27me3,good,{path.name}" for name, path in paths.items()]
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("\n".join(["SampleID,Factor,Condition,Coverage", *lines]) + "\n")
    bed = tmp_path / "r.bed"
    pd.DataFrame(TABLES["genes"][["chrom", "start", "end"]]).to_csv(
        bed, sep="\t", header=False, index=False
    )
    whole = (tmp_path / "t2.bw").read_bytes()
    (tmp_path / "t2.bw").write_bytes(whole[: len(whole) // 2] + whole[len(whole) // 2 + 1 :])
    out = tmp_path / "c.parquet"
    command = ["count", str(sheet), "--regions", str(bed), "--quantity", "mean_signal"]
    assert main([*command, "-o", str(out), "--jobs", "2"]) == 1
    assert not out.exists()
    (tmp_path / "t2.bw").write_bytes(whole)
    assert main([*command, "-o", str(out), "--jobs", "2"]) == 0
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("c.parquet")) == [
        "c.parquet"
    ]
    other = tmp_path / "other.parquet"
    assert main([*command, "-o", str(other)]) == 0
    assert read_counts(out).values.tobytes() == read_counts(other).values.tobytes()


def test_data_beyond_the_end_of_a_chromosome_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bedGraph"
    path.write_text("chr1\t0\t100\t1\nchr1\t900\t1100\t1\n")
    tables = {"peaks": bed_regions([("chr1", 0, 100)])}
    found = sources({"s": path})
    count_tables(found, tables, how=Pass(genome=Genome("long", {"chr1": 1100})))
    with pytest.raises(GenomeMismatchError, match=r"'s' has data up to chr1:1100, .* has 1000 bp"):
        count_tables(found, tables, how=Pass(genome=Genome("short", {"chr1": 1000})))


def test_loops_are_loaded_once_before_processes_are_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bins of whole chromosomes take them, and many regions; each worker would load its own."""
    paths = write_tracks(tmp_path, 2)
    loaded: list[list[str]] = []
    monkeypatch.setattr(files, "load_loops", lambda found: loaded.append(list(found)))
    bins = Adjacent(500, LENGTHS)
    for jobs, adjacent in ((2, None), (1, bins), (2, bins)):
        parts = Parts(tmp_path / f"{jobs}{adjacent is None}")
        how = Pass(jobs=jobs, parts=parts)
        count_tables(sources(paths), TABLES, adjacent=adjacent, how=how)
    once = [str(path) for path in paths.values()]
    assert loaded == [once]
    n = sum(map(len, TABLES.values()))
    for runs, times in ((4 * n * 1.2 + 1, 1), (4 * n * 1.2 - 1, 2)):
        monkeypatch.setattr(when_compiled, "_MANY", runs)
        count_tables(sources(paths), TABLES)
        assert loaded == [once] * times
