"""`resist-epi marks` from files to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from resist_epi.schema import switch_columns
from tests.support.builders import said
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallCohort, Path]:
    folder = tmp_path_factory.mktemp("marks")
    cohort = make_cohort(folder, per_group=6)
    for mark, kind in (("H3K27me3", "promoters"), ("H3K36me3", "genes")):
        counts = str(folder / f"{mark}.parquet")
        genes = ["--genes", str(cohort.genes), "--regions", kind]
        assert main(["count", str(cohort.sheet), "--mark", mark, *genes, "-o", counts]) == 0
        assert main(["diff", counts, "-o", str(folder / f"{mark}.tsv")]) == 0
    return cohort, folder


def command(folder: Path, *more: str) -> list[str]:
    tables = [str(folder / "H3K27me3.tsv"), str(folder / "H3K36me3.tsv")]
    return ["marks", *tables, "-o", str(folder / "switches.tsv"), *more]


def test_tables_alone(files: tuple[SmallCohort, Path]) -> None:
    _, folder = files
    assert main(command(folder)) == 0
    table = read_table(folder / "switches.tsv")
    assert list(table.columns[:8]) == switch_columns(["H3K27me3", "H3K36me3"])
    own = table.set_index("symbol")["class"]
    assert own["GENE3"] == "H3K27me3 gain"
    assert own["GENE5"] == "H3K36me3 gain"
    assert "not known which units" in said(table)


def test_counts_tell_the_correlation(files: tuple[SmallCohort, Path]) -> None:
    cohort, folder = files
    counts = [str(folder / f"{m}.parquet") for m in ("H3K27me3", "H3K36me3")]
    assert main(command(folder, "--counts", counts[0], "--counts", counts[1])) == 0
    table = read_table(folder / "switches.tsv")
    assert "the marks' errors are correlated by" in said(table)
    sheet = ["--samples", str(cohort.sheet)]
    assert main(command(folder, "--counts", counts[0], "--counts", counts[1], *sheet)) == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--names", "A"], "does not name 2 marks"),
        (["--counts", "one.parquet"], "give one each, or none"),
        (["--method", "best"], "unknown method 'best'"),
    ],
)
def test_usage_that_cannot_be(
    files: tuple[SmallCohort, Path],
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    message: str,
) -> None:
    assert main(command(files[1], *more)) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("order", "names", "message"),
    [
        (("H3K36me3", "H3K27me3"), "H3K27me3,H3K36me3", "called H3K27me3 are of H3K36me3"),
        (("H3K36me3", "H3K27me3"), "h3k27me3,H3-K36me3", "called h3k27me3 are of H3K36me3"),
        (("H3K27me3", "H3K27me3"), "H3K27me3,H3K36me3", "and so are those of H3K36me3"),
        (("H3K36me3", "H3K36me3"), "off,on", "called off are of H3K36me3"),
    ],
)
def test_tables_of_other_marks_than_they_are_called(
    files: tuple[SmallCohort, Path],
    capsys: pytest.CaptureFixture[str],
    order: tuple[str, str],
    names: str,
    message: str,
) -> None:
    _, folder = files
    tables = [str(folder / f"{mark}.tsv") for mark in order]
    out = folder / "none.tsv"
    assert main(["marks", *tables, "--names", names, "-o", str(out)]) == 1
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_tables_of_different_contrasts(
    files: tuple[SmallCohort, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = files
    other = tmp_path / "turned.tsv"
    main(["diff", str(folder / "H3K36me3.parquet"), "--contrast", "good-poor", "-o", str(other)])
    tables = [str(folder / "H3K27me3.tsv"), str(other)]
    assert main(["marks", *tables, "-o", str(tmp_path / "s.tsv")]) == 1
    assert "different contrasts" in capsys.readouterr().err


def test_tables_tested_against_different_thresholds(
    files: tuple[SmallCohort, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = files
    made = {}
    for mark in ("H3K27me3", "H3K36me3"):
        made[mark] = str(tmp_path / f"{mark}.tsv")
        counts = str(folder / f"{mark}.parquet")
        assert main(["diff", counts, "--lfc-threshold", "0.5", "-o", made[mark]]) == 0
    out = str(tmp_path / "s.tsv")
    assert main(["marks", made["H3K27me3"], str(folder / "H3K36me3.tsv"), "-o", out]) == 1
    assert "different thresholds of log2FoldChange (H3K27me3: 0.5, H3K36me3: 0)" in (
        capsys.readouterr().err
    )
    assert main(["marks", *made.values(), "-o", out]) == 0
    assert "|log2FoldChange| <= 0.5" in read_table(out).attrs["header"]["threshold"]


def test_the_contrast_is_said_without_counts(files: tuple[SmallCohort, Path]) -> None:
    _, folder = files
    assert main(command(folder)) == 0
    header = read_table(folder / "switches.tsv").attrs["header"]
    assert header["contrast"].startswith("poor minus good; positive = more mark in poor")
    assert header["facts"]["contrast"]["name"] == "Condition:poor-good"
