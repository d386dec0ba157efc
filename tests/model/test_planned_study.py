"""Studies that are drawn: what is planted is in them, and they are like the pilot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import scaled
from resist_epi.errors import DesignError
from resist_epi.model.normalization import normalize
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.model.pilot import Pilot, fit_pilot
from resist_epi.model.planned_study import Setting, draw_study
from resist_epi.samples.question import Question
from tests.support import pilots


@pytest.fixture(scope="module")
def of_reads() -> Pilot:
    return fit_pilot(pilots.reads(4, n=800), pilots.sheet(4))


@pytest.fixture(scope="module")
def of_signal() -> Pilot:
    return fit_pilot(pilots.signal(4, n=800), pilots.sheet(4))


@pytest.mark.parametrize("name", ["of_reads", "of_signal"])
def test_planted_changes_are_in_the_values(name: str, request: pytest.FixtureRequest) -> None:
    pilot = request.getfixturevalue(name)
    study = draw_study(pilot, Setting(30, 1.5, changed=0.2), (1, 1))
    values = scaled(normalize(study.matrix, "tmm"))
    poor = (study.sheet.table["Condition"] == "poor").to_numpy()
    change = np.log2(values[:, poor].mean(axis=1) / values[:, ~poor].mean(axis=1))
    for size in (-1.5, 0.0, 1.5):
        assert np.median(change[study.truth == size]) == pytest.approx(size, abs=0.1)
    assert abs((study.truth > 0).sum() - (study.truth < 0).sum()) <= 1
    assert (study.truth != 0).sum() == round(0.2 * len(study.truth))


@pytest.mark.parametrize("name", ["of_reads", "of_signal"])
def test_a_study_varies_as_its_pilot_did(name: str, request: pytest.FixtureRequest) -> None:
    pilot = request.getfixturevalue(name)
    study = draw_study(pilot, Setting(4, 1.0, changed=0.0), (1, 2))
    again = fit_pilot(study.matrix, study.sheet)
    ratio = again.variation.true.trended.mean() / pilot.variation.true.trended.mean()
    assert ratio == pytest.approx(1, abs=0.2)
    assert again.variation.true.spread_df == pytest.approx(pilot.variation.true.spread_df, rel=0.6)
    assert (study.truth == 0).all()
    assert set(study.matrix.library_sizes) <= set(pilot.library_sizes)


def test_depth_multiplies_reads(of_reads: Pilot) -> None:
    one = draw_study(of_reads, Setting(6, 1.0), (1, 1))
    four = draw_study(of_reads, Setting(6, 1.0, depth=4.0), (1, 1))
    assert four.matrix.library_sizes == pytest.approx(4 * one.matrix.library_sizes)
    assert four.matrix.values.sum() / one.matrix.values.sum() == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(("share", "count"), [(0.5, 4.0), (0.3, 2.4), (1.0, 8.0)])
def test_the_wanted_share_of_the_first_group_carries_a_change(
    of_signal: Pilot, share: float, count: float
) -> None:
    calm = replace(of_signal, variation=replace(of_signal.variation, prior=0.0))
    study = draw_study(calm, Setting(8, 12.0, carriers=share, changed=0.9), (1, 1))
    up = study.truth > 0
    level = np.log2(scaled(study.matrix)[up])
    poor = (study.sheet.table["Condition"] == "poor").to_numpy()
    carries = level - np.median(level[:, ~poor], axis=1, keepdims=True) > 6
    assert not carries[:, ~poor].any()
    numbers = carries[:, poor].sum(axis=1)
    assert numbers.mean() == pytest.approx(count, abs=0.15)
    assert np.ptp(numbers) <= 1
    if share < 1:
        assert len(np.unique(carries, axis=0)) > 20, "others in each region"


def test_one_seed_shares_all_that_it_can_between_settings(of_reads: Pilot) -> None:
    small = draw_study(of_reads, Setting(5, 0.5), (3, 1))
    large = draw_study(of_reads, Setting(5, 1.0), (3, 1))
    assert np.array_equal(np.sign(small.truth), np.sign(large.truth))
    assert np.array_equal(small.matrix.library_sizes, large.matrix.library_sizes)
    again = draw_study(of_reads, Setting(5, 0.5), (3, 1))
    assert np.array_equal(again.matrix.values, small.matrix.values)
    other = draw_study(of_reads, Setting(5, 0.5), (3, 2))
    assert not np.array_equal(other.matrix.values, small.matrix.values)


def test_factors_that_cannot_be_drawn_are_given() -> None:
    sheet = pilots.sheet(3, SizeFactor=[1, 1, 2, 1, 1, 0.5])
    inputs = normalization_inputs(pilots.reads(3), sheet)
    pilot = fit_pilot(pilots.reads(3), sheet, Question(normalize="given"), inputs=inputs)
    study = draw_study(pilot, Setting(4, 1.0), (1, 1))
    assert study.question.normalize == "given"
    assert set(study.inputs.given.values()) <= {1.0, 2.0, 0.5}
    for name in ("tmm", "tmm_rounds", "library_size"):
        alone = replace(pilot, question=replace(pilot.question, normalize=name))
        assert draw_study(alone, Setting(4, 1.0), (1, 1)).question.normalize == name
    for name in ("loess", "background", "spike_in", "common_peaks"):
        alone = replace(pilot, question=replace(pilot.question, normalize=name))
        assert draw_study(alone, Setting(4, 1.0), (1, 1)).question.normalize == "given"


def test_pairs_are_new_pairs_and_other_columns_are_like_the_pilots() -> None:
    sheet = pilots.sheet(4, Pair=list("abcd") * 2, Batch=["x", "y"] * 4)
    pilot = fit_pilot(pilots.reads(4), sheet, Question("~ Pair + Condition"))
    drawn = draw_study(pilot, Setting(9, 1.0), (1, 1)).sheet.table
    assert (drawn.groupby("Pair")["Condition"].nunique() == 2).all()
    assert drawn["Pair"].nunique() == 9
    batches = fit_pilot(pilots.reads(4), sheet, Question("~ Batch + Condition"))
    drawn = draw_study(batches, Setting(9, 1.0), (1, 1)).sheet.table
    assert set(drawn["Batch"]) == {"x", "y"}


def test_a_size_that_cannot_carry_the_design_is_refused() -> None:
    sheet = pilots.sheet(4, Batch=["x", "y"] * 4, Age=[40, 50, 60, 45, 55, 70, 41, 62])
    pilot = fit_pilot(pilots.reads(4), sheet, Question("~ Batch + Age + Condition"))
    with pytest.raises(DesignError, match="2 units a group like the pilot's do not carry"):
        draw_study(pilot, Setting(2, 1.0), (1, 1))
