"""`compare` on runs of the small cohort: what differs is found, and what did it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.io.run_folder import comparison_path, run_path
from resist_epi.io.tables import read_table
from resist_epi.pipeline import run_study
from resist_epi.study.compare import compare_runs
from resist_epi.study.compare_causes import causes, judged
from resist_epi.study.run_read import read_run
from resist_epi.study.settings import StudySettings
from tests.support.cohort import make_cohort
from tests.support.outline import from_elsewhere


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run `a`; `b` with another normalisation and level; `level` with another level."""
    folder = tmp_path_factory.mktemp("runs")
    cohort = make_cohort(folder)
    files = {"genes": cohort.genes, "gene_sets": cohort.gene_sets}
    settings = StudySettings(sheet=cohort.sheet, normalize="tmm", **files)
    run_study(settings, folder / "a", report=False)
    shutil.copytree(folder / "a", folder / "b")
    other = settings.model_copy(update={"normalize": "library_size", "fdr": 0.3})
    run_study(other, folder / "b", report=False)
    shutil.copytree(folder / "a", folder / "level")
    run_study(settings.model_copy(update={"fdr": 0.3}), folder / "level", report=False)
    return folder


def compare(runs: Path, a: str, b: str, out: Path, *options: str) -> dict[str, pd.DataFrame]:
    assert main(["-q", "compare", str(runs / a), str(runs / b), "-o", str(out), *options]) == 0
    tables = ("changed", "kinds", "differences", "causes")
    return {name: read_table(comparison_path(out, name)) for name in tables}  # type: ignore[arg-type]


def test_a_run_beside_its_copy(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shutil.copytree(runs / "a", tmp_path / "moved" / "a")
    found = compare(runs, "a", str(tmp_path / "moved" / "a"), tmp_path / "out")
    assert found["changed"].empty
    assert found["causes"].empty
    assert found["kinds"][["gained", "lost", "turned"]].to_numpy().sum() == 0
    assert found["kinds"]["kept"].sum() > 0
    assert "No call differs" in capsys.readouterr().out
    for suffix in (".png", ".svg", ".pdf"):
        assert comparison_path(tmp_path / "out", "figure", suffix).stat().st_size > 1000
    page = comparison_path(tmp_path / "out", "page").read_text("utf-8")
    assert "No call differs" in page
    assert from_elsewhere(page) == []


def test_two_settings_are_told_apart(runs: Path, tmp_path: Path) -> None:
    found = compare(runs, "a", "b", tmp_path / "out")
    settings = found["differences"].query("what == 'setting'")
    assert set(settings["name"]) == {"normalize", "fdr"}
    assert len(found["changed"]) > 0
    tried = found["causes"].query("kind != 'domains'")
    assert set(tried["cause"]) == {"normalize", "fdr"}
    numbers = found["changed"].groupby(["mark", "kind"]).size()
    for row in tried.itertuples():
        assert row.n_changed == numbers[(row.mark, row.kind)]
        assert 0 <= row.n_by_it <= row.n_changed
    assert tried.groupby(["mark", "kind"])["n_by_it"].max().max() > 0
    page = comparison_path(tmp_path / "out", "page").read_text("utf-8")
    assert "tmm" in page
    assert "library_size" in page


def test_one_difference_needs_no_trial(runs: Path, tmp_path: Path) -> None:
    found = compare(runs, "a", "level", tmp_path / "out", "--no-causes")
    assert len(found["changed"]) > 0
    assert set(found["changed"]["change"]) == {"gained"}
    assert set(found["causes"]["cause"]) == {"setting fdr"}
    assert found["causes"]["verdict"].str.startswith("the only difference").all()


def test_other_marks_and_another_version(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "a", tmp_path / "old")
    for table in (tmp_path / "old" / "differential").glob("H3K36me3.*"):
        table.unlink()
    record = run_path(tmp_path / "old", "provenance")
    text = json.loads(record.read_text()) | {"version": "0.0.1"}
    record.write_text(json.dumps(text))
    compared = compare_runs(read_run(tmp_path / "old"), read_run(runs / "a"))
    alone = compared.kinds[compared.kinds["in_runs"] != "both"]
    assert set(alone["mark"]) == {"H3K36me3"}
    assert set(alone["in_runs"]) == {"b"}
    version = compared.differences.query("what == 'version'")
    assert version["a"].tolist() == ["0.0.1"]
    assert compared.changed.empty
    assert causes(compared).empty


def test_the_folder_of_a_run_is_no_output(runs: Path, capsys: pytest.CaptureFixture) -> None:
    out = str(runs / "b")
    assert main(["-q", "compare", str(runs / "a"), out, "-o", out]) == 1
    assert "a comparison has a folder of its own" in capsys.readouterr().err


def test_what_one_change_does_of_several() -> None:
    a = pd.Series(["gain", "none", "none", "none"], index=list("wxyz"))
    b = pd.Series(["none", "gain", "loss", "none"], index=list("wxyz"))
    assert judged(a, b, b, ["w", "x", "y"])["verdict"] == "alone it makes the calls of b"
    part = pd.Series(["gain", "gain", "none", "gain"], index=list("wxyz"))
    assert judged(a, part, b, ["w", "x", "y"]) == {
        "n_changed": 3, "n_by_it": 1, "n_others": 1,
        "verdict": "alone it makes 1 of 3, and changes 1 that b has as a does",
    }  # fmt: skip
    assert judged(a, a, b, ["w", "x", "y"])["verdict"] == "alone it makes none of them"
