"""Controls of windows: read once for all marks, and what a pass over their tracks would give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting import files
from resist_epi.counting.passes import Pass
from resist_epi.counting.plan import Adjacent
from resist_epi.domains.bins import TrackBins
from resist_epi.domains.count_bins import count_domain_bins
from resist_epi.domains.filter import Control, background_level, domain_bins
from resist_epi.domains.window_controls import (
    open_window_controls,
    tally_controls,
    window_control,
)
from resist_epi.errors import GenomeMismatchError
from resist_epi.io.parts import Parts
from resist_epi.tracks.open import open_track
from resist_epi.tracks.opened import open_file
from tests.domains.test_count_bins import LENGTHS, bigwigs, ten_kb

BINS = Adjacent(500, LENGTHS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_inputs_are_those_of_their_tracks_read_one_by_one(tmp_path: Path, jobs: int) -> None:
    sources = bigwigs(tmp_path)
    bins = ten_kb(sources)
    (tmp_path / "inputs").mkdir()
    inputs = {name: source.path for name, source in bigwigs(tmp_path / "inputs", seed=2).items()}
    parts = Parts(tmp_path / "parts")
    found = count_domain_bins(sources, bins, controls=inputs, how=Pass(jobs=jobs, parts=parts))
    tracks = {path: open_track(path) for path in inputs.values()}
    level = background_level(ten_kb({p: open_file(p) for p in tracks}))
    control = Control(TrackBins(tracks), level)
    expected = domain_bins(
        TrackBins({name: source.track() for name, source in sources.items()}),
        LENGTHS,
        background_level(bins),
        library_sizes=bins.library_sizes,
        control=control,
    )
    pd.testing.assert_frame_equal(found.regions, expected.regions)
    np.testing.assert_array_equal(found.values, expected.values)
    assert 0 < len(found.regions) < len(count_domain_bins(sources, bins).regions)


def test_an_input_of_another_assembly_is_refused(tmp_path: Path) -> None:
    sources = bigwigs(tmp_path)
    (tmp_path / "less").mkdir()
    less = bigwigs(tmp_path / "less", lengths={"chr1": 400_000})
    with pytest.raises(GenomeMismatchError, match="no chromosome 'chr2' in this control"):
        count_domain_bins(sources, ten_kb(sources), controls={"s0": less["s0"].path})


def test_bins_that_are_kept_are_not_read_again_and_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [source.path for source in bigwigs(tmp_path).values()]
    how = Pass(parts=Parts(tmp_path / "parts"))
    controls = open_window_controls([*paths, paths[0]], None)
    assert list(controls) == [f"input {Path(path).name}" for path in paths]
    keys = tally_controls(controls, BINS, how)
    monkeypatch.setattr(files, "tally_file", lambda *asked: pytest.fail("read again"))
    assert tally_controls(controls, BINS, how) == keys
    others = Parts(tmp_path / "parts")  # of the libraries
    with window_control(paths, BINS, Pass(parts=others)) as control:
        assert control is not None
    others.remove()
    assert all(how.parts.has(key) for key in keys.values())


def test_there_may_be_none() -> None:
    with window_control([], BINS, Pass()) as control:
        assert control is None
