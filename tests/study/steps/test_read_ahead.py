"""A file that is read at the end of a run is refused at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import ResistEpiError
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort
from tests.support.outside_cohort import write_outside_cohort


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
