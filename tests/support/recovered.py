"""Fragments of a track in regions, as counting a study gives them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resist_epi.counting.files import count_tables
from resist_epi.tracks.engine.track import CoverageTrack
from resist_epi.tracks.opened import open_file
from resist_epi.tracks.recovery.recovery import Recovery


def fragments_in(track: CoverageTrack, recovery: Recovery, regions: pd.DataFrame) -> np.ndarray:
    """(n_regions,) fragments of the file of a track."""
    source = replace(open_file(str(track.path), "recovered_reads"), recovery=recovery)
    return count_tables({"a": source}, {"r": regions}).matrices["r"].values[:, 0]
