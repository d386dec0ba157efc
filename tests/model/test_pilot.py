"""What is read off a pilot, and which pilots say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.errors import DesignError
from resist_epi.model.pilot import fit_pilot
from resist_epi.samples.question import Question
from tests.support import builders, pilots


def test_a_pilot_keeps_the_question_but_not_the_test_that_its_size_called_for() -> None:
    pilot = fit_pilot(pilots.reads(3), pilots.sheet(3))
    assert pilot.question.contrast == "Condition:poor-good"
    assert pilot.question.method is None, "a larger study chooses anew"
    assert pilot.question.normalize == "tmm_rounds"
    assert pilot.levels == ("poor", "good")
    assert pilot.contrast_column == "Condition"
    assert pilot.mark == "H3K27me3"
    assert "3 against 3" in pilot.words["pilot"]
    asked = fit_pilot(pilots.reads(3), pilots.sheet(3), Question(method="voom", fdr=0.1))
    assert (asked.question.method, asked.question.fdr) == ("voom", 0.1)


def test_regions_are_those_that_the_pilot_tests_and_no_more_than_asked() -> None:
    matrix = pilots.reads(3)
    values = matrix.values.copy()
    values[:50] = 0
    empty = builders.matrix(values, quantity="reads")
    pilot = fit_pilot(empty, pilots.sheet(3), regions=200, seed=4)
    assert pilot.n_tested <= 450
    assert len(pilot.regions) == 200
    assert not set(pilot.regions["region_id"]) & {f"r{i}" for i in range(50)}
    again = fit_pilot(empty, pilots.sheet(3), regions=200, seed=4)
    other = fit_pilot(empty, pilots.sheet(3), regions=200, seed=5)
    assert again.regions.equals(pilot.regions)
    assert not other.regions.equals(pilot.regions)
    starts = pilot.regions["start"].to_numpy()
    assert (np.diff(starts) > 0).all(), "in the order of the genome"


def test_one_group_of_replicates_is_enough() -> None:
    matrix = pilots.reads(3)
    one = builders.sheet(["good"] * 6)
    pilot = fit_pilot(matrix, one)
    assert pilot.levels == ("other", "good")
    assert pilot.question.contrast == "Condition:other-good"
    assert pilot.question.normalize == "tmm_rounds"
    assert "taken to be like them" in pilot.words["pilot"]
    asked = fit_pilot(matrix, one, Question(normalize="tmm"))
    assert asked.question.normalize == "tmm"
    two = fit_pilot(matrix, pilots.sheet(3))
    assert pilot.variation.true.trended.mean() == pytest.approx(
        two.variation.true.trended.mean(), rel=0.3
    )
    assert fit_pilot(matrix, builders.sheet(["other"] * 6)).levels == ("another", "other")


@pytest.mark.parametrize(
    ("conditions", "question", "message"),
    [
        (["good", "poor"], Question(), "at least 2 units a group"),
        (["good", "good", "poor"], Question(), "or the replicates of one group alone"),
        (["good"], Question(), "one biological unit"),
        (["good"] * 4, Question(contrast="poor-good"), "leave the contrast out"),
        (["good", "poor"] * 2, Question(method="cox"), "difference between groups"),
        (["good", "poor"] * 2, Question(block="Batch"), "--design"),
    ],
)
def test_pilots_that_tell_nothing_are_refused_with_the_remedy(
    conditions: list[str], question: Question, message: str
) -> None:
    n = len(conditions)
    values = pilots.reads(4).values[:, :n]
    matrix = builders.matrix(values, quantity="reads")
    with pytest.raises(DesignError, match=message):
        fit_pilot(matrix, builders.sheet(conditions, Batch=["a"] * n), question)


def test_slopes_are_refused() -> None:
    sheet = pilots.sheet(3, Age=[40, 50, 60, 45, 55, 70])
    with pytest.raises(DesignError, match="slope"):
        fit_pilot(pilots.reads(3), sheet, Question("~ Age", contrast="Age"))


def test_nothing_to_test_is_said() -> None:
    matrix = builders.matrix(np.ones((300, 6)), quantity="reads")
    with pytest.raises(DesignError, match="no region has enough signal"):
        fit_pilot(matrix, builders.sheet(["good"] * 6), Question(normalize="library_size"))


def test_offsets_become_the_sizes_of_libraries() -> None:
    matrix = pilots.reads(3)
    sheet = pilots.sheet(3)
    plain = fit_pilot(matrix, sheet, Question(normalize="tmm"))
    shifted = replace(matrix, expected=np.zeros(matrix.values.shape))  # factors become offsets
    by_offsets = fit_pilot(shifted, sheet, Question(normalize="tmm"))
    assert by_offsets.size_factors == pytest.approx(plain.size_factors, rel=1e-6)
    assert by_offsets.variation.level == pytest.approx(plain.variation.level, abs=1e-3)
