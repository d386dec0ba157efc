"""An outside cohort is read whole, or refused with file, line and what was expected."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import DesignError, InputFormatError
from resist_epi.mechanism.cohort_files import CohortColumns, read_cohort
from tests.support.outside_cohort import N_GENES, N_PATIENTS, write_outside_cohort


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write_outside_cohort(tmp_path, 0.0)


def changed(path: Path, **columns: object) -> None:
    pd.read_csv(path).assign(**columns).to_csv(path, index=False)


def test_patients_are_matched_by_name_in_any_order(files: tuple[Path, Path]) -> None:
    straight = read_cohort(*files)
    assert straight.levels.shape == (N_GENES, N_PATIENTS)
    assert straight.treatment is None
    table = pd.read_csv(files[1]).sample(frac=1, random_state=1)
    table.to_csv(files[1], index=False)
    turned = read_cohort(*files)
    order = np.argsort(turned.time, kind="stable"), np.argsort(straight.time, kind="stable")
    assert np.array_equal(turned.levels[:, order[0]], straight.levels[:, order[1]])


def test_covariates_are_numbers_or_groups(files: tuple[Path, Path]) -> None:
    columns = CohortColumns(adjust=("age", "site"), treatment="treatment")
    cohort = read_cohort(*files, columns)
    assert list(cohort.covariates) == ["age", "site[south]"]
    assert set(cohort.covariates["site[south]"]) == {0.0, 1.0}
    assert cohort.treatment is not None
    assert set(cohort.treatment) == {0.0, 1.0}


def test_patients_without_follow_up_are_left_out_and_counted(files: tuple[Path, Path]) -> None:
    table = pd.read_csv(files[1])
    table.loc[:4, "time"] = np.nan
    table.to_csv(files[1], index=False)
    cohort = read_cohort(*files)
    assert len(cohort.time) == N_PATIENTS - 5
    assert "5 left out" in cohort.about


def test_wrong_files_are_named(files: tuple[Path, Path]) -> None:
    with pytest.raises(InputFormatError, match="no column 'Age'"):
        read_cohort(*files, CohortColumns(adjust=("Age",)))
    with pytest.raises(DesignError, match="150 treatments"):
        read_cohort(*files, CohortColumns(treatment="patient"))
    changed(files[1], event=["2"] + ["1"] * (N_PATIENTS - 1))
    with pytest.raises(InputFormatError, match=r"clinical.csv, line 2.*1 \(progressed\)"):
        read_cohort(*files)
    changed(files[1], event=["1"] + ["0"] * (N_PATIENTS - 1))
    with pytest.raises(DesignError, match="with 1 events"):
        read_cohort(*files)
    changed(files[1], patient=[f"Y{i}" for i in range(N_PATIENTS)], event="1")
    with pytest.raises(InputFormatError, match="no patient of the clinical table"):
        read_cohort(*files)
    changed(files[1], patient="X1")
    with pytest.raises(InputFormatError, match="stands twice"):
        read_cohort(*files)
    pd.read_csv(files[1]).drop(columns="time").to_csv(files[1], index=False)
    with pytest.raises(InputFormatError, match="no column for the time"):
        read_cohort(*files)


def test_a_time_before_the_start_is_no_time(files: tuple[Path, Path]) -> None:
    table = pd.read_csv(files[1])
    table.loc[3, "time"] = -5.5
    table.to_csv(files[1], index=False)
    with pytest.raises(InputFormatError, match=r"line 5: column time; expected .*; found -5\.5"):
        read_cohort(*files)


def test_nothing_is_adjusted_for_what_became_of_a_patient(files: tuple[Path, Path]) -> None:
    for columns in (CohortColumns(adjust=("event",)), CohortColumns(strata="patient")):
        with pytest.raises(DesignError, match="nothing can be adjusted for it"):
            read_cohort(*files, columns)


def test_a_patient_without_any_level_is_named(files: tuple[Path, Path]) -> None:
    pd.read_csv(files[0], sep="\t").assign(X7=np.nan).to_csv(files[0], sep="\t", index=False)
    with pytest.raises(InputFormatError, match="column X7 has no level of any gene"):
        read_cohort(*files)
