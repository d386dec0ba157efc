"""Loops are loaded for many bytes of tracks, and not for few."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


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
    used = (
        "import resist_epi.tracks.engine.segment_loop as s",
        "import resist_epi.tracks.recovery.tally_loops as t",
        "print(*[len(f.signatures) for f in (s.add_runs, s.sum_segments, t.walk)])",
    )
    assert said(load, f"print(load_loops({[large]!r}))", *used) == "True\n1 1 1\n"
