"""Reads by other names of their chromosomes are counted as by their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.renamed_reads import RenamedReads
from tests.support.reads_files import write_reads

STARTS = [0, 10, 20, 500]


@pytest.mark.parametrize("kind", ["BAM", "BED"])
def test_they_are_counted_by_the_new_names(tmp_path: Path, kind: str) -> None:
    if kind == "BAM":
        path = Path(write_reads(tmp_path, "r", 1000, STARTS).path)
    else:
        path = tmp_path / "r.bed"
        rows = [f"chr1\t{s}\t{s + 8}\n" for s in STARTS]
        path.write_text("chr9\t3\t9\n" + "".join(rows))
    own = open_reads(path)
    file = RenamedReads(own, {"chr1": "1"})
    assert "1" in file.chrom_lengths
    assert "chr1" not in file.chrom_lengths
    assert file.lengths_known == own.lengths_known
    regions = pd.DataFrame({"chrom": "1", "start": [0, 400], "end": [15, 600]})
    out = {"1": (np.array([0]), np.array([5]))}
    found = file.count(regions, exclude=out, within={"all": {"1": (np.array([0]), np.array([99]))}})
    assert found.counts.tolist() == [1, 1]
    assert (found.kept, found.inside["all"]) == (
        own.count(regions.assign(chrom="chr1")).kept - 1,
        2,
    )
