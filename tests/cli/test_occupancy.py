"""`occupancy`: one table, and others where they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_table
from tests.support.peak_sheets import write_peak_sheet


def test_occupancy_of_a_sheet(tmp_path: Path) -> None:
    sheet, out = write_peak_sheet(tmp_path), tmp_path / "out.tsv.gz"
    names = ("overlaps", "group-overlaps", "components", "classes", "by-gene", "mechanisms")
    more = [w for n in names for w in (f"--{n}", str(tmp_path / f"{n}.tsv"))]
    genes = ["--genes", str(tmp_path / "genes.tsv")]
    assert main(["occupancy", str(sheet), "-o", str(out), *genes, *more]) == 0
    table = read_table(out)
    assert table["n_poor"].tolist() == [0, 4, 4, 2]
    assert "descriptive" in table.attrs["header"]["test"]
    assert all(len(read_table(tmp_path / f"{n}.tsv")) for n in names)
    again = ["occupancy", str(sheet), "-o", str(tmp_path / "again.tsv.gz"), *genes]
    assert main(again) == 0
    assert (tmp_path / "again.tsv.gz").read_bytes() == out.read_bytes()


def test_min_samples_rule_and_contrast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet, out = write_peak_sheet(tmp_path, Line=list("aabbaabb")), tmp_path / "out.tsv"
    options = ["--min-samples", "8", "--rule", "bases", "--contrast", "b-a"]
    assert main(["occupancy", str(sheet), "-o", str(out), *options]) == 0
    table = read_table(out)
    assert table[["start", "end", "n_a", "n_b"]].to_numpy().tolist() == [[20030, 20980, 4, 4]]
    assert "Line: a (4 units), b (4 units)" in table.attrs["header"]["groups"]
    assert main(["occupancy", str(sheet), "-o", str(out), "--contrast", "b-z"]) == 1
    assert "no column of the sheet has these two levels" in capsys.readouterr().err
    assert (
        main(["occupancy", str(sheet), "-o", str(out), "--by-gene", str(tmp_path / "g.tsv")]) == 2
    )


def test_two_marks_need_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = write_peak_sheet(tmp_path, marks=["H3K27me3", "H3K36me3"])
    out = tmp_path / "out.tsv"
    assert main(["occupancy", str(sheet), "-o", str(out)]) == 1
    assert "--mark" in capsys.readouterr().err
    assert main(["occupancy", str(sheet), "--mark", "H3K36me3", "-o", str(out)]) == 0
    assert read_table(out).attrs["header"]["mark"] == "H3K36me3"
