"""Files of a cohort hold what is in memory, however many processes wrote them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml

from resist_epi.counting.coverage import count_regions
from resist_epi.genome.peaks import read_peaks
from resist_epi.genome.regions import promoters
from resist_epi.io.tables import read_table
from resist_epi.samples.sheet import read_sheet
from resist_epi.simulation.cohort import Cohort, library_track, simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.tracks.bigwig.track import open_bigwig
from tests.support.small_cohort import SMALL


def test_files_hold_what_the_tracks_in_memory_hold(cohort: Cohort, tmp_path: Path) -> None:
    said: list[str] = []
    sheet = read_sheet(write_cohort(cohort, tmp_path, progress=said.append))
    assert len(said) == len(sheet.samples) == 8
    assert sheet.marks == SMALL.marks
    regions = promoters(cohort.annotation)
    sample = sheet.samples[5]
    row = sheet.table[sheet.table["SampleID"] == sample].iloc[0]
    on_disk = count_regions({sample: open_bigwig(row["Coverage"])}, regions)
    in_memory = count_regions({sample: library_track(cohort, sample)}, regions)
    np.testing.assert_array_equal(on_disk.values, in_memory.values)
    assert open_bigwig(row["Coverage"]).chrom_lengths == {"chr21": 46_709_983}
    peaks = read_peaks(row["Peaks"])
    assert len(peaks)
    assert (peaks["pvalue"] > 0).all()
    truth = read_table(tmp_path / "truth.tsv.gz", required=["gene", "mark", "log2_effect", "why"])
    np.testing.assert_array_equal(truth["why"].fillna("") != "", truth["log2_effect"] != 0)
    record = yaml.safe_load((tmp_path / "truth.yaml").read_text())
    assert record["settings"]["seed"] == SMALL.seed
    assert len(record["libraries"]) == 8


def test_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    cohort = simulate_cohort(replace(SMALL, good=1, poor=0))
    one = write_cohort(cohort, tmp_path / "one").parent
    two = write_cohort(cohort, tmp_path / "two", jobs=2).parent
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert len(files) == 2 + 2 + 3
    for name in files:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
