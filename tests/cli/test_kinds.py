"""What a file is that a verb cannot take is said, and which verb takes it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from resist_epi.cli.kinds import kind_of
from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.schema import RESULTS, names
from tests.support.builders import matrix

TEXTS = {
    "sheet.csv": "SampleID,Factor,Condition\na,ER,x\n",
    "counts.tsv": "chrom\tstart\tend\ta\tb\nchr1\t0\t9\t1\t2\n",
    "results.tsv": "# fdr: 0.05\n" + "\t".join(names(RESULTS)) + "\n",
    "peaks.bed": "chr1\t10\t20\tp1\t5\n",
    "page.html": "<!doctype html>\n",
    "matrix.gz": '@{"upstream":[3000]}\n',
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in TEXTS.items():
        data = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    write_counts(tmp_path / "counts.parquet", matrix(np.ones((3, 2))))
    return tmp_path


@pytest.mark.parametrize(
    ("verb", "file", "is_", "taken_by"),
    [
        (["plot", "ma"], "counts.parquet", "a Parquet file of counts", "`diff` makes results"),
        (["plot", "volcano"], "counts.tsv", "a table of counts", "`diff` makes results"),
        (["plot", "ma"], "sheet.csv", "a sample sheet", "`count`"),
        (["plot", "genome"], "peaks.bed", "a BED file or peaks", "--regions"),
        (["plot", "heatmap"], "results.tsv", "a table of results", "`plot ma`"),
        (["plot", "ma"], "matrix.gz", "a matrix of signal along regions", "`plot heatmap`"),
        (["plot", "locus"], "results.tsv", "a table of results", "`enrich`"),
        (["plot", "ma"], "page.html", "a picture or a page", "the table that it was made from"),
        (["enrich"], "counts.parquet", "a Parquet file of counts", "`diff` makes results"),
        (["diff"], "sheet.csv", "a sample sheet", "`count`"),
    ],
)
def test_a_file_of_another_kind(
    files: Path, verb: list[str], file: str, is_: str, taken_by: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    more = ["--samples", str(files / "sheet.csv")] if verb in (["plot", "locus"], ["diff"]) else []
    if verb == ["diff"]:
        more = []
    out = str(files / ("f.png" if verb[0] == "plot" else "out.tsv"))
    assert main([*verb, str(files / file), *more, "-o", out]) == 1
    said = capsys.readouterr().err
    assert f"this is {is_}, not " in said
    assert taken_by in said


def test_a_damaged_file_of_the_right_kind_keeps_its_own_message(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = files / "results.tsv"
    table.write_text(TEXTS["results.tsv"].replace("\tpadj", ""))
    assert kind_of(table) is None
    assert main(["plot", "ma", str(table), "-o", str(files / "f.png")]) == 1
    assert "no column padj" in capsys.readouterr().err


def test_of_a_sheet_that_plot_locus_takes_its_own_problem_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("SampleID,Factor,Condition,Coverage\na,ER,x,http://127.0.0.1:9/a.bw\n")
    asked = ["--region", "chr1:1-100", "-o", str(tmp_path / "f.png")]
    assert main(["plot", "locus", str(sheet), *asked]) == 1
    said = capsys.readouterr().err
    assert "127.0.0.1:9/a.bw" in said
    assert "this is a sample sheet" not in said
