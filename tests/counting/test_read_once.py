"""Several tracks, each read once, and what is known of them then."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from resist_epi.counting.files import count_tables
from resist_epi.counting.look_and_tally import Foreseen
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import RegionPlan
from resist_epi.counting.read_once import ToRead, read_once, unsaid
from resist_epi.genome.regions import bed_regions
from resist_epi.io.parts import Parts
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.looks import LookCache, TrackFile, look_at_track
from resist_epi.tracks.opened import open_file

LENGTHS = {"chr1": 50_000, "chr2": 20_000}
TABLES = {"r": bed_regions([("chr1", 100, 9_000), ("chr2", 7, 900)])}


def write_tracks(folder: Path, n: int = 3) -> dict[str, TrackFile]:
    rng = np.random.default_rng(2)
    found = {}
    for i in range(n):
        values = {c: rng.gamma(2, 3, size=size // 50) for c, size in LENGTHS.items()}

        def runs(chrom: str, values: dict[str, np.ndarray] = values) -> tuple[np.ndarray, ...]:
            starts = np.arange(len(values[chrom])) * 50
            return starts, starts + 50, values[chrom]

        write_bigwig(folder / f"t{i}.bw", LENGTHS, runs)  # type: ignore[arg-type]
        found[f"s{i}"] = TrackFile(str(folder / f"t{i}.bw"))
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_looks_and_counts_are_those_of_passes_of_their_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, jobs: int
) -> None:
    tracks = write_tracks(tmp_path)
    plan = RegionPlan(TABLES)
    tasks = {s: ToRead(file, open_file(file.path), "all") for s, file in tracks.items()}
    data = bytearray((tmp_path / "t1.bw").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 30] = bytes(30)
    (tmp_path / "t1.bw").write_bytes(bytes(data))
    looks, parts, said = LookCache(), Parts(tmp_path / "parts"), list[str]()
    asked = {"all": Foreseen(plan, plan.digest(), "auto")}
    read_once(tasks, asked, looks, parts, jobs=jobs, progress=said.append)
    assert sorted(said) == ["s0: looked at", "s2: looked at"]  # the damaged one is left to others
    assert looks.find(tracks["s1"]) is None
    for sample in ("s0", "s2"):
        look = looks.find(tracks[sample])  # as text: what is no number equals nothing
        assert repr(look) == repr(look_at_track(tracks[sample]))
    files = {s: open_file(tracks[s].path) for s in ("s0", "s2")}
    expected = count_tables(files, TABLES).matrices["r"]
    with caplog.at_level("INFO", logger="resist_epi"):
        found = count_tables(files, TABLES, how=Pass(parts=parts)).matrices["r"]
    assert "counted already: s0, s2\n" in caplog.text
    assert np.array_equal(found.values, expected.values)
    parts.remove()
    assert not (tmp_path / "parts").exists()


def test_what_is_unsaid_is_said_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("resist_epi.counting.sources")
    with caplog.at_level("INFO", logger="resist_epi"):
        with unsaid("resist_epi.counting"):
            log.info("too early")
        log.info("in time")
    assert "too early" not in caplog.text
    assert "in time" in caplog.text
