"""BAM counting against pysam read by read, damage, and another tool's counts of real files."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.tracks.reads import bgzf
from resist_epi.tracks.reads.bam import BamReads, open_bam
from resist_epi.tracks.reads.point_bins import PointBins
from resist_epi.tracks.reads.reads import ReadRules

CHROMS = {"chr1": 20_000, "chr2": 6_000, "chrM": 500}


def write(path: Path, n: int = 3000, *, seed: int = 0, paired: bool = False) -> Path:
    rng = np.random.default_rng(seed)
    header = pysam.AlignmentHeader.from_references(list(CHROMS), list(CHROMS.values()))
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i in range(n):
            read = pysam.AlignedSegment(header)
            read.query_name = f"r{i}" * int(rng.integers(1, 9))
            read.reference_id = int(rng.integers(0, 2))
            length = list(CHROMS.values())[read.reference_id]
            read.reference_start = int(rng.integers(0, length - 400))
            read.mapping_quality = int(rng.integers(0, 61))
            read.cigarstring = str(rng.choice(["36M", "30M2D6M", "5S31M", "20M1I15M", "18M50N18M"]))
            read.flag = int(rng.choice([0, 16, 4, 256, 1024, 2048, 512], p=[0.4, 0.4] + [0.04] * 5))
            if paired and read.flag in {0, 16}:
                left = rng.random() < 0.5
                read.flag = 1 | 2 | (32 | 64 if left else 16 | 128)
                read.next_reference_id = read.reference_id
                read.template_length = int(rng.integers(120, 300)) * (1 if left else -1)
            out.write(read)
    return path


def naive(path: Path, rules: ReadRules) -> list[tuple[str, int, int]]:
    """Where each kept read counts, by the rules as they are worded."""
    found = []
    with pysam.AlignmentFile(str(path)) as reads:
        for r in reads.fetch(until_eof=True):
            if r.is_unmapped or r.is_secondary or r.is_supplementary or r.is_qcfail:
                continue
            if r.mapping_quality < rules.min_quality or (r.is_duplicate and not rules.duplicates):
                continue
            start, end = r.reference_start, r.reference_end
            if rules.count_as == "five_prime":
                start = end - 1 - rules.shift if r.is_reverse else start + rules.shift
                start, end = max(start, 0), max(start, 0) + 1
            elif rules.count_as != "read":
                if r.is_proper_pair:
                    if r.template_length < 0:
                        continue
                    end = start + r.template_length
                elif r.is_reverse:
                    start = end - rules.fragment_length
                else:
                    end = start + rules.fragment_length
                if rules.count_as == "midpoint":
                    start = max(start + (end - start) // 2, 0)
                    end = start + 1
                start = max(start, 0)
            found.append((r.reference_name, start, end))
    return found


def regions(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {"chrom": rng.choice(list(CHROMS), n), "start": rng.integers(0, 19_000, n)}
    )
    table["end"] = table["start"] + rng.integers(1, 3000, n)
    return table


RULES = [
    ReadRules(),
    ReadRules(min_quality=30, duplicates=False),
    ReadRules(count_as="fragment", fragment_length=200),
    ReadRules(count_as="five_prime", shift=75),
    ReadRules(count_as="midpoint", fragment_length=147),
]


@pytest.mark.parametrize("rules", RULES, ids=lambda r: r.count_as + str(r.min_quality))
@pytest.mark.parametrize("paired", [False, True])
def test_counts_equal_reads_one_by_one(tmp_path: Path, rules: ReadRules, paired: bool) -> None:
    path = write(tmp_path / "t.bam", paired=paired)
    table = regions()
    reads = naive(path, rules)
    expected = [
        sum(c == chrom and s < end and e > start for c, s, e in reads)
        for chrom, start, end in table.itertuples(index=False)
    ]
    found = open_bam(path).count(table, rules=rules)
    assert found.counts.tolist() == expected
    assert (found.kept, found.seen) == (len(reads), 3000)


@pytest.mark.parametrize("rules", RULES, ids=lambda r: r.count_as + str(r.min_quality))
def test_bins_in_the_same_pass_hold_each_read_by_its_point(
    tmp_path: Path, rules: ReadRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, step = write(tmp_path / "t.bam"), 500
    monkeypatch.setattr(bgzf, "READ_BYTES", 1 << 12)  # many chunks
    out = {"chr1": (np.array([100, 5000]), np.array([2000, 9000]))}
    lengths = {"chr2": 5_700, "chr1": 20_000, "chrX": 900}  # of a shorter chr2, without chrM
    table = pd.DataFrame(
        [(c, s, min(s + step, n)) for c, n in lengths.items() for s in range(0, n, step)],
        columns=["chrom", "start", "end"],
    )
    points = PointBins(step, lengths)
    beside = open_bam(path).count(regions(), rules=rules, exclude=out, points=points)
    alone = open_bam(path).count(regions(), rules=rules, exclude=out)
    assert (beside.kept, beside.counts.tolist()) == (alone.kept, alone.counts.tolist())
    known = table[table["chrom"] != "chrX"]
    expected = open_bam(path).count(known, rules=rules.at_points(), exclude=out).counts
    found = points.counts()
    assert np.concatenate([found["chr2"], found["chr1"]]).tolist() == expected.tolist()
    assert expected.sum() > 1000
    assert found["chrX"].tolist() == [0, 0]


def test_reads_are_taken_at_one_base() -> None:
    fragments = ReadRules(count_as="fragment", fragment_length=150)
    assert fragments.at_points() == ReadRules("midpoint", fragment_length=150)
    assert ReadRules(min_quality=7).at_points() == ReadRules("five_prime", min_quality=7)
    kept = ReadRules("five_prime", shift=75)
    assert kept.at_points() is kept


@pytest.mark.parametrize("size", [1 << 10, 1 << 16])
def test_records_over_chunk_borders(tmp_path: Path, monkeypatch, size: int) -> None:
    path = write(tmp_path / "t.bam")
    expected = open_bam(path).count(regions()).counts
    monkeypatch.setattr(bgzf, "READ_BYTES", size)
    np.testing.assert_array_equal(open_bam(path).count(regions()).counts, expected)
    monkeypatch.setitem(sys.modules, "deflate", None)
    np.testing.assert_array_equal(open_bam(path).count(regions()).counts, expected)


def test_excluded_reads_count_nowhere(tmp_path: Path) -> None:
    path = write(tmp_path / "t.bam")
    out = {"chr1": (np.array([100, 5000]), np.array([2000, 9000])), "chrZ": (np.array([0]),) * 2}
    found = open_bam(path).count(regions(), exclude=out)
    kept = [
        (c, s, e)
        for c, s, e in naive(path, ReadRules())
        if not (c == "chr1" and any(s < b and e > a for a, b in ((100, 2000), (5000, 9000))))
    ]
    assert found.kept == len(kept)
    first = next(regions().itertuples(index=False))
    chrom, start, end = first
    assert found.counts[0] == sum(c == chrom and s < end and e > start for c, s, e in kept)


def test_header_only(tmp_path: Path, caplog) -> None:
    found = open_bam(write(tmp_path / "t.bam", 0)).count(regions(3))
    assert found.counts.tolist() == [0, 0, 0]
    assert (found.kept, found.seen) == (0, 0)
    assert "no alignment" in caplog.text


def test_survives_pickling_and_knows_its_chromosomes(tmp_path: Path) -> None:
    reads = open_bam(write(tmp_path / "t.bam"))
    again: BamReads = pickle.loads(pickle.dumps(reads))
    assert dict(again.chrom_lengths) == CHROMS
    np.testing.assert_array_equal(again.count(regions()).counts, reads.count(regions()).counts)


def test_wrong_names_and_rules_are_said(tmp_path: Path) -> None:
    reads = open_bam(write(tmp_path / "t.bam"))
    with pytest.raises(GenomeMismatchError, match="no chromosome '1'"):
        reads.count(pd.DataFrame({"chrom": ["1"], "start": [0], "end": [5]}))
    with pytest.raises(InputFormatError, match="need a fragment length"):
        reads.count(regions(), rules=ReadRules(count_as="midpoint"))
    with pytest.raises(InputFormatError, match="unknown way to count"):
        ReadRules(count_as="tail")  # type: ignore[arg-type]


def test_every_kind_of_damage_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "t.bam", 400)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    truth = open_bam(path).count(regions()).counts
    silent = 0
    for i in range(400):
        content = bytearray(whole)
        if i % 4 == 0:
            content = content[: int(rng.integers(0, len(whole)))]
        else:
            for _ in range(int(rng.integers(1, 4))):
                content[int(rng.integers(0, len(whole)))] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(content)
        try:
            found = open_bam(path).count(regions()).counts
        except InputFormatError:
            continue
        silent += 1
        np.testing.assert_array_equal(found, truth)
    assert silent < 20  # bits of the gzip header that mean nothing


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"@HD\tVN:1.6\n" * 9, "does not end as a BAM"),
        (b"x" * 100 + bgzf.END_OF_FILE, "no block of a BAM"),
        (bgzf.END_OF_FILE, "header is not complete"),
    ],
)
def test_other_files_are_no_bam(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.bam"
    path.write_bytes(content)
    with pytest.raises(InputFormatError, match=message):
        open_bam(path)


def test_bgzf_that_is_no_bam(tmp_path: Path) -> None:
    path = tmp_path / "t.bed.gz"
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(b"chr1\t5\t9\n" * 20)
    with pytest.raises(InputFormatError, match="not a BAM file"):
        open_bam(path)


@pytest.mark.real
def test_another_tools_counts_are_reproduced(real_data: Path) -> None:
    """`epicseg_counts.txt`: 5' ends moved by 75 bp, 200-bp bins of two stretches of chr21."""
    folder = real_data / "bam_broad_marks_small"
    expected = pd.read_csv(folder / "epicseg_counts.txt", sep="\t")
    first = np.arange(40_005_600, 42_955_400, 200)
    starts = np.concatenate([first, np.arange(43_005_600, 48_119_800, 200)])
    bins = pd.DataFrame({"chrom": "chr21", "start": starts, "end": starts + 200})
    rules = ReadRules(count_as="five_prime", shift=75)
    for mark in expected:
        found = open_bam(folder / f"epicseg_{mark}.bam").count(bins, rules=rules)
        np.testing.assert_array_equal(found.counts, expected[mark])


@pytest.mark.real
def test_real_files_equal_pysam(real_data: Path) -> None:
    paths = sorted((real_data / "bam_broad_marks_small").glob("*.bam"))
    assert len(paths) == 14
    for path in paths:
        reads = naive(path, ReadRules())
        low, high = min(s for _, s, _ in reads), max(e for _, _, e in reads)
        starts = np.linspace(low, high, 40).astype(int)
        table = pd.DataFrame({"chrom": reads[0][0], "start": starts, "end": starts + 7000})
        found = open_bam(path).count(table)
        ends = np.sort([e for _, _, e in reads])
        begins = np.sort([s for _, s, _ in reads])
        expected = np.searchsorted(begins, table["end"]) - np.searchsorted(
            ends, table["start"], side="right"
        )
        np.testing.assert_array_equal(found.counts, expected)
        assert found.kept == len(reads)


FEATURE_COUNTS = shutil.which("featureCounts")


@pytest.mark.real
@pytest.mark.skipif(FEATURE_COUNTS is None, reason="featureCounts is not installed")
@pytest.mark.parametrize(
    ("rules", "options"),
    [
        (ReadRules(), []),
        (ReadRules(min_quality=20, duplicates=False), ["-Q", "20", "--ignoreDup"]),
        (ReadRules(count_as="five_prime"), ["--read2pos", "5"]),
        (
            ReadRules(count_as="fragment", fragment_length=186),
            ["--readExtension3", "150"],  # reads of 36 bp
        ),
    ],
    ids=["read", "quality", "five_prime", "extended"],
)
def test_real_files_equal_featurecounts(
    real_data: Path, tmp_path: Path, rules: ReadRules, options: list[str]
) -> None:
    path = real_data / "bam_broad_marks_small" / "epicseg_H3K4me3.bam"
    places = [("chr21", s, s + 1500) for s in range(40_000_000, 41_000_000, 1000)]
    table = pd.DataFrame(places, columns=["chrom", "start", "end"])
    saf = tmp_path / "r.saf"
    lines = table.assign(start=table["start"] + 1, strand="+").reset_index()
    lines.to_csv(saf, sep="\t", header=False, index=False)
    command = [str(FEATURE_COUNTS), "-F", "SAF", "-O", "-M", "--primary", *options]
    command += ["-a", str(saf), "-o", str(tmp_path / "out"), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    expected = pd.read_csv(tmp_path / "out", sep="\t", comment="#").set_index("Geneid").iloc[:, 5]
    found = open_bam(path).count(table, rules=rules)
    assert found.counts.tolist() == expected.sort_index().tolist()
    assert found.counts.sum() > 1000
