"""BAM files of simulated fragments, as pysam reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pysam

from resist_epi.samples.sheet import read_sheet
from resist_epi.simulation.bam_files import READ, write_pairs
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.cut_reads import Fragments
from resist_epi.simulation.files import write_cohort
from resist_epi.tracks.reads.open import open_reads
from resist_epi.tracks.reads.reads import ReadRules
from tests.support.small_cohort import SMALL

LENGTHS = {"chr21": 46_709_983, "U00096.3": 4_641_652}


def fragments() -> Fragments:
    rng = np.random.default_rng(4)
    chrom = np.repeat([0, 1], [400, 100])
    start = np.concatenate([np.sort(rng.integers(0, 46_000_000, 400)), np.arange(100) * 900])
    size = rng.integers(30, 1500, 500)
    return Fragments(chrom, start, start + size, rng.random(500) < 0.5, np.arange(500) % 10 == 3)


def test_pysam_reads_what_was_written(tmp_path: Path) -> None:
    path, made = tmp_path / "a.bam", fragments()
    write_pairs(path, LENGTHS, made)
    with pysam.AlignmentFile(str(path)) as file:
        assert dict(zip(file.references, file.lengths, strict=True)) == LENGTHS
        reads = list(file)
        assert len(reads) == 1000
        key = [(r.reference_id, r.reference_start) for r in reads]
        assert key == sorted(key)
        by_name: dict[str, list[pysam.AlignedSegment]] = {}
        for read in reads:
            by_name.setdefault(str(read.query_name), []).append(read)
        for i, (name, pair) in enumerate(sorted(by_name.items())):
            assert int(name) == i
            left, right = sorted(pair, key=lambda r: -r.template_length)
            assert (left.reference_start, right.reference_end) == (made.start[i], made.end[i])
            size = int(made.end[i] - made.start[i])
            assert left.template_length == -right.template_length == size
            assert left.next_reference_start == right.reference_start
            assert left.is_proper_pair
            assert left.mate_is_reverse
            assert not left.is_reverse
            assert right.is_reverse
            assert left.is_read1 == right.is_read2 == (not made.reverse[i])
            assert left.is_duplicate == right.is_duplicate == bool(made.duplicate[i])
            assert left.query_alignment_length in (0, min(READ, size))
            assert left.reference_length == min(READ, size)
        # The index finds what lies in a window, so the records' bins are right.
        for start in range(0, 46_000_000, 1_000_000):
            inside = {
                (r.query_name, r.is_read1) for r in file.fetch("chr21", start, start + 1_000_000)
            }
            own = [r for r in reads if r.reference_id == 0 and r.reference_end is not None]
            expected = {
                (r.query_name, r.is_read1)
                for r in own
                if r.reference_start < start + 1_000_000 and (r.reference_end or 0) > start
            }
            assert inside == expected


def test_our_reader_counts_each_pair_once_and_knows_the_chromosomes(tmp_path: Path) -> None:
    path, made = tmp_path / "a.bam", fragments()
    write_pairs(path, LENGTHS, made)
    regions = np.array([0])
    import pandas as pd

    table = pd.DataFrame({"chrom": ["chr21"], "start": regions, "end": [46_709_983]})
    found = open_reads(str(path)).count(table, rules=ReadRules("fragment"))
    assert found.by_chrom == {"chr21": 400, "U00096.3": 100}
    assert found.counts.tolist() == [400]
    fewer = open_reads(str(path)).count(table, rules=ReadRules("fragment", duplicates=False))
    assert sum(fewer.by_chrom.values()) == int((~made.duplicate).sum())


def test_a_cohort_of_reads_is_a_sheet_of_reads(tmp_path: Path) -> None:
    settings = replace(SMALL, assay="CUT&RUN", marks=("H3K36me3",), good=1, poor=1, fragments=5e3)
    sheet = read_sheet(write_cohort(simulate_cohort(settings), tmp_path))
    assert set(sheet.table["Assay"]) == {"CUT&RUN"}
    assert not {"Coverage", "FragmentLength", "SpikeInReads"} & set(sheet.table)
    assert all(Path(p).is_file() for p in sheet.table["bamReads"])
    assert not (tmp_path / "coverage").exists()
