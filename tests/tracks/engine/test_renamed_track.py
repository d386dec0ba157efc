"""A track by other names of its chromosomes gives what it gives by its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.tracks.bigwig.track import write_bigwig
from resist_epi.tracks.engine.renamed_track import RenamedTrack
from resist_epi.tracks.open import open_track

LENGTHS = {"1": 1000, "MT": 50}


def runs(chrom: str) -> tuple[list[int], list[int], list[float]]:
    return ([0, 30], [10, 40], [2.0, 5.0]) if chrom == "1" else ([], [], [])


@pytest.mark.parametrize("kind", ["bigWig", "bedGraph"])
def test_it_answers_by_the_new_names(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t"
    if kind == "bigWig":
        write_bigwig(path, LENGTHS, runs)
    else:
        path.write_text("1\t0\t10\t2\n1\t30\t40\t5\nMT\t0\t5\t0\n")
    own = open_track(path)
    track = RenamedTrack(own, {"1": "chr1", "MT": "chrM"})
    assert list(track.chrom_lengths) == ["chr1", "chrM"]
    assert track.lengths_known == own.lengths_known
    found = track.summarise("chr1", [0, 35], [20, 50])
    assert found.sum.tolist() == own.summarise("1", [0, 35], [20, 50]).sum.tolist() == [20, 25]
    assert track.bin_sums("chr1", np.array([[0, 5, 35]])).tolist() == [[10, 35]]
    assert track.total() == own.total() == 70
    with pytest.raises(GenomeMismatchError, match="no chromosome '1'"):
        track.summarise("1", [0], [20])
