"""Verbs after `diff` ask the question that the results answer, from the counts and no options."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_results, read_table, write_table
from resist_epi.samples.question import Question
from resist_epi.study.count_sheet import inputs_of_bins
from resist_epi.study.repeat import question_again, question_of
from resist_epi.study.settings import StudySettings
from tests.support.builders import matrix, regions, sheet

N = 300


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Counts of two marks in regions 100 kb apart and in bins, their sheet, gene sets, an assay."""
    folder = tmp_path_factory.mktemp("repeat")
    rng = np.random.default_rng(5)
    poor = np.arange(12) >= 6
    rows = []
    for number, mark in enumerate(("H3K27me3", "H3K36me3")):
        samples = [f"{mark}_{i}" for i in range(12)]
        level = rng.normal(4, 1, size=(N, 1)) + rng.normal(0, 0.4, size=(N, 12))
        level += np.repeat(rng.normal(0, 0.4, size=(N, 6)), 2, axis=1)
        level[:40, poor] += 1.5 * (-1) ** number
        counts = matrix(2.0**level, samples=samples, library_sizes=np.full(12, 1e6))
        counts = type(counts)(
            counts.values,
            regions(N, width=100_000),
            tuple(samples),
            "mean_signal",
            np.full(12, 1e6),
        )
        write_counts(folder / f"{mark}.parquet", counts)
        own = sheet(np.where(poor, "poor", "good").tolist())
        table = own.table.assign(SampleID=samples, Factor=mark)
        rows.append(table.assign(Site=[f"site{i // 2}" for i in range(12)], Lane=["a", "b"] * 6))
    table = pd.concat(rows, ignore_index=True)
    table["TimeToProgression"] = np.tile(np.arange(1, 13), 2)
    table["Progressed"] = 1
    table.to_csv(folder / "sheet.csv", index=False)
    genes = "\t".join(f"S{i}" for i in range(20))
    (folder / "sets.gmt").write_text(f"UP\there\t{genes}\n")
    effects = pd.DataFrame(
        {"gene": [f"S{i}" for i in range(N)], "log2FoldChange": rng.normal(size=N)}
    )
    effects.assign(pvalue=rng.uniform(size=N)).to_csv(folder / "assay.csv", index=False)
    return folder


ASKED = {
    "blocks": ["--block", "Site", "--design", "~ Lane + Condition"],
    "a threshold": ["--lfc-threshold", "0.5", "--method", "trend", "--fdr", "0.1"],
    "strata": ["--method", "cox", "--strata", "Lane"],
    "no test": ["--fold-changes-only", "--contrast", "good-poor"],
}


def diff(files: Path, out: Path, *options: str, mark: str = "H3K27me3") -> Path:
    path = out / f"{mark}.tsv.gz"
    counts = ["diff", str(files / f"{mark}.parquet"), "--samples", str(files / "sheet.csv")]
    assert main([*counts, "--mark", mark, *options, "-o", str(path)]) == 0
    return path


@pytest.mark.parametrize("asked", list(ASKED))
def test_every_verb_asks_again_what_was_asked(files: Path, tmp_path: Path, asked: str) -> None:
    results = diff(files, tmp_path, *ASKED[asked])
    counts = ["--counts", str(files / "H3K27me3.parquet"), "--samples", str(files / "sheet.csv")]
    sets = ["--gene-sets", str(files / "sets.gmt"), "-o", str(tmp_path / "sets.tsv")]
    assert main(["enrich", str(results), *counts, *sets]) == 0
    found = read_table(tmp_path / "sets.tsv").attrs["header"]
    assert found["question"] == read_results(results).attrs["header"]["question"]
    evidence = ["evidence", str(results), str(files / "assay.csv"), *counts]
    assert main([*evidence, "-o", str(tmp_path / "evidence.tsv")]) == 0
    other = diff(files, tmp_path, *ASKED[asked], mark="H3K36me3")
    both = [p for m in ("H3K27me3", "H3K36me3") for p in ("--counts", str(files / f"{m}.parquet"))]
    marks = ["marks", str(results), str(other), *both, "--samples", str(files / "sheet.csv")]
    if asked == "no test":
        return
    assert main([*marks, "-o", str(tmp_path / "switches.tsv")]) == 0
    level = "0.1" if asked == "a threshold" else "0.05"
    assert read_table(tmp_path / "switches.tsv").attrs["header"]["fdr"].startswith(level)


def test_options_given_now_win_and_that_is_said(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = diff(files, tmp_path, "--block", "Site", "--method", "trend")
    counts = ["--counts", str(files / "H3K27me3.parquet"), "--samples", str(files / "sheet.csv")]
    enrich = ["enrich", str(results), "--gene-sets", str(files / "sets.gmt"), *counts]
    capsys.readouterr()
    assert main([*enrich, "-o", str(tmp_path / "a.tsv"), "--fdr", "0.2"]) == 0
    assert "fdr is 0.2 as asked for now; the results were made with 0.05" in capsys.readouterr().err
    assert main([*enrich, "-o", str(tmp_path / "a.tsv"), "--block", "Lane"]) == 1
    said = capsys.readouterr().err
    assert "block is Lane as asked for now; the results were made with Site" in said
    assert "give other results than those in the table" in said


def without_question(path: Path) -> None:
    """As version 0.1.0 wrote it."""
    table = read_results(path)
    header = {k: v for k, v in table.attrs["header"].items() if isinstance(v, str)}
    write_table(path, table, header=header)


def test_a_table_of_the_first_version_takes_options(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = diff(files, tmp_path, "--block", "Site", "--lfc-threshold", "0.3")
    without_question(results)
    counts = ["--counts", str(files / "H3K27me3.parquet"), "--samples", str(files / "sheet.csv")]
    enrich = ["enrich", str(results), "--gene-sets", str(files / "sets.gmt"), *counts]
    enrich += ["-o", str(tmp_path / "sets.tsv")]
    assert main([*enrich, "--block", "Site", "--lfc-threshold", "0.3"]) == 0
    assert main(enrich) == 1
    assert "Give the options with which the results were made" in capsys.readouterr().err
    assert question_again(read_results(results), results, {"fdr": 0.2}) == Question(fdr=0.2)


def test_files_of_the_question_are_found_after_a_move_and_missed_by_name(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    (home / "results").mkdir(parents=True)
    lines = [f"H3K27me3_{i}\tchr1\t1\t{N * 100_000}\t10\t0.0" for i in range(12)]
    (home / "cn.seg").write_text("\n".join(["ID\tchrom\tstart\tend\tmarks\tmean", *lines]) + "\n")
    results = diff(files, home / "results", "--segments", str(home / "cn.seg"))
    moved = tmp_path / "moved"
    shutil.move(home, moved)
    results = moved / "results" / results.name
    question = question_of(read_results(results), results)
    assert question is not None
    assert question.confounders.segments == moved / "cn.seg"
    counts = ["--counts", str(files / "H3K27me3.parquet"), "--samples", str(files / "sheet.csv")]
    enrich = ["enrich", str(results), "--gene-sets", str(files / "sets.gmt"), *counts]
    enrich += ["-o", str(tmp_path / "elsewhere.tsv")]
    assert main(enrich) == 0
    (moved / "cn.seg").rename(tmp_path / "other.seg")
    assert main(enrich) == 1
    assert "Give the file with --segments" in capsys.readouterr().err
    assert main([*enrich, "--segments", str(tmp_path / "other.seg")]) == 0


def test_a_line_that_holds_no_question_is_refused(files: Path, tmp_path: Path) -> None:
    results = diff(files, tmp_path)
    table = read_results(results)
    for wrong in ({"metod": "voom"}, ["voom"], {"fdr": 7}):
        write_table(results, table, header={"question": wrong})
        assert json.loads(json.dumps(wrong)) == read_results(results).attrs["header"]["question"]
        with pytest.raises(InputFormatError, match="`# question` holds none"):
            question_of(read_results(results), results)


def test_what_is_excluded_from_the_background_is_excluded_again(tmp_path: Path) -> None:
    bed = tmp_path / "blacklist.bed"
    bed.write_text("chr1\t0\t500000\n")
    samples = [f"s{i}" for i in range(6)]
    counts = matrix(np.full((N, 6), 40.0), samples=samples, library_sizes=np.full(6, 1e6))
    bins = replace(counts, regions=regions(N, width=10_000).assign(kind="bins"))
    rows = sheet(["good"] * 3 + ["poor"] * 3)
    asked = Question().with_options(exclude=bed)
    found, kept = (inputs_of_bins(counts, rows, bins, q).background for q in (asked, Question()))
    assert found is not None
    assert kept is not None
    places = [set(one.regions["start"]) for one in (found, kept)]
    assert min(places[0]) >= 500_000 > min(places[1])


def test_a_study_asks_with_what_it_excludes(tmp_path: Path) -> None:
    settings = StudySettings(sheet=tmp_path / "s.csv", exclude=tmp_path / "b.bed", min_overlap=3)
    asked = settings.question.confounders
    assert (asked.exclude, asked.min_overlap) == (tmp_path / "b.bed", 3)
