"""Bins of reads and of tracks, handed on chromosome by chromosome."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resist_epi.domains.bins import KeptBins, TrackBins, bin_table
from resist_epi.domains.filter import background_level, domain_bins
from resist_epi.domains.find import Domains, find_domains
from resist_epi.io.parts import Parts
from tests.support.domain_cohort import ArrayTrack, domain_cohort


def test_bins_that_were_kept_come_back_by_chromosome(tmp_path: Path) -> None:
    lengths = {"chr1": 30_000, "chr2": 1200}
    table = bin_table(lengths, 500)
    assert len(table) == 63
    assert table["end"].tolist()[-1] == 1200
    parts = Parts(tmp_path)
    for k, key in ((1, "a" * 64), (2, "b" * 64)):
        kept = {"bins chr1": np.arange(60), "bins chr2": np.arange(60, 63)}
        parts.keep(key, {c: (v * k).astype(np.float32) for c, v in kept.items()}, {})
    without = {"chr2": (np.array([0]), np.array([700]))}
    keys = {"a": "a" * 64, "b": "b" * 64}
    source = KeptBins(parts, keys, quantity="reads", exclude=without)
    values, bases = source.bins("chr2", *table.loc[60:, ["start", "end"]].to_numpy().T)
    assert values.tolist() == [[60, 120], [61, 122], [62, 124]]
    assert bases.tolist() == [0, 300, 200]
    assert source.quantity == "reads"


def test_tracks_are_read_once_a_chromosome() -> None:
    cohort = domain_cohort(22, per_group=1)
    level = background_level(cohort.bins())
    for track in cohort.tracks.values():
        track.asked.clear()
    bins_of_level = domain_bins(
        TrackBins(cohort.tracks), cohort.lengths, level, library_sizes=np.ones(2)
    )
    assert isinstance(find_domains(bins_of_level), Domains)
    assert all(t.asked == ["chr1", "chr2"] for t in cohort.tracks.values())
    assert isinstance(next(iter(cohort.tracks.values())), ArrayTrack)
