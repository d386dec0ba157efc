"""A run reads its tracks once, and what it counts then is what counting alone gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from resist_epi.counting import files
from resist_epi.counting import read_once as module
from resist_epi.counting.look_and_tally import Read
from resist_epi.errors import ResistEpiError
from resist_epi.io.parts import Parts
from resist_epi.io.run_folder import run_path
from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import read_sheet
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.study.read_tracks import read_tracks
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.count_mark import MarkCounts, count_mark
from resist_epi.study.study import load_study, mark_kinds
from resist_epi.tracks.bigwig.track import open_bigwig, write_bigwig
from resist_epi.tracks.looks import LookCache, TrackFile
from tests.support.cohort import SmallCohort, make_cohort
from tests.support.small_cohort import SMALL


@pytest.fixture
def cohort(tmp_path: Path) -> SmallCohort:
    (tmp_path / "cohort").mkdir()
    return make_cohort(tmp_path / "cohort", per_group=2)


def of_signal(cohort: SmallCohort) -> StudySettings:
    return StudySettings.model_validate({"sheet": cohort.sheet, "genes": cohort.genes})


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> StudySettings:
    """A study whose tracks hold counts times a scale."""
    folder = tmp_path_factory.mktemp("counts")
    sheet = write_cohort(simulate_cohort(SMALL), folder)
    return StudySettings.model_validate({"sheet": sheet})


def refuse(*given: object, **more: object) -> None:
    raise AssertionError("a file was counted again")


def count(
    settings: StudySettings, out: Path, *, known: Path | None = None
) -> dict[str, MarkCounts]:
    """Count the marks of a study as a run does; with looks that are known, in a pass of its own."""
    out.mkdir()
    looks = LookCache(run_path(out, "looks"))
    if known is not None:
        shutil.copy(known, run_path(out, "looks"))
        looks = LookCache(run_path(out, "looks"))
    sheet = read_sheet(settings.sheet)
    read = read_tracks(settings, sheet, out, looks)
    study = load_study(settings, sheet=sheet, looks=looks, before=read.study)
    looks.write()
    parts = Parts(run_path(out, "parts"))
    return {
        mark: count_mark(study, mark, mark_kinds(study, mark), study.consensus[mark], parts=parts)
        for mark in sheet.marks
    }


def assert_same(one: dict[str, MarkCounts], two: dict[str, MarkCounts]) -> None:
    assert one.keys() == two.keys()
    for mark, mine in one.items():
        other = two[mark]
        assert mine.shares.equals(other.shares)
        for kind, matrix in mine.matrices.items():
            assert np.array_equal(matrix.values, other.matrices[kind].values)
            assert matrix.quantity == other.matrices[kind].quantity
            assert np.array_equal(matrix.library_sizes, other.matrices[kind].library_sizes)
        assert (mine.kept is None) == (other.kept is None)
        if mine.kept is None or other.kept is None:
            continue
        assert mine.kept.keys == other.kept.keys
        for key in mine.kept.keys.values():
            bins = [k.parts.find(key, only="bins ")[0] for k in (mine.kept, other.kept)]
            assert bins[0].keys() == bins[1].keys()
            assert all(np.array_equal(bins[0][c], bins[1][c]) for c in bins[0])


def test_tracks_of_signal(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = of_signal(cohort)
    with monkeypatch.context() as patch:
        patch.setattr(files, "tally_file", refuse)
        one = count(settings, tmp_path / "one")
        out = run_study(settings, tmp_path / "run", report=False)
    assert not run_path(out, "parts").exists()
    known = run_path(tmp_path / "one", "looks")
    assert_same(one, count(settings, tmp_path / "two", known=known))
    assert known.read_bytes() == run_path(out, "looks").read_bytes()


def test_tracks_of_counts(
    counts: StudySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(files, "tally_file", refuse)
        one = count(counts.model_copy(update={"jobs": 2}), tmp_path / "one")
    known = run_path(tmp_path / "one", "looks")
    assert_same(one, count(counts, tmp_path / "two", known=known))
    assert {m.quantity for c in one.values() for m in c.matrices.values()} == {"recovered_reads"}


def test_where_one_track_is_other_than_the_rest_all_are_counted_alike(
    counts: StudySettings, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(counts.sheet.parent, folder)
    smoothed(min((folder / "coverage").glob("*H3K27me3*")))
    settings = StudySettings.model_validate({"sheet": folder / counts.sheet.name})
    one = count(settings, tmp_path / "one")
    known = run_path(tmp_path / "one", "looks")
    assert_same(one, count(settings, tmp_path / "two", known=known))
    assert one["H3K27me3"].matrices["promoters"].quantity == "mean_signal"
    assert one["H3K36me3"].matrices["genes"].quantity == "recovered_reads"


def smoothed(path: Path) -> None:
    """Write a track again, as a mean of neighbouring bins."""
    track = open_bigwig(path)
    lengths = dict(track.chrom_lengths)
    dense = {}
    for chrom, length in lengths.items():
        edges = np.arange(0, length + 50, 50)
        edges = edges[edges <= length]
        values = track.bin_sums(chrom, edges[None, :])[0] / 50
        dense[chrom] = np.convolve(values, [0.21, 0.5, 0.29], mode="same")

    def runs(chrom: str):
        starts = np.arange(dense[chrom].size) * 50
        return starts, starts + 50, dense[chrom]

    write_bigwig(path, lengths, runs)


def test_after_a_damaged_track_was_mended_the_others_are_not_read_again(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, out = of_signal(cohort), tmp_path / "out"
    track = sorted(cohort.sheet.parent.glob("*.bw"))[0]
    whole = track.read_bytes()
    middle = len(whole) // 2
    track.write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    with pytest.raises(ResistEpiError, match=track.name):
        run_study(settings, out, report=False)
    track.write_bytes(whole)
    looked: list[str] = []
    plain = module.look_and_tally

    def watched(file: TrackFile, *rest: object) -> Read:
        looked.append(Path(file.path).name)
        return plain(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "look_and_tally", watched)
    monkeypatch.setattr(files, "tally_file", refuse)
    run_study(settings, out, report=False)
    assert looked == [track.name]
