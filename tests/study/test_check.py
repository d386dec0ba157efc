"""What `check` says of a study."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError, SampleSheetError
from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import read_sheet
from resist_epi.schema import CHECK, names
from resist_epi.study.analyse_counts import analyse_counts
from resist_epi.study.check import check_study, has_errors
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.regions import AskedRegions
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"), per_group=2)


def changed(cohort: SmallCohort, **columns: object) -> pd.DataFrame:
    sheet = cohort.sheet.with_name("changed.csv")
    pd.read_csv(cohort.sheet).assign(**columns).to_csv(sheet, index=False)
    return check_study(sheet)


def test_a_sound_study_has_no_errors_and_says_what_its_files_are(cohort: SmallCohort) -> None:
    table = check_study(cohort.sheet)
    assert list(table.columns) == names(CHECK)
    assert not has_errors(table)
    tracks = table[table["column"] == "Coverage"]["message"]
    assert tracks.str.contains("bigWig of 2 chromosomes, assembly not recognised").all()
    assert "H3K27me3: 2 units good, 2 units poor" in set(table["message"])


def test_tracks_scaled_by_depth_with_library_sizes_beside(cohort: SmallCohort) -> None:
    # The small cohort's tracks are all of one depth.
    twice = changed(cohort, LibrarySize=np.tile([1e7, 4e7], 4))
    message = twice[twice["column"] == "LibrarySize"]["message"]
    assert len(message) == 2
    assert message.str.contains("divided by depth twice").all()
    assert not (changed(cohort, LibrarySize=1e7)["column"] == "LibrarySize").any()


def test_units_and_marks_that_need_a_word(cohort: SmallCohort) -> None:
    messages = " ".join(changed(cohort, Patient="", Factor="H4K20me1")["message"])
    assert "no Patient column" in messages
    assert "mark 'H4K20me1' has no preset" in messages
    one_group = " ".join(changed(cohort, Condition="good")["message"])
    assert "two groups are needed" in one_group
    one_patient = " ".join(changed(cohort, Patient="P1")["message"])
    assert "good, poor has one unit only" in one_patient


def test_a_sheet_that_cannot_be_read_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_bytes(b"\xff\xfe\x00")
    table = check_study(tmp_path / "s.csv")
    assert has_errors(table)
    assert table["path"].tolist() == ["s.csv"]
    assert has_errors(check_study(tmp_path / "none.csv"))


def test_an_assembly_that_the_track_contradicts(cohort: SmallCohort, tmp_path: Path) -> None:
    track = tmp_path / "t.bedGraph"
    track.write_text("chr1\t0\t100\t5\n")
    (tmp_path / "s.csv").write_text(
        "SampleID,Factor,Condition,Coverage,Assembly\na,ER,x,t.bedGraph,hg38\n"
    )
    # A bedGraph does not state lengths, so nothing contradicts the sheet.
    assert not has_errors(check_study(tmp_path / "s.csv"))


def twice(cohort: SmallCohort, way: str) -> Path:
    """A sheet whose second row names the first one's track, in one way or another."""
    table = pd.read_csv(cohort.sheet)
    first = cohort.sheet.parent / table["Coverage"][0]
    again = first.with_name(f"{way}.bw")
    if way == "link" and not again.exists():
        again.symlink_to(first.name)
    elif way == "copy":
        shutil.copy(first, again)
    table.loc[1, "Coverage"] = first.name if way == "path" else again.name
    sheet = cohort.sheet.with_name(f"twice_{way}.csv")
    table.to_csv(sheet, index=False)
    return sheet


@pytest.mark.parametrize("way", ["path", "link", "copy"])
def test_one_library_twice_is_refused_by_every_verb(
    cohort: SmallCohort, tmp_path: Path, way: str
) -> None:
    sheet = twice(cohort, way)
    rows = read_sheet(sheet)
    first, second = rows.samples[:2]
    table = check_study(sheet)
    (message,) = table[table["level"] == "error"]["message"]
    assert f"{first!r} (patient" in message
    assert f"{second!r} (patient" in message
    one = rows.for_mark(rows.marks[0])
    bed = tmp_path / "r.bed"
    bed.write_text("".join(f"chr1\t{i * 1000}\t{i * 1000 + 900}\n" for i in range(150)))
    with pytest.raises(SampleSheetError, match=f"'{second}'.*are two units"):
        count_sheet(one, AskedRegions(str(bed)), quantity="mean_signal")
    settings = StudySettings(sheet=sheet, genes=cohort.genes, quantity="mean_signal")
    with pytest.raises(SampleSheetError, match=f"'{second}'.*are two units"):
        run_study(settings, tmp_path / "out", report=False)
    assert not list((tmp_path / "out").glob("counts/*")), "before anything is counted"
    # Counts that were made of it before, under the sheet as it was.
    sound = count_sheet(
        read_sheet(cohort.sheet).for_mark(rows.marks[0]), AskedRegions(str(bed)), quantity="auto"
    )
    with pytest.raises(SampleSheetError, match=f"'{second}'.*are two units"):
        analyse_counts(sound, one)


def test_a_shared_input_is_no_library_twice(cohort: SmallCohort) -> None:
    shared = changed(cohort, ControlCoverage=pd.read_csv(cohort.sheet)["Coverage"][0])
    assert not has_errors(shared)


def test_log_ratios_are_an_error_of_check_as_of_count(tmp_path: Path) -> None:
    (tmp_path / "a.bedGraph").write_text("chr1\t0\t9000\t2\nchr1\t9000\t9100\t-1\n")
    (tmp_path / "b.bedGraph").write_text("chr1\t0\t9000\t3\n")
    (tmp_path / "r.bed").write_text("chr1\t100\t200\n")
    rows = "SampleID,Factor,Condition,Coverage\na,ER,x,a.bedGraph\nb,ER,y,b.bedGraph\n"
    (tmp_path / "s.csv").write_text(rows)
    table = check_study(tmp_path / "s.csv")
    (wrong,) = table[table["level"] == "error"].to_dict("records")
    assert wrong["sample"] == "a"
    assert "it cannot be tested: it holds values below zero" in wrong["message"]
    for quantity in ("auto", "mean_signal", "coverage_sum"):
        with pytest.raises(InputFormatError, match="values below zero"):
            count_sheet(
                read_sheet(tmp_path / "s.csv"),
                AskedRegions(str(tmp_path / "r.bed")),
                quantity=quantity,
            )


def test_levels_of_other_separators_and_peaks_alone(cohort: SmallCohort) -> None:
    arms = np.tile(["pre-treated", "pre_treated"], 4)
    messages = " ".join(changed(cohort, Treatment=arms)["message"])
    assert "'pre-treated' and 'pre_treated' differ by hyphens" in messages
    sheet = cohort.sheet.with_name("peaks.csv")
    pd.read_csv(cohort.sheet).drop(columns="Coverage").to_csv(sheet, index=False)
    assert "resist-epi occupancy" in " ".join(check_study(sheet)["message"])
