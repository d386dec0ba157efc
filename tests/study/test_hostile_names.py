"""Names that are code, markup, paths or formulas elsewhere go through a whole study as names."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_table
from resist_epi.report import figures
from resist_epi.report.gather import MarkTables
from resist_epi.tracks.bigwig.track import write_bigwig
from tests.support.cohort import LENGTHS, make_cohort
from tests.support.few_figures import draw_only

NAMES = [
    "<script>alert(1)</script>",
    "$x^{$",
    "{{7*7}}",
    "a/../../b",
    "=1+1",
    "two\nlines",
    'quo"te',
    "tab\tbed",
    "%s%d",
    "-rf",
    "\\frac{",
    "&amp;",
    "C:\\x",
    "é𝄞",
    "_",
    "{exit(0)}",
]
ONE_LINE = [n for n in NAMES if not set(n) & set('\n\t"')]
MARK = "H3K27me3 <b>/../{{7*7}}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort of hostile names, in a folder whose name is no UTF-8 text."""
    plain = tmp_path_factory.mktemp("cohort")
    make_cohort(plain, per_group=2)
    folder = plain.with_name(os.fsdecode(b"h\xff"))
    plain.rename(folder)
    rows = pd.read_csv(folder / "sheet.csv")
    rows["Factor"] = rows["Factor"].replace({"H3K27me3": MARK})
    groups = {"good": "=1+1 $x^{$", "poor": "<script>alert(2)</script>\n{{7*7}}"}
    rows["Condition"] = rows["Condition"].replace(groups)
    rows["Patient"] = [f"{NAMES[i % 4]}{i % 4}" for i in range(len(rows))]
    rows["SampleID"] = [f"{NAMES[i % 16]}{i}" for i in range(len(rows))]
    rows.to_csv(folder / "sheet.csv", index=False)
    genes = pd.read_csv(folder / "genes.tsv", sep="\t")
    genes.loc[range(3, 3 + len(ONE_LINE)), "gene_name"] = ONE_LINE
    genes.to_csv(folder / "genes.tsv", sep="\t", index=False)
    sets = (f"{n}\t{n}\t" + "\t".join(ONE_LINE) + "\n" for n in ONE_LINE)
    (folder / "sets.gmt").write_text("".join(sets))
    return folder


def draw_of_one_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of the mark whose name is hostile; samples, groups and genes are the other's."""
    draw = figures._figures

    def of_it(mark: MarkTables, *more: Any) -> Iterator[tuple[str, figures.Draw]]:
        return draw(mark, *more) if mark.mark == MARK else iter(())

    monkeypatch.setattr(figures, "_figures", of_it)


def test_a_whole_study_of_hostile_names(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_of_one_mark(monkeypatch)
    before = set(study.parent.rglob("*"))
    out = study / "12:30" / "out a=b $x^{$ {{7*7}}"
    arguments = ["run", str(study / "sheet.csv"), "--genes", str(study / "genes.tsv")]
    arguments += ["--gene-sets", str(study / "sets.gmt"), "-o", str(out)]
    assert main(arguments) == 0, capsys.readouterr().err
    said = capsys.readouterr().err
    assert not [line for line in said.splitlines() if not line.startswith("resist-epi: ")]
    assert all(
        out in p.parents for p in set(study.parent.rglob("*")) - before - {*out.parents, out}
    )
    page = (out / "report.html").read_text()
    assert "<script>alert" not in page
    assert "<b>/../" not in page
    assert "{{7*7}}" in page
    drawn = {path.stem.rpartition(".")[2] for path in (out / "figures").glob("*.png")}
    assert drawn >= {"pca", "correlation", "heatmap", "volcano", "ma", "pvalue", "normalization"}
    ET.parse(out / "igv_session.xml")
    quality = read_table(out / "qc.tsv")
    assert set(quality["sample"]) == set(pd.read_csv(study / "sheet.csv")["SampleID"])
    genes = read_table(next((out / "genes").glob("H3K36me3*")))
    assert set(ONE_LINE) <= set(genes["symbol"])
    draw_only(monkeypatch, ".pca")  # all were drawn once
    assert main(["-q", "run", str(out / "study.yaml"), "-o", str(out)]) == 0
    assert main(["-q", "report", str(out)]) == 0


def test_marks_whose_files_would_have_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_cohort(tmp_path, per_group=2)
    rows = pd.read_csv(made.sheet)
    names = {"H3K27me3": "H3K27me3/a", "H3K36me3": "H3K27me3 A"}
    rows.assign(Factor=rows["Factor"].replace(names)).to_csv(made.sheet, index=False)
    arguments = ["-q", "run", str(made.sheet), "--genes", str(made.genes)]
    assert main([*arguments, "-o", str(tmp_path / "out")]) == 1
    assert "would be written to files of one name" in capsys.readouterr().err


def test_a_bigwig_of_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"h\\xff\.bw: cannot be written under a name"):
        write_bigwig(tmp_path / os.fsdecode(b"h\xff.bw"), LENGTHS, lambda _: ([], [], []))
