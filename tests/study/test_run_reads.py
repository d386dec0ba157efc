"""A study of reads alone: BAM files and BED reads, from check to results."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.counting.profile_files import read_profile_matrix
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.study.check import check_study
from resist_epi.study.settings import StudySettings
from resist_epi.study.stages.run_stage import Job, run_stage
from resist_epi.study.stages.shard import Shard
from resist_epi.tracks.reads.reads import ReadCounts, ReadsFile
from tests.support.builders import said
from tests.support.cohort import LENGTHS, SPACING, gene_table
from tests.support.processes import hear_control_c

READS = 12_000
GAINED = ("GENE3", "GENE4")


def write_reads(folder: Path) -> Path:
    """Sheet of four libraries: more reads at two genes in the poor ones."""
    genes = gene_table()
    genes.to_csv(folder / "genes.tsv", sep="\t", index=False)
    rng = np.random.default_rng(8)
    rows = []
    for i, condition in enumerate(["good", "good", "poor", "poor"]):
        table = pd.concat(
            pd.DataFrame(
                {"chrom": c, "start": rng.integers(0, n - 40, READS * n // sum(LENGTHS.values()))}
            )
            for c, n in LENGTHS.items()
        )
        if condition == "poor":
            slots = genes.loc[genes["gene_name"].isin(GAINED), "start"].to_numpy() // SPACING
            more = (rng.choice(slots, 1500) * SPACING + rng.integers(0, 9_000, 1500)).tolist()
            table = pd.concat([table, pd.DataFrame({"chrom": "chr1", "start": more})])
        table = table.sort_values(["chrom", "start"]).assign(
            strand=rng.choice(["+", "-"], len(table))
        )
        name = f"s{i}.bam" if i % 2 else f"s{i}.tagAlign.gz"
        (write_bam if i % 2 else write_bed)(folder / name, table)
        rows.append((f"s{i}", "H3K27me3", condition, f"P{i}", name, 150))
    columns = ["SampleID", "Factor", "Condition", "Patient", "bamReads", "FragmentLength"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "sheet.csv", index=False)
    return folder / "sheet.csv"


def write_bed(path: Path, table: pd.DataFrame) -> None:
    lines = table.assign(end=table["start"] + 36, name="N", score=1000)
    text = lines[["chrom", "start", "end", "name", "score", "strand"]].to_csv(
        sep="\t", header=False, index=False
    )
    path.write_bytes(gzip.compress(text.encode()))


def write_bam(path: Path, table: pd.DataFrame) -> None:
    header = pysam.AlignmentHeader.from_dict(
        {"SQ": [{"SN": c, "LN": n} for c, n in LENGTHS.items()]}
    )
    names = {c: i for i, c in enumerate(LENGTHS)}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i, (chrom, start, strand) in enumerate(table.itertuples(index=False)):
            read = pysam.AlignedSegment(header)
            read.query_name, read.mapping_quality = f"r{i}", 0 if i % 10 == 0 else 40
            read.flag = (16 if strand == "-" else 0) | (0x400 if i % 20 == 1 else 0)
            read.reference_id, read.reference_start = names[chrom], int(start)
            read.cigarstring = "36M"
            out.write(read)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reads(tmp_path_factory.mktemp("reads"))


def test_check_says_what_reads_are(sheet: Path) -> None:
    found = check_study(sheet)
    assert not (found["level"] == "error").any()
    said = found[found["column"] == "bamReads"].set_index("sample")["message"]
    assert said["s0"].startswith("BED reads: ")
    assert "mapped (counted), single, a median of 36 bp" in said["s0"]
    assert said["s1"].startswith("BAM: ")
    assert "5.0% marked as duplicates; 2 chromosomes, assembly not recognised" in said["s1"]
    assert said.str.endswith("can be tested as reads, with ql or voom").all()


@pytest.mark.usefixtures("without_figures")
def test_a_run_counts_reads(sheet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    genes = str(sheet.with_name("genes.tsv"))
    command = ["--quiet", "run", str(sheet), "--genes", genes, "-o", str(out), "--jobs", "2"]
    assert main([*command, "--count-as", "midpoint"]) == 0
    table = read_results(out / "differential" / "H3K27me3.promoters.tsv.gz")
    assert set(table.loc[table["direction"] == "gain", "symbol"]) == set(GAINED)
    header = said(table)
    assert "quantity: reads (reads); library sizes from the reads that count" in header
    assert "counted: midpoints of fragments of 150 bp" in header
    assert "chosen: every row has a file of reads" in header
    assert "method: ql" in header
    counts = read_counts(out / "counts" / "H3K27me3.promoters.parquet")
    assert counts.quantity == read_counts(out / "counts" / "H3K27me3.bins.parquet").quantity
    assert (counts.values == np.rint(counts.values)).all()
    quality = read_table(out / "qc.tsv")
    inside = counts.values.sum(axis=0) / counts.library_sizes
    np.testing.assert_allclose(quality["fraction_in_promoters"], inside, rtol=0.02)
    profile = read_profile_matrix(out / "profiles" / "H3K27me3.gz")
    assert profile.samples == ("s0", "s1", "s2", "s3")
    gains = profile.regions["group"] == "gain"
    middle = {s: np.nanmean(v[gains.to_numpy()]) for s, v in profile.values.items()}
    assert min(middle["s2"], middle["s3"]) > 1.5 * max(middle["s0"], middle["s1"])
    session = (out / "igv_session.xml").read_text()
    assert "s1.bam_coverage" in session
    assert "tagAlign" not in session, "of which IGV shows no depth"


def test_regions_and_windows_are_counted_in_one_pass(
    sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    count = ReadsFile.count

    def noted(file: ReadsFile, *args: Any, **more: Any) -> ReadCounts:
        asked.append(file.path)
        return count(file, *args, **more)

    monkeypatch.setattr(ReadsFile, "count", noted)
    settings = StudySettings(sheet=sheet, genes=sheet.with_name("genes.tsv"), jobs=1)
    run_study(settings, tmp_path / "out", report=False)
    assert read_counts(tmp_path / "out" / "counts" / "H3K27me3.windows.parquet").quantity == "reads"
    assert sorted(p.name for p in asked) == ["s0.tagAlign.gz", "s1.bam", "s2.tagAlign.gz", "s3.bam"]


def test_shards_of_reads_leave_what_a_plain_run_leaves(sheet: Path, tmp_path: Path) -> None:
    settings = StudySettings(sheet=sheet, genes=sheet.with_name("genes.tsv"))
    plain, out = (tmp_path / name for name in ("plain", "out"))
    run_study(settings, plain, report=False)
    run_stage(settings, out, Job("plan"))
    for i in (2, 1):
        run_stage(settings, out, Job("count", Shard(i, 2)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ReadsFile, "count", lambda *asked, **more: pytest.fail("read again"))
        run_stage(settings, out, Job("test", mark="H3K27me3"))
        run_study(settings, out, report=False)
    for table in (*plain.rglob("*.tsv.gz"), *plain.rglob("*.parquet")):
        assert table.read_bytes() == (out / table.relative_to(plain)).read_bytes(), table.name


def test_profiles_of_reads_alone(sheet: Path, tmp_path: Path) -> None:
    genes = ["--genes", str(sheet.with_name("genes.tsv")), "--regions", "promoters"]
    out = tmp_path / "m.gz"
    assert main(["--quiet", "profile", str(sheet), *genes, "-o", str(out)]) == 0
    matrix = read_profile_matrix(out)
    assert matrix.samples == ("s0", "s1", "s2", "s3")
    depth = READS * 36 / sum(LENGTHS.values())
    assert np.nanmean(matrix.values["s0"]) == pytest.approx(depth, rel=0.1)


def test_a_missing_file_of_reads_stops_a_run(sheet: Path, tmp_path: Path) -> None:
    other = sheet.with_name("other.csv")
    other.write_text(sheet.read_text().replace("s1.bam", "gone.bam"))
    assert main(["run", str(other), "-o", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out" / "counts").exists()


def test_options_of_count_stand_in_the_counts(sheet: Path, tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t600000\nchr2\t0\t300000\n")

    def count(*more: str) -> tuple[int, Path]:
        out = tmp_path / "c.parquet"
        out.unlink(missing_ok=True)
        return main(
            ["--quiet", "count", str(sheet), "--regions", str(bed), "-o", str(out), *more]
        ), out

    code, out = count("--min-mapq", "1", "--shift", "75")
    assert code == 0
    found = read_counts(out)
    assert found.metadata["read_rules"] == (
        "5' ends moved by 75 bp, mapping quality at least 1, duplicates kept"
    )
    total = found.values.sum(axis=0)
    whole = read_counts(count()[1]).values.sum(axis=0)
    np.testing.assert_allclose(total / whole, [1, 0.9, 1, 0.9], atol=0.001)
    assert count("--drop-duplicates")[0] == 1  # BED reads do not say which are
    assert count("--shift", "75", "--extend", "200")[0] == 1
    code, out = count("--extend", "200")
    assert "fragments of 200 bp" in str(read_counts(out).metadata["read_rules"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.parquet", "r.bed"]


# One worker is done with its file, and the other never will be.
ENDLESS = """
import sys, time
from multiprocessing import parent_process
from resist_epi.cli.main import main
from resist_epi.tracks.reads.bed_reads import BedReads
columns = BedReads._columns
def endless(self, codes):
    if parent_process() is not None and self.path.name.startswith("s2"):
        time.sleep(600)
    return columns(self, codes)
BedReads._columns = endless
sys.exit(main(sys.argv[1:]))
"""


def test_control_c_leaves_neither_workers_nor_files(sheet: Path, tmp_path: Path) -> None:
    for name in ("s0", "s2"):
        path = sheet.with_name(f"{name}.tagAlign.gz")
        (tmp_path / path.name).write_bytes(path.read_bytes())
    rows = pd.read_csv(sheet)
    rows[rows["SampleID"].isin(["s0", "s2"])].to_csv(tmp_path / "sheet.csv", index=False)
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t600000\n")
    before = set(tmp_path.iterdir())
    command = [sys.executable, "-c", ENDLESS, "count", "sheet.csv", "--regions", "r.bed"]
    process = subprocess.Popen(
        [*command, "--jobs", "2", "-o", "c.parquet"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_control_c,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    workers: list[str] = []
    parts: set[Path] = set()
    while not (len(workers) == 2 and parts) and time.monotonic() < deadline:
        workers = children.read_text().split() if children.exists() else []
        parts = {path for path in tmp_path.rglob("*") if path.is_file()} - before
        assert process.poll() is None
        time.sleep(0.02)
    assert parts
    if len(workers) < 2:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.skip("the workers of another process cannot be seen here")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all of them
    assert process.wait(timeout=60) != 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert set(tmp_path.iterdir()) == before
