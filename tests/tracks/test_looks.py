"""What tracks are: found in one look, and remembered as long as they do not change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.tracks import looks
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.looks import LookCache, TrackFile, look_at_track, look_at_tracks
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import OpenedFile

LENGTHS = {"chr1": 60_000, "chr2": 9_000}


def write_track(path: Path, *, scale: float = 0.25, smooth: bool = False) -> Path:
    """A track of 100-bp fragments in bins of 50 bp, times a scale; or one of noise."""
    rng = np.random.default_rng(4)

    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        depth = np.zeros(LENGTHS[chrom] // 50)
        for at in rng.integers(0, len(depth) - 2, size=len(depth) // 6):
            depth[at : at + 2] += 1
        if smooth:
            depth = rng.gamma(2, 1, size=len(depth))
        starts = np.arange(len(depth)) * 50
        return starts, starts + 50, depth * scale

    write_bigwig(path, LENGTHS, runs)
    return path


@pytest.mark.parametrize("smooth", [False, True])
def test_one_look_says_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, smooth: bool) -> None:
    path = write_track(tmp_path / "t.bw", smooth=smooth)
    asked: list[str] = []

    def watched(given: str) -> CoverageTrack:
        track = open_track(given)
        runs = track.runs
        track.runs = lambda chrom: asked.append(chrom) or runs(chrom)  # type: ignore[method-assign]
        return track

    monkeypatch.setattr(looks, "open_track", watched)
    look = look_at_track(TrackFile(str(path)))
    # Where values may be counts, up to a million bins are looked at once more.
    assert Counter(asked) == dict.fromkeys(LENGTHS, 1 if smooth else 2)
    assert look.total == pytest.approx(open_track(path).total(), rel=1e-12)
    assert (look.kind, dict(look.chrom_lengths), look.assembly) == ("bigWig", LENGTHS, None)
    assert look.recovery is not None
    assert (look.recovery.refused is not None) == smooth
    text = look.describe()
    assert ("as signal with trend" if smooth else "as recovered reads, with ql or voom") in text


def test_a_look_is_remembered_until_the_track_or_the_sheet_changes(tmp_path: Path) -> None:
    path = write_track(tmp_path / "t.bw")
    file, store = TrackFile(str(path)), tmp_path / "tracks.json"
    cache = LookCache(store)
    (look,) = look_at_tracks({"a": file}, known=cache).values()
    cache.write()
    assert isinstance(look, OpenedFile)
    assert LookCache(store).find(file) == look
    assert LookCache(store).find(TrackFile(str(path), fragment_length=80.0)) is None
    write_track(path, scale=0.5)
    assert LookCache(store).find(file) is None
    store.write_text("{")
    assert LookCache(store).find(file) is None


def test_a_damaged_track_is_told_and_the_others_are_looked_at(tmp_path: Path) -> None:
    write_track(tmp_path / "good.bw")
    (tmp_path / "bad.bw").write_bytes((tmp_path / "good.bw").read_bytes()[:500])
    files = {name: TrackFile(str(tmp_path / f"{name}.bw")) for name in ("bad", "good")}
    for jobs in (1, 2):
        found = look_at_tracks(files, jobs=jobs)
        assert isinstance(found["bad"], InputFormatError)
        assert isinstance(found["good"], OpenedFile)
