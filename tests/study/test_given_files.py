"""A wrong file that is needed at the end of a run stops it before anything is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.errors import ResistEpiError
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort
from tests.support.outside_cohort import write_outside_cohort

WRONG = {
    "--sites": ("X={}", "chr1\tone\ttwo\n", "start"),
    "--contacts": ("{}", "chr1\t0\t900\n", "BEDPE"),
    "--partition": ("{}", "chr1\t0\t900\tearly\t0\t9000\n", "strand"),
    "--known": ("{}", "symbol\nGENE1\n", "direction"),
}


@pytest.mark.parametrize("option", WRONG)
def test_a_file_that_cannot_be_read_stops_a_run_before_it_counts(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named, text, said = WRONG[option]
    cohort = make_cohort(tmp_path)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text)
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, option, named.format(wrong)]) == 1
    error = capsys.readouterr().err
    assert "wrong.txt" in error
    assert said in error
    assert not out.exists()


def test_an_outside_cohort_with_its_files_exchanged_stops_it_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = make_cohort(tmp_path)
    levels, clinical = tmp_path / "levels.tsv", tmp_path / "clinical.csv"
    levels.write_text("gene\tX1\tX2\nGENE1\t1\t2\n")
    clinical.write_text("patient,time,event\nX1,3,1\nX2,4,0\n")
    out = tmp_path / "out"
    command = ["run", str(cohort.sheet), "-o", str(out), "--genes", str(cohort.genes)]
    assert main([*command, "--survival", str(clinical), str(levels)]) == 1
    assert "levels.tsv: no column for the patient" in capsys.readouterr().err
    assert not out.exists()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("partition", "chr1\t100\t5000\n", "has no class"),
        ("contacts", ".\t-1\t-1\tchr1\t1\t2\n", "no contact has two known anchors"),
        ("sites", "# nothing\n", "holds no intervals; expected BED of the peak set FOXA1"),
        ("sites", "scaffold_9\t1\t5\n", "scaffold_9"),
        ("survival_clinical", "patient,time\nX1,3\n", "no column for the event"),
    ],
)
def test_nothing_is_counted_before(
    cohort: SmallCohort, tmp_path: Path, setting: str, text: str, said: str
) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text)
    more: dict[str, object] = {setting: {"FOXA1": wrong} if setting == "sites" else wrong}
    if setting == "survival_clinical":
        more["survival_expression"] = write_outside_cohort(tmp_path, 0.0)[0]
    settings = StudySettings.model_validate(
        {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets, **more}
    )
    with pytest.raises(ResistEpiError, match=said):
        run_study(settings, tmp_path / "out", report=False)
    assert not (tmp_path / "out" / "counts").exists()
