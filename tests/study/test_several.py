"""Several contrasts from the command line: `diff` writes a folder, `run` a folder a contrast."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.matrix_files import write_counts
from resist_epi.errors import DesignError
from resist_epi.io.run_folder import contrast_folders, contrast_names, is_run_file
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.report.contrasts import joint_rows
from resist_epi.report.gather import gather
from resist_epi.study.settings import StudySettings, make_settings
from resist_epi.study.study_file import read_study
from tests.support.builders import matrix, sheet
from tests.support.cohort import make_cohort
from tests.support.few_figures import draw_only

GROUPS = ["a/1"] * 4 + ["b"] * 4 + ["c"] * 4


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counts")
    rng = np.random.default_rng(2)
    mean = rng.gamma(3, 40, size=(300, 1)) * np.ones(12)
    mean[:30, 4:8] *= 4
    values = rng.poisson(mean * rng.gamma(20, 1 / 20, size=mean.shape))
    write_counts(folder / "counts.parquet", matrix(values, quantity="reads"))
    rows = sheet(GROUPS, Treatment=["x", "y"] * 6)
    rows.table.to_csv(folder / "sheet.csv", index=False)
    return folder


def diff(files: Path, *options: str) -> int:
    given = [str(files / "counts.parquet"), "--samples", str(files / "sheet.csv")]
    return main(["diff", *given, *options])


def test_diff_writes_a_table_a_contrast_and_the_joint_one(files: Path, tmp_path: Path) -> None:
    asked = ["--contrast", "b-a/1", "--contrast", "c-a/1", "--contrast", "c-b"]
    assert diff(files, *asked, "--joint", "--values", "-o", str(tmp_path / "out")) == 0
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["b-a_1.tsv.gz", "c-a_1.tsv.gz", "c-b.tsv.gz", "joint.tsv.gz"]
    first = read_results(tmp_path / "out" / "b-a_1.tsv.gz")
    assert first.attrs["header"]["contrast"].startswith("b minus a/1")
    assert (first["direction"] == "gain")[:30].mean() > 0.8
    assert {"mean_a/1", "value_s0"} <= set(first.columns)
    joint = read_table(tmp_path / "out" / "joint.tsv.gz")
    assert joint["df1"].eq(2).all()
    assert "any of 3 contrasts (2 independent)" in joint.attrs["header"]["joint"]
    assert len(joint.attrs["header"]["contrasts"]) == 3


def test_a_coefficient_beside_a_contrast_and_alone(files: Path, tmp_path: Path) -> None:
    name = "Condition[T.b]:Treatment[T.y]"
    design = ["--design", "~ Condition * Treatment"]
    assert diff(files, *design, "--coefficient", name, "-o", str(tmp_path / "one.tsv")) == 0
    header = read_results(tmp_path / "one.tsv").attrs["header"]
    assert header["question"]["coefficient"] == name
    assert header["facts"]["contrast"]["kind"] == "coefficient"
    both = ["--coefficient", name, "--contrast", "y-x"]
    assert diff(files, *design, *both, "-o", str(tmp_path / "two")) == 0
    assert sorted(p.name for p in (tmp_path / "two").iterdir()) == [
        "Condition_T.b__Treatment_T.y_.tsv.gz",
        "y-x.tsv.gz",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--joint"], "--joint tests several contrasts at once; name two or more"),
        (["--contrast", "b-c", "--contrast", "b-c"], "asked for twice"),
        (
            ["--contrast", "b-c", "--contrast", "b-a/1", "--joint", "--method", "welch"],
            "welch has no F test; use trend or voom or ql",
        ),
        (
            ["--contrast", "b-c", "--contrast", "b-a/1", "--joint", "--fold-changes-only"],
            "--joint is a test; leave --joint or --fold-changes-only out",
        ),
        (
            ["--contrast", "b-c", "--coefficient", "nonesuch"],
            "Coefficients are: Condition[T.b], Condition[T.c]",
        ),
        (
            ["--coefficient", "Condition[T.b]", "--coefficient", "condition[t.b]"],
            "'Condition[T.b]' is asked for twice",
        ),
        (["--coefficient", "Condition[T.d]"], "its coefficients are Condition[T.b], Condition"),
        (["--contrast", "b-c", "--contrast", "b-a/1", "--carriers", "x.tsv"], "in one contrast"),
    ],
)
def test_what_cannot_be_asked_together_is_refused(
    files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert diff(files, *options, "-o", "out") == 1
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_several_contrasts_do_not_fit_in_a_file(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("mine")
    asked = ["--contrast", "b-a/1", "--contrast", "c-b"]
    assert diff(files, *asked, "-o", str(tmp_path / "out")) == 1
    assert "Several contrasts go to a folder" in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "out").read_text() == "mine"


def test_names_are_safe_for_files_and_differ() -> None:
    assert contrast_names(["a/b-c", "../x", "x y-z"]) == ["a_b-c", "_x", "x_y-z"]
    for labels in (["a/b", "a b"], ["A-b", "a-B"], ["joint"], ["a-b", "a-b"]):
        with pytest.raises(DesignError, match="same name"):
            contrast_names(labels)
    assert is_run_file("contrasts/a-b/gene_sets/ER.tsv")
    assert not is_run_file("contrasts/a-b/counts/ER.peaks.parquet")


def test_settings_hold_one_or_several(tmp_path: Path) -> None:
    one = make_settings({"sheet": "s.csv", "contrast": ["b-a"], "coefficient": []})
    assert (one.contrast, one.coefficient, one.question.beside) == ("b-a", None, ())
    two = make_settings({"sheet": "s.csv", "contrast": ["b-a", "c-a"], "joint": True})
    assert [q.contrast for q in two.questions] == ["b-a", "c-a"]
    assert two.question.beside == ("c-a",)
    from resist_epi.study.study_file import write_study

    write_study(tmp_path / "study.yaml", two)
    assert read_study(tmp_path / "study.yaml").contrasts == ("b-a", "c-a")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudySettings, Path]:
    """Three groups: the poor tumours in two, which differ from the good ones alike."""
    folder = tmp_path_factory.mktemp("several")
    cohort = make_cohort(folder, per_group=4)
    table = pd.read_csv(cohort.sheet)
    late = table["Patient"].isin(["P6", "P7"])
    table["Condition"] = table["Condition"].mask(late, "late")
    table.to_csv(cohort.sheet, index=False)
    settings = StudySettings.model_validate(
        {
            "sheet": cohort.sheet,
            "genes": cohort.genes,
            "gene_sets": cohort.gene_sets,
            "contrast": ["poor-good", "late-poor"],
            "joint": True,
            "values": True,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch, ".pca", ".correlation")
        return settings, run_study(settings, folder / "out")


def test_run_keeps_what_depends_on_a_contrast_apart(run: tuple[StudySettings, Path]) -> None:
    _, out = run
    assert [p.name for p in contrast_folders(out)] == ["late-poor", "poor-good"]
    for place in contrast_folders(out):
        for file in (
            "differential/H3K27me3.promoters.tsv.gz",
            "differential/H3K27me3.domains.bed",
            "genes/H3K36me3.tsv.gz",
            "gene_sets/H3K27me3.tsv",
            "normalization/H3K27me3.tsv",
            "marks/switches.tsv",
            "report.html",
        ):
            assert (place / file).is_file(), file
        assert not (place / "counts").exists()
        assert not (place / "quality").exists()
    assert (out / "counts" / "H3K27me3.promoters.parquet").is_file()
    assert (out / "qc.tsv").is_file()
    assert not (out / "differential").exists()
    good, late = (
        read_results(out / f"contrasts/{name}/differential/H3K27me3.promoters.tsv.gz")
        for name in ("poor-good", "late-poor")
    )
    assert (good["direction"] != "none").sum() > 0
    assert (late["direction"] != "none").sum() == 0
    assert "mean_late" in good
    background = good.attrs["header"]["question"]["confounders"]["background"]
    assert background == "../../../counts/H3K27me3.bins.parquet"


def test_the_report_links_a_page_a_contrast(run: tuple[StudySettings, Path]) -> None:
    _, out = run
    index = (out / "report.html").read_text()
    for name in ("poor-good", "late-poor"):
        assert f'href="contrasts/{name}/report.html"' in index
        page = (out / "contrasts" / name / "report.html").read_text()
        assert 'href="../../report.html"' in page
    assert "All contrasts at once" in index
    assert joint_rows(out, 0.05)[0]["tested"] > 0
    one = gather(out, out / "contrasts" / "poor-good")
    assert one.contrast == "poor-good"
    assert one.marks[0].correlation is not None  # shared


@pytest.mark.usefixtures("few_figures")
def test_a_run_goes_on_and_another_contrast_keeps_the_counts(
    run: tuple[StudySettings, Path], caplog: pytest.LogCaptureFixture
) -> None:
    settings, finished = run
    out = shutil.copytree(finished, finished.with_name("again"))  # other tests read that one

    def tables() -> dict[Path, bytes]:
        files = (p for p in out.rglob("*") if p.is_file() and p.name != "run.log")
        return {p: p.read_bytes() for p in files}

    before = tables()
    with caplog.at_level("INFO", logger="resist_epi"):
        run_study(settings, out)
    assert tables() == before
    # A file that is gone is made anew, as it was.
    (out / "contrasts/late-poor/genes/H3K36me3.tsv.gz").unlink()
    run_study(settings, out)
    assert tables() == before
    counts = {p: p.stat().st_mtime_ns for p in (out / "counts").iterdir() if p.is_file()}
    one = settings.model_copy(update={"contrast": "poor-good", "joint": False})
    run_study(one, out)
    assert contrast_folders(out) == []
    assert (out / "differential" / "H3K27me3.promoters.tsv.gz").is_file()
    assert {p: p.stat().st_mtime_ns for p in counts} == counts
