"""The verb `count`: regions of a file and of genes, and what cannot be counted is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from tests.support.cohort import SmallCohort


def test_counting_a_bed_file_takes_every_mark(cohort: SmallCohort, tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr2\t0\t1000\nchr1\t5000\t9000\n")
    out = tmp_path / "c.tsv"
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", str(out)]) == 0
    table = read_table(out)
    assert list(table["chrom"]) == ["chr1", "chr2"]
    assert sum(c.startswith("T") for c in table.columns) == 16


BAD_PEAKS = {
    "text for a number": ("chr1\tmany\t9\n", "line 1"),
    "start after end": ("chr1\t5\t9\nchr1\t9\t5\n", "line 2"),
    "negative": ("chr1\t-5\t9\n", "line 1"),
}


@pytest.mark.parametrize("name", BAD_PEAKS)
def test_bad_regions_name_the_line(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, message = BAD_PEAKS[name]
    bed = tmp_path / "r.bed"
    bed.write_text(text)
    out = str(tmp_path / "c.tsv")
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", out]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "r.bed" in error


def test_a_wrong_assembly_names_both(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--regions", "genes"]
    assert main([*command, "--genome", "hg38", "-o", str(tmp_path / "c.tsv")]) == 1
    assert "hg38" in capsys.readouterr().err


def test_an_output_that_cannot_be_written(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t10\n")
    out = str(tmp_path / "file" / "c.tsv")
    assert main(["count", str(cohort.sheet), "--regions", str(bed), "-o", out]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_counts_need_a_name_that_says_their_format(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "counts.csv")
    command = ["count", str(cohort.sheet), "--mark", "H3K36me3", "--genes", str(cohort.genes)]
    assert main([*command, "--regions", "genes", "-o", out]) == 1
    assert "expected .parquet, .tsv or .tsv.gz" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--extend", "--shift", "--min-mapq"])
def test_numbers_that_no_read_needs(
    tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.bed").write_text("chr1\t10\t60\tr\t9\t+\n")
    (tmp_path / "s.csv").write_text("SampleID,Factor,Condition,bamReads\na,ER,x,a.bed\n")
    where = ["--regions", str(tmp_path / "a.bed"), "-o", str(tmp_path / "c.tsv")]
    assert main(["count", str(tmp_path / "s.csv"), *where, option, "9" * 25]) == 1
    assert f"{option}: no read has as much" in capsys.readouterr().err
