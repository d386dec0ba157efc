"""Loops are loaded for many bytes of tracks, and not for few."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from resist_epi.tracks.bigwig.track import write_bigwig


def said(*lines: str) -> str:
    run = [sys.executable, "-c", "\n".join(lines)]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def test_loops_are_loaded_for_many_bytes(tmp_path: Path) -> None:
    for name, size in (("small.bw", 1_000_000), ("large.bw", 300_000_000)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)  # which takes no room
    load = "import sys; from resist_epi.tracks.load_loops import load_loops"
    small, large = str(tmp_path / "small.bw"), str(tmp_path / "large.bw")
    few = [small, "https://here.invalid/large.bw", str(tmp_path / "none.bw")]
    assert said(load, f"print(load_loops({few!r}), 'numba' in sys.modules)") == "False False\n"
    # Nothing is compiled for other types once a track is read.
    track = tmp_path / "t.bw"
    edges = np.arange(0, 100, 10)
    write_bigwig(track, {"chr1": 1000}, lambda c: (edges[:-1], edges[1:], np.arange(1, 10)))
    used = (
        "import resist_epi.tracks.engine.segment_loop as s",
        "import resist_epi.tracks.recovery.tally_loops as t",
        "from resist_epi.tracks import open as opening",
        "from resist_epi.tracks.engine import AdjacentBins",
        "from resist_epi.tracks.recovery.track_survey import survey",
        f"track = opening.open_track({str(track)!r})",
        "survey(track)",
        "track.summarise('chr1', [0, 50], [60, 90], extremes=False)",
        "bins = AdjacentBins(20, 1000)",
        "[bins.add(runs) for runs in track.runs('chr1')]",
        "print(*[len(f.signatures) for f in (s.add_runs, s.sum_segments, t.walk)])",
    )
    assert said(load, f"print(load_loops({[large]!r}))", *used) == "True\n1 1 1\n"
