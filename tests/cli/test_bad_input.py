"""Each kind of bad input: one clear message, the right exit code, and no output left behind."""

from __future__ import annotations

import struct
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from tests.support.cohort import SmallCohort, make_cohort

pytestmark = pytest.mark.usefixtures("without_figures")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


def rows(cohort: SmallCohort) -> pd.DataFrame:
    return pd.read_csv(cohort.sheet)


def of_one_mark(cohort: SmallCohort) -> pd.DataFrame:
    """Half of the rows, and of a run's time."""
    table = rows(cohort)
    return table[table["Factor"] == "H3K27me3"].reset_index(drop=True)


def put(cohort: SmallCohort, table: pd.DataFrame) -> Path:
    sheet = cohort.sheet.with_name("changed.csv")
    table.to_csv(sheet, index=False)
    return sheet


def run(cohort: SmallCohort, sheet: Path, out: Path, *options: str) -> int:
    return main(["run", str(sheet), "--genes", str(cohort.genes), "-o", str(out), *options])


def tables(out: Path) -> list[Path]:
    return [p for p in out.rglob("*") if p.is_file() and p.name not in ("check.tsv", "run.log")]


def bigbed_header() -> bytes:
    return struct.pack("<IHHQQQHHQQIQ", 0x8789F2EB, 4, 0, 64, 64, 64, 3, 3, 0, 0, 0, 0)


BAD_TRACKS = {
    "missing": (None, "no such file"),
    "empty": (b"", "the file is empty"),
    "bigBed": (bigbed_header() + bytes(64), "bigBed"),
    "BAM": (b"BAM\x01" + bytes(60), "BAM"),
    "cut short": (b"cut", "expected"),
}


@pytest.mark.parametrize("kind", BAD_TRACKS)
def test_a_bad_track(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    data, message = BAD_TRACKS[kind]
    bad = cohort.sheet.with_name("bad.bw")
    bad.unlink(missing_ok=True)
    if data is not None:
        bad.write_bytes(data)
    table = rows(cohort)
    table.loc[0, "Coverage"] = "bad.bw"
    assert run(cohort, put(cohort, table), tmp_path / "out") == 1
    error = capsys.readouterr().err.splitlines()
    assert sum("error:" in line for line in error) == 1
    assert "T0_H3K27me3" in "".join(error)
    assert message in "".join(error)
    assert tables(tmp_path / "out") == []


def test_a_track_cut_in_the_middle(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = cohort.sheet.with_name("T0_H3K27me3.bw").read_bytes()
    cohort.sheet.with_name("bad.bw").write_bytes(whole[: len(whole) // 2])
    table = rows(cohort)
    table.loc[0, "Coverage"] = "bad.bw"
    assert run(cohort, put(cohort, table), tmp_path / "out") == 1
    assert "bad.bw" in capsys.readouterr().err


BAD_PEAKS = {
    "text": ("chr1\t10\tx\n", "line 1"),
    "order": ("chr1\t10\t20\nchr1\t30\t30\n", "line 2"),
    "negative": ("chr1\t-1\t20\n", "line 1"),
    "binary": ("\x00\x01", "not"),
}


@pytest.mark.parametrize("kind", BAD_PEAKS)
def test_bad_peaks(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    text, message = BAD_PEAKS[kind]
    cohort.sheet.with_name("bad.bed").write_text(text)
    table = rows(cohort)
    table.loc[1, "Peaks"] = "bad.bed"
    assert run(cohort, put(cohort, table), tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert "bad.bed" in error
    assert message in error


def test_an_empty_peak_file_is_a_warning(
    cohort: SmallCohort, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cohort.sheet.with_name("empty.bed").write_text("")
    table = of_one_mark(cohort)
    table.loc[1, "Peaks"] = "empty.bed"
    assert run(cohort, put(cohort, table), tmp_path / "out") == 0
    found = read_table(tmp_path / "out" / "check.tsv")
    warning = found[(found["level"] == "warning") & (found["column"] == "Peaks")]
    assert list(warning["sample"]) == ["T1_H3K27me3"]
    assert "no peaks" in warning["message"].iloc[0]


def test_a_wrong_assembly_is_named_with_what_was_found(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["run", str(cohort.sheet), "--genome", "hg19", "-o", out]) == 1
    error = capsys.readouterr().err
    assert "hg19" in error
    assert "chr1" in error


def test_no_genes_for_an_unknown_assembly(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(cohort.sheet), "-o", str(tmp_path / "out")]) == 1
    assert "give a gene file with --genes, or --genome" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--contrast", "poor-bad"), "has these levels. Levels are: Condition: good, poor"),
        (("--design", "~ Outcome"), "no column 'Outcome'"),
        (("--design", "~ Condition +"), "cannot be parsed"),
        (("--normalize", "rpkm"), "unknown normalisation 'rpkm'"),
        (("--method", "deseq2"), "unknown method 'deseq2'"),
        (("--gene-sets", "none.gmt"), "none.gmt: no such file"),
        (("--exclude", "none.bed"), "none.bed: no such file"),
    ],
)
def test_wrong_options(
    cohort: SmallCohort,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
    message: str,
) -> None:
    assert run(cohort, cohort.sheet, tmp_path / "out", *options) == 1
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_no_space_left(cohort: SmallCohort, capsys: pytest.CaptureFixture[str]) -> None:
    genes = str(cohort.genes)
    assert main(["regions", "promoters", "--genes", genes, "-o", "/dev/full"]) == 1
    assert "/dev/full: cannot be written: No space left on device" in capsys.readouterr().err


def test_a_study_file_with_an_unknown_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.yaml").write_text("sheet: s.csv\nnormalise: tmm\n")
    assert main(["run", str(tmp_path / "study.yaml"), "-o", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert "normalise" in error
    assert "expected settings sheet, genome" in error
    (tmp_path / "study.yaml").write_text("sheet: [\n")
    assert main(["run", str(tmp_path / "study.yaml"), "-o", str(tmp_path / "out")]) == 1
    assert "not YAML" in capsys.readouterr().err


def test_marks_whose_files_would_bear_one_name(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows(cohort)
    table["Factor"] = ["my mark"] * 4 + ["my_mark"] * 4
    assert run(cohort, put(cohort, table), tmp_path / "out") == 1
    assert "files of one name (my_mark.*)" in capsys.readouterr().err


def test_patients_for_some_rows_only_stop_before_anything_is_counted(
    cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows(cohort)
    table.loc[0, "Patient"] = ""
    assert run(cohort, put(cohort, table), tmp_path / "out") == 1
    assert "Patient is empty for T0_H3K27me3" in capsys.readouterr().err
    assert tables(tmp_path / "out") == []


def test_a_sheet_that_is_missing_leaves_an_earlier_run_as_it_is(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    assert run(cohort, put(cohort, of_one_mark(cohort)), tmp_path / "out") == 0
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert run(cohort, tmp_path / "none.csv", tmp_path / "out") == 1
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before
    assert run(cohort, tmp_path / "none.csv", tmp_path / "new") == 1
    assert not (tmp_path / "new").exists()


BAD_COORDINATES = {
    "order": "chr1\t20\t10",
    "negative": "chr1\t-5\t10",
    "fraction": "chr1\t1.5\t10",
    "text": "chr1\tabc\t10",
    "no chromosome": "\t1\t10",
}


@pytest.mark.parametrize("kind", BAD_COORDINATES)
def test_a_table_of_counts_with_impossible_regions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    counts, sheet = tmp_path / "c.tsv", tmp_path / "s.csv"
    counts.write_text(
        "chrom\tstart\tend\ta\tb\tc\td\nchr1\t0\t9\t1\t2\t3\t4\n"
        + BAD_COORDINATES[kind]
        + "\t5\t6\t7\t8\n"
    )
    sheet.write_text("SampleID,Factor,Condition\na,ER,x\nb,ER,x\nc,ER,y\nd,ER,y\n")
    out = tmp_path / "r.tsv"
    assert main(["diff", str(counts), "--samples", str(sheet), "-o", str(out)]) == 1
    assert "c.tsv" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("Unable to allocate 30 GiB"), "the memory does not last (Unable to allocate"),
        (RecursionError("deep"), "nested too deep"),
    ],
)
def test_what_is_out_of_proportion_is_one_line(
    cohort: SmallCohort,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("resist_epi.study.check.check_study", fail)
    assert main(["check", str(cohort.sheet)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
