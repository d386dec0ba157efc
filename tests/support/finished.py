"""A run on the small cohort that is made once and read by many tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort


@dataclass(frozen=True)
class FinishedRun:
    """A cohort, the settings of its run, and the run's folder."""

    cohort: SmallCohort
    settings: StudySettings
    out: Path

    @classmethod
    def in_folder(cls, folder: Path) -> FinishedRun:
        """The run that `finish` has made there, or a copy of its whole folder."""
        files = folder / "cohort"
        cohort = SmallCohort(files / "sheet.csv", files / "genes.tsv", files / "sets.gmt")
        settings = StudySettings(sheet=cohort.sheet, genes=cohort.genes, gene_sets=cohort.gene_sets)
        return cls(cohort, settings, folder / "out")


def finish(folder: Path) -> None:
    """Make the cohort and run a whole study of it."""
    (folder / "cohort").mkdir()
    make_cohort(folder / "cohort")
    run = FinishedRun.in_folder(folder)
    run_study(run.settings, run.out)
