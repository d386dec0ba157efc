"""Spike-in leads unasked only where its own numbers stand up; what differs between groups may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from resist_epi.counting.matrix import CountMatrix
from resist_epi.genome.bins import genome_bins
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization import choose_default
from resist_epi.model.normalization_data import NormalizationInputs, normalization_inputs
from resist_epi.model.spike_in_check import MIN_READS, SpikeInVerdict, judge_spike_in
from resist_epi.samples.design import make_design
from resist_epi.samples.sheet import SampleSheet
from tests.support.builders import matrix, sheet

DEPTH = 2e7


def cohort(
    share: ArrayLike, depth: ArrayLike = DEPTH, *, conditions: Sequence[str] | None = None
) -> tuple[CountMatrix, SampleSheet]:
    """Units whose spike-in is this share of their depth; the second half is poor."""
    share = np.asarray(share, dtype=np.float64)
    depth = np.broadcast_to(np.asarray(depth, dtype=np.float64), share.shape)
    n = len(share)
    counts = matrix(np.full((20, n), 50.0), quantity="reads", library_sizes=depth)
    groups = conditions or ["good"] * (n // 2) + ["poor"] * (n - n // 2)
    return counts, sheet(groups, SpikeInReads=np.round(share * depth).tolist())


def clean(per_group: int, *, sd: float = 0.1, fold: float = 0.5, seed: int = 3) -> np.ndarray:
    """Shares about 1 %, of which all poor units have half (or so many times as much)."""
    share = 0.01 * 2.0 ** np.random.default_rng(seed).normal(0, sd, 2 * per_group)
    share[per_group:] *= fold
    return np.asarray(share)


def verdict(
    counts: CountMatrix, rows: SampleSheet, formula: str = "~ Condition", **more: object
) -> SpikeInVerdict:
    inputs = replace(normalization_inputs(counts, rows), **more)  # type: ignore[arg-type]
    found = judge_spike_in(counts, inputs, make_design(rows, formula))
    assert found is not None
    return found


@pytest.mark.parametrize("per_group", [2, 3, 6, 20])
@pytest.mark.parametrize("fold", [0.1, 0.5, 1.0, 4.0])
def test_a_global_change_speaks_against_no_spike_in(per_group: int, fold: float) -> None:
    found = verdict(*cohort(clean(per_group, fold=fold)))
    assert found.faults == ()
    assert found.sentence.startswith("the spike-in passes its checks (")
    assert "reads a unit" in found.figures


@pytest.mark.parametrize("per_group", [2, 3, 6, 12])
@pytest.mark.parametrize("times", [0.5, 2.0])
def test_one_tube_with_twice_or_half_the_spike_in_is_caught(per_group: int, times: float) -> None:
    share = clean(per_group, sd=0.05)
    share[1] *= times
    found = verdict(*cohort(share))
    assert not found.passes
    assert "s1 has " in found.refusal or "-fold between units of one group" in found.refusal


def test_two_odd_tubes_do_not_hide_each_other() -> None:
    share = clean(6, sd=0.05)
    share[[1, 2]] *= 2
    refusal = verdict(*cohort(share)).refusal
    assert "s1 has " in refusal
    assert "s2 has " in refusal


def test_few_reads_are_caught_and_named() -> None:
    found = verdict(*cohort(np.full(6, 200 / DEPTH)))
    assert f"200 reads of it at least, an error of 7%; {MIN_READS} are needed" in found.refusal
    one = clean(3)
    one[4] = 200 / DEPTH
    assert "s4: 200 reads of it, an error of 7%" in verdict(*cohort(one)).refusal
    assert verdict(*cohort(np.full(6, MIN_READS / DEPTH))).passes


@pytest.mark.parametrize("slope", [-1.0, -0.6, 0.6])
def test_a_share_that_follows_depth_is_caught(slope: float) -> None:
    depth = DEPTH * 2.0 ** np.array([-0.6, 0.1, 0.5, 0.7, -0.4, 0.0] * 2)
    found = verdict(*cohort(clean(6, sd=0.05) * (depth / DEPTH) ** slope, depth))
    way = "falls" if slope < 0 else "rises"
    assert f"its share {way} " in found.refusal
    assert "smallest to the largest library within groups" in found.refusal


def test_depth_that_goes_with_the_group_is_no_share_that_follows_depth() -> None:
    depth = DEPTH * np.where(np.arange(12) < 6, 1.0, 0.25)
    assert verdict(*cohort(clean(6), depth)).passes


def test_a_share_without_order_is_caught() -> None:
    found = verdict(*cohort(clean(6, sd=1.0)))
    assert "its share spreads by " in found.refusal
    assert "within groups" in found.refusal


def test_one_library_a_group_has_its_reads_alone() -> None:
    found = verdict(*cohort([0.01, 0.002]))
    assert found.passes
    assert "no replicates tell its spread" in found.figures


def test_no_reads_at_all_are_no_error_of_the_default() -> None:
    counts, rows = cohort(clean(3))
    inputs = normalization_inputs(counts, rows)
    assert inputs.spike_in is not None
    none = inputs.spike_in.values.copy()
    none[0, 2] = 0
    inputs = replace(
        inputs,
        spike_in=replace(inputs.spike_in, values=none),
        spike_in_reads={s: float(v) for s, v in zip(counts.samples, none[0], strict=True)},
    )
    found = judge_spike_in(counts, inputs, make_design(rows, "~ Condition"))
    assert found is not None
    assert "s2: 0 reads of it" in found.refusal


def test_the_sheets_groups_count_where_the_design_lacks_them() -> None:
    treated = ["yes", "no"] * 6
    counts, rows = cohort(clean(6, fold=0.2))
    rows = sheet(list(rows.table["Condition"]), Treatment=treated,
                 SpikeInReads=list(rows.table["SpikeInReads"]))  # fmt: skip
    assert verdict(counts, rows, "~ Treatment").passes


def with_background(share: np.ndarray, mark: np.ndarray) -> SpikeInVerdict:
    """Units of which a part of the reads is in the mark, and the rest in background."""
    rng = np.random.default_rng(5)
    counts, rows = cohort(share)
    level = rng.gamma(20, 10, size=(400, 1)) * (1 - mark)
    bins = replace(
        matrix(rng.poisson(level), quantity="reads", library_sizes=counts.library_sizes),
        regions=genome_bins({"chr1": 4_000_000}, 10_000),
    )
    inputs = normalization_inputs(counts, rows, bins=bins)
    assert inputs.background is not None
    found = judge_spike_in(counts, inputs, make_design(rows, "~ Condition"))
    assert found is not None
    return found


def test_what_background_shows_too_is_the_tumours_own() -> None:
    mark = np.full(12, 0.6)
    mark[2] = 0.2  # one tumour has little of the mark: more background, and more spike-in
    share = clean(6, sd=0.03) * (1 - mark) / 0.4
    assert not verdict(*cohort(share)).passes
    found = with_background(share, mark)
    assert found.passes
    assert "over background it spreads by" in found.figures
    share[8] *= 2  # a tube with twice as much is odd in both
    assert "s8 has " in with_background(share, mark).refusal


def test_tracks_are_judged_by_the_reads_of_the_sheet() -> None:
    counts, rows = cohort(np.full(6, 200 / DEPTH))
    track = replace(counts, quantity="mean_signal", library_sizes=np.full(6, 1e3))
    rows = sheet(list(rows.table["Condition"]), SpikeInReads=[200] * 6, LibrarySize=[DEPTH] * 6)
    assert "200 reads of it at least" in verdict(track, rows).refusal


def test_without_a_spike_in_there_is_no_verdict() -> None:
    counts, rows = cohort(clean(3))
    assert judge_spike_in(counts, NormalizationInputs(), make_design(rows, "~ Condition")) is None


def test_a_refused_spike_in_falls_back_and_says_so() -> None:
    rng = np.random.default_rng(8)
    share = clean(6, sd=0.05)
    share[0] *= 2
    counts, rows = cohort(share)
    values = rng.poisson(rng.gamma(3, 60, size=(300, 1)) * np.ones(12))
    counts = matrix(values, quantity="reads", library_sizes=counts.library_sizes)
    inputs = normalization_inputs(counts, rows)
    assert choose_default(inputs)[0] == "spike_in"  # nobody judged it
    found = analyse(counts, rows, inputs=inputs)
    assert found.question.normalize == "tmm_rounds"
    because = found.facts["normalization"]["because"]
    assert because.startswith("the spike-in fails its checks: s0 has ")
    assert because in found.header["normalization"]
    assert found.facts["spike in checks"]["passes"] is False
    assert "reads a unit" in found.header["spike-in"]
    asked = analyse(counts, rows, inputs=inputs, normalize="spike_in")
    assert asked.question.normalize == "spike_in"
    assert "asked for, although the spike-in fails its checks" in asked.header["normalization"]
    np.testing.assert_allclose(
        asked.matrix.effective_library_sizes / asked.matrix.effective_library_sizes[1],
        share * DEPTH / (share[1] * DEPTH), rtol=1e-3,
    )  # fmt: skip
    good, good_rows = cohort(clean(6))
    good = matrix(values, quantity="reads", library_sizes=good.library_sizes)
    passed = analyse(good, good_rows, inputs=normalization_inputs(good, good_rows))
    assert passed.question.normalize == "spike_in"
    assert passed.header["spike-in"].startswith("the spike-in passes its checks")
