"""Ten mistakes of a new user: each ends in one line that says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.tracks.bigwig.track import write_bigwig
from tests.support.cohort import LENGTHS, SmallCohort, make_cohort

pytestmark = pytest.mark.usefixtures("without_figures")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    """One mark of two tumours a group."""
    made = make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)
    rows = pd.read_csv(made.sheet).query("Factor == 'H3K27me3'")
    rows.drop(columns="Peaks").to_csv(made.sheet, index=False)
    return made


class Asked:
    """A verb on a changed sheet of the cohort."""

    def __init__(self, cohort: SmallCohort, folder: Path, said: pytest.CaptureFixture[str]) -> None:
        self.cohort, self.said = cohort, said
        self.out = folder / "out"
        self.rows = pd.read_csv(cohort.sheet)

    def errors(self, code: int, *words: object) -> list[str]:
        """What is on stderr, line by line, after a command that exits with this code."""
        assert main(["--quiet", *map(str, words)]) == code
        return self.said.readouterr().err.splitlines()

    def run(self, rows: pd.DataFrame, *options: str, code: int = 1) -> str:
        """The one line that `run` says."""
        sheet = self.cohort.sheet.with_name("changed.csv")
        rows.to_csv(sheet, index=False)
        genes = () if "--genome" in options else ("--genes", self.cohort.genes)
        (line,) = self.errors(code, "run", sheet, *genes, "-o", self.out, *options)
        assert line.startswith("resist-epi: error: " if code else "resist-epi: warning: ")
        return line


@pytest.fixture
def asked(cohort: SmallCohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(cohort, tmp_path, capsys)


def test_1_wrong_columns(asked: Asked) -> None:
    own = {"SampleID": "sample", "Factor": "antibody", "Condition": "group"}
    line = asked.run(asked.rows.rename(columns=own))
    for name, theirs in own.items():
        assert f"no column {name}" in line
        assert f"rename {theirs!r} to {name}" in line
    line = asked.run(asked.rows.rename(columns={"Coverage": "bigwig"}))
    assert "no column Coverage" in line
    assert "rename 'bigwig' to Coverage" in line


def test_2_paths_of_windows(asked: Asked) -> None:
    line = asked.run(asked.rows.assign(Coverage=r"C:\data\T0.bw"))
    assert r"lines 2, 3, 4, 5, column Coverage: 'C:\data\T0.bw' is a path of Windows" in line
    assert "under WSL, C:\\ is /mnt/c/" in line
    assert line.count("Windows") == 1


def test_3_wrong_genome(asked: Asked) -> None:
    line = asked.run(asked.rows, "--genome", "hg38")
    assert "chr1 has 248956422 bp in the genes (hg38) but 600000 bp in track" in line
    assert "use files of one assembly" in line
    assert "hg37 is hg19 here" in asked.run(asked.rows, "--genome", "hg37").lower()


@pytest.mark.parametrize(
    ("contrast", "remedy"),
    [
        ("good_vs_poor", "Did you mean 'good-poor'?"),
        ("poor vs good", "Did you mean 'poor-good'?"),
        ("Condition:poor", "write two of them as A-B, such as 'poor-good'"),
        ("poor", "write two of them as A-B, such as 'poor-good'"),
    ],
)
def test_4_a_contrast_in_another_form(asked: Asked, contrast: str, remedy: str) -> None:
    assert remedy in asked.run(asked.rows, "--contrast", contrast)


def test_5_log2_tracks(asked: Asked) -> None:
    folder = asked.cohort.sheet.parent
    rng = np.random.default_rng(1)
    for i in range(4):
        runs = {}
        for chrom, length in LENGTHS.items():
            starts = np.arange(length // 1000, dtype=np.int64) * 1000
            runs[chrom] = (starts, starts + 1000, rng.normal(size=len(starts)))
        write_bigwig(folder / f"log{i}.bw", LENGTHS, runs.__getitem__)
    line = asked.run(asked.rows.assign(Coverage=[f"log{i}.bw" for i in range(4)]))
    assert "it cannot be tested: it holds values below zero" in line
    assert "take the tracks from which the ratio or difference was made" in line


@pytest.mark.parametrize("copied", [False, True])
def test_6_one_file_twice(asked: Asked, copied: bool) -> None:
    first = asked.rows.loc[0, "Coverage"]
    name = "copy.bw" if copied else first
    if copied:
        folder = asked.cohort.sheet.parent
        shutil.copy(folder / str(first), folder / "copy.bw")
    asked.rows.loc[1, "Coverage"] = name
    line = asked.run(asked.rows)
    assert "give each row its own file, or leave one of them out" in line


def test_7_too_few_samples(asked: Asked) -> None:
    line = asked.run(asked.rows.iloc[[0, 2]], code=0)
    assert "fold changes without P" in line
    assert "at least 2 a group are needed" in line


def test_7_one_group_alone(asked: Asked) -> None:
    line = asked.run(asked.rows.iloc[:2])
    assert "column Condition, which the design uses, has the one value 'good'" in line
    assert "add samples of another, or compare another column with --design" in line


def test_8_an_unknown_gene(asked: Asked, tmp_path: Path) -> None:
    bins = tmp_path / "bins.parquet"
    places = ("--genes", asked.cohort.genes)
    count = ("count", asked.cohort.sheet, "--regions", "bins", *places, "-o", bins)
    assert asked.errors(0, *count) == []
    line = asked.errors(1, "plot", "locus", bins, "--gene", "GENEE3", *places, "-o", "l.png")[-1]
    assert "no gene 'GENEE3'" in line
    assert "Did you mean 'GENE3'" in line


@pytest.mark.parametrize(
    ("contrast", "said"),
    [
        ("por-good", "no level 'por'. Did you mean 'poor-good'?"),
        ("Poor-Good", "no level 'Poor' or 'Good'. Did you mean 'poor-good'?"),
    ],
)
def test_9_a_typo_in_the_level_of_a_contrast(asked: Asked, contrast: str, said: str) -> None:
    assert said in asked.run(asked.rows, "--contrast", contrast)


def test_9_a_level_in_two_spellings(asked: Asked) -> None:
    asked.rows.loc[0, "Condition"] = "Good"
    line = asked.run(asked.rows)
    assert "'Good' (line 2) and 'good' (line 3) differ by case or blanks alone" in line
    assert "write them alike" in line


def test_9_a_typo_in_a_cell(asked: Asked) -> None:
    asked.rows.loc[0, "Condition"] = "goood"
    line = asked.run(asked.rows)
    assert "'goood' (T0_H3K27me3) and 'good' (T1_H3K27me3) are one letter apart" in line
    assert "write them alike, or name the contrast" in line


def test_9_a_column_of_the_design_that_is_not_there(asked: Asked) -> None:
    asked.rows["Batch"] = ["one", "two", "one", "two"]
    line = asked.run(asked.rows, "--design", "~ Bacth + Condition")
    assert "no column 'Bacth'" in line
    assert "did you mean 'Batch'" in line


def test_10_a_folder_with_files_of_something_else(asked: Asked) -> None:
    asked.out.mkdir()
    (asked.out / "thesis.docx").write_text("mine")
    line = asked.run(asked.rows)
    assert "thesis.docx" in line
    assert "--force" in line
