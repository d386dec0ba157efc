"""`power`: counts in, a table of power out, one sentence on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.io.tables import read_table
from resist_epi.schema import POWER, names
from tests.support import pilots

SMALL = ["--units", "4,6", "--effects", "1.5", "--sets", "2", "--regions", "300"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_counts(tmp_path / "pilot.parquet", pilots.reads(3))
    write_counts(tmp_path / "signal.parquet", pilots.signal(3))
    pilots.sheet(3).table.to_csv(tmp_path / "sheet.csv", index=False)
    frame = pilots.reads(3).to_frame().drop(columns=["strand", "region_id", "gene_id", "symbol"])
    frame.drop(columns="kind").to_csv(tmp_path / "pilot.tsv", sep="\t", index=False)
    return tmp_path


def power(folder: Path, counts: str, *options: str) -> int:
    out = ["--samples", str(folder / "sheet.csv"), "-o", str(folder / "power.tsv")]
    return main(["power", str(folder / counts), *SMALL, *options, *out])


@pytest.mark.parametrize("counts", ["pilot.parquet", "pilot.tsv", "signal.parquet"])
def test_a_table_and_a_sentence(
    counts: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert power(folder, counts) == 0
    table = read_table(folder / "power.tsv")
    assert list(table.columns) == names(POWER)
    assert table["units"].tolist() == [4, 6]
    header = table.attrs["header"]
    assert header["power"].startswith("6 against 6 would find")
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == f"resist-epi: {header['power']}"
    assert header["question"]["contrast"] == "Condition:poor-good"
    picture = folder / "power.svg"
    assert main(["plot", "power", str(folder / "power.tsv"), "-o", str(picture)]) == 0
    assert "units a group" in picture.read_text("utf-8")


def test_options_reach_the_plan_and_the_question(folder: Path) -> None:
    options = [
        "--method",
        "voom",
        "--fdr",
        ".1",
        "--depth",
        "1,2",
        "--carriers",
        ".5",
        "--changed",
        ".2",
        "--seed",
        "3",
    ]
    assert power(folder, "pilot.parquet", *options) == 0
    table = read_table(folder / "power.tsv")
    assert table["depth"].tolist() == [1, 1, 2, 2]
    assert (table["carrier_share"] == 0.5).all()
    assert (table["changed"] == 0.2).all()
    assert set(table["method"]) == {"voom"}
    assert "seed 3; fdr 0.1" in table.attrs["header"]["studies"]
    before = table.copy()
    assert (
        power(folder, "pilot.parquet", *options, "--method", "voom", "--fdr", ".1", "--jobs", "2")
        == 0
    )
    assert read_table(folder / "power.tsv").equals(before)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--units", "3,x"], 2, "whole numbers"),
        (["--units", "1"], 1, "units"),
        (["--effects", "0"], 1, "effects"),
        (["--carriers", "2"], 1, "carriers"),
        (["--method", "cox"], 1, "difference between groups"),
    ],
)
def test_what_cannot_be_is_said(
    options: list[str], code: int, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert power(folder, "pilot.parquet", *options) == code
    assert message in capsys.readouterr().err
    assert not (folder / "power.tsv").exists()


def test_depth_of_signal_and_results_instead_of_counts_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert power(folder, "signal.parquet", "--depth", "2") == 1
    assert "count reads" in capsys.readouterr().err
    sheet = ["--samples", str(folder / "sheet.csv")]
    results = str(folder / "results.tsv")
    assert main(["diff", str(folder / "pilot.parquet"), *sheet, "-o", results]) == 0
    assert power(folder, "results.tsv") == 1
