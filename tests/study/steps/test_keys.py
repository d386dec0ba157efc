"""What a step's key takes from the gene sets."""

from __future__ import annotations

from pathlib import Path

from resist_epi.study.settings import StudySettings
from resist_epi.study.steps.keys import mark_keys
from resist_epi.study.study import input_files, load_study
from tests.support.cohort import make_cohort

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
