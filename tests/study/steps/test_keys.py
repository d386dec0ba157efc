"""What a step's key takes from the gene sets, and from the order of a sheet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from resist_epi.samples.sheet import read_sheet
from resist_epi.simulation.cohort import simulate_cohort
from resist_epi.simulation.files import write_cohort
from resist_epi.study.loaded import load_steps
from resist_epi.study.provenance import record
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.keys import between_marks_key, mark_keys, multiqc_key, sites_key
from resist_epi.study.study import input_files, load_study
from resist_epi.tracks.looks import LookCache
from tests.support.cohort import make_cohort
from tests.support.small_cohort import SMALL

TCA = "tricarboxylic acid cycle (GO:0006099)"


def test_a_run_reads_no_file_for_the_word_and_knows_it_from_the_built_in_sets(
    tmp_path: Path,
) -> None:
    cohort = make_cohort(tmp_path, per_group=2)
    values = {"sheet": cohort.sheet, "genes": cohort.genes}
    word = load_study(StudySettings.model_validate({**values, "gene_sets": "go"}))
    plain = load_study(StudySettings.model_validate(values))
    assert TCA in word.gene_sets
    assert word.own_sets
    assert input_files(word) == input_files(plain)
    one, other = (mark_keys(s, "H3K36me3", {}) for s in (word, plain))
    changed = {step for step in one if one[step] != other[step]}
    assert changed == {"tests H3K36me3"}


def test_columns_and_rows_stand_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    """Tracks of counts, whose quantity is the same by the same reason in any order."""
    sheet = write_cohort(simulate_cohort(SMALL), tmp_path)
    other = sheet.with_name("other.csv")
    pd.read_csv(sheet).sort_values("Factor", kind="stable").iloc[::-1].to_csv(other, index=False)
    found = [
        load_steps(StudySettings(sheet=path), read_sheet(path), LookCache())
        for path in (sheet, other)
    ]
    one, two = (loaded.marks["H3K36me3"] for loaded in found)
    assert one.keys() == two.keys()
    assert {step for step in one if one[step] == two[step]} == set()


def test_tables_of_all_marks_stand_in_their_order(tmp_path: Path) -> None:
    cohort = make_cohort(tmp_path, per_group=2)
    study = load_study(StudySettings(sheet=cohort.sheet, genes=cohort.genes))
    made = record({}, {})
    one = {"tests H3K27me3": "a", "tests H3K36me3": "b"}
    two = dict(reversed(one.items()))
    assert multiqc_key(one, made) != multiqc_key(two, made)
    assert between_marks_key(study, one, {}) != between_marks_key(study, two, {})
    assert sites_key(study, one, {}) != sites_key(study, two, {})


def test_what_is_said_of_places_is_that_of_the_peaks_that_are_read(tmp_path: Path) -> None:
    """Every table of counts says how many peaks of the study lie on the tracks' chromosomes."""
    cohort = make_cohort(tmp_path, per_group=2)
    settings = StudySettings(sheet=cohort.sheet, genes=cohort.genes)
    one = load_steps(settings, read_sheet(cohort.sheet), LookCache()).marks["H3K36me3"]
    peaks = tmp_path / "T0_H3K27me3.bed"
    peaks.write_text(peaks.read_text() + "chr2\t290000\t290100\tpeak\t1\t.\n")
    two = load_steps(settings, read_sheet(cohort.sheet), LookCache()).marks["H3K36me3"]
    assert {step for step in one if one[step] == two[step]} == set()
