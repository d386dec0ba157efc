"""The verb `regions`: domains as BED and counted, a greylist of a sheet's inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import read_counts
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.io.tables import read_results
from tests.support.cohort import SmallCohort
from tests.support.controls import write_inputs


def test_domains_as_bed_and_counted(cohort: SmallCohort, tmp_path: Path) -> None:
    bed, counts, results = tmp_path / "d.bed", tmp_path / "c.parquet", tmp_path / "r.tsv"
    ask = ["regions", "domains", "--samples", str(cohort.sheet), "--mark", "H3K27me3"]
    assert main([*ask, "-o", str(bed)]) == 0
    found = read_bed_regions(bed)
    # GENE3 and GENE4 lie at 32 to 38 and 42 to 48 kb, and gain fourfold from 2.5 kb before.
    assert set(found["kind"]) == {"domains"}
    assert found["start"].between(28_000, 42_000).all()
    assert found["end"].between(36_000, 52_000).all()
    count = ["count", str(cohort.sheet), "--mark", "H3K27me3", "--regions", "domains"]
    assert main([*count, "-o", str(counts)]) == 0
    assert read_counts(counts).regions["region_id"].tolist() == found["region_id"].tolist()
    diff = ["diff", str(counts), "--normalize", "library_size", "-o", str(results)]
    assert main(diff) == 0
    assert (read_results(results)["log2FoldChange"] > 1).all()


def test_options_shape_the_domains(cohort: SmallCohort, tmp_path: Path) -> None:
    bed = tmp_path / "d.bed"
    ask = ["regions", "domains", "--samples", str(cohort.sheet), "--mark", "H3K27me3"]
    more = ["--window", "1000", "--step", "250", "--max-width", "2000", "--fold", "1.5"]
    assert main([*ask, *more, "--jobs", "2", "-o", str(bed)]) == 0
    found = read_bed_regions(bed)
    assert (found["end"] - found["start"] <= 2000).all()
    assert len(found) > 8


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ([], 1, "several marks"),
        (["--mark", "H3K27me3", "--fold", "100"], 1, "no window lies above background"),
        (["--mark", "H3K27me3", "--window", "700"], 1, "multiples of the step"),
        (["--mark", "H3K27me3", "--genome", "hg19"], 1, "hg19"),
    ],
)
def test_what_cannot_be_is_said(
    cohort: SmallCohort,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    code: int,
    said: str,
) -> None:
    out = tmp_path / "d.bed"
    ask = ["regions", "domains", "--samples", str(cohort.sheet)]
    assert main([*ask, *more, "-o", str(out)]) == code
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_domains_need_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regions", "domains", "-o", str(tmp_path / "d.bed")]) == 2
    assert "tracks of a sheet" in capsys.readouterr().err


def test_greylist_of_a_sheet_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = write_inputs(tmp_path)
    out = tmp_path / "grey.bed"
    assert main(["regions", "greylist", "--samples", str(sheet), "-o", str(out)]) == 0
    found = read_bed_regions(out)
    assert (400_000, 403_000) in set(zip(found["start"], found["end"], strict=True))
    assert len(found) < 10  # a thousandth of 4,000 bins by chance
    assert "too high in any of 2 inputs" in capsys.readouterr().err
    assert main(["regions", "greylist", "-o", str(out)]) == 2
