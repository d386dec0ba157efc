"""Runs that the tests of the report read: made once, figures too."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import make_cohort


@pytest.fixture(scope="package")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the small cohort."""
    folder = tmp_path_factory.mktemp("report")
    cohort = make_cohort(folder)
    settings = StudySettings(sheet=cohort.sheet, genes=cohort.genes, gene_sets=cohort.gene_sets)
    run_study(settings, folder / "out")
    return folder / "out"
