"""The plan of a fit: which test, whether units are weighed, and the words for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import SampleSheet
from tests.model.test_unit_weights import signal, with_factor
from tests.support.builders import matrix, sheet


def reads(n_units: int, *, n: int = 800, seed: int = 2, bad: int | None = None) -> CountMatrix:
    rng = np.random.default_rng(seed)
    dispersion = np.full(n_units, 0.05)
    if bad is not None:
        dispersion[bad] *= 12
    mean = 2.0 ** rng.normal(6, 1, size=(n, 1))
    return matrix(
        rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, size=(n, n_units))),
        quantity="reads",
    )


def groups(good: int, poor: int, **columns) -> SampleSheet:
    return sheet(["good"] * good + ["poor"] * poor, **columns)


def test_a_bad_sample_among_three_gets_little_weight_and_the_plain_result_stands_beside() -> None:
    analysis = analyse(signal(6, s5=3.0), groups(3, 3))
    assert analysis.fit.weights.argmin() == 5
    assert "pvalue_unweighted" in analysis.results
    assert "units weighted by REML" in analysis.header["method"]
    assert "times noise" in analysis.header["method"]


def test_no_weights_where_units_share_a_factor_and_this_is_said() -> None:
    analysis = analyse(with_factor(signal(6), 0.5), groups(3, 3))
    assert analysis.fit.weights is None
    assert "units not weighted: what weighted units share" in analysis.header["method"]


def test_unequal_groups_that_share_a_factor_have_a_variance_each() -> None:
    made = with_factor(signal(11, s8=2.0, s9=2.0, s10=2.0), 0.6)
    analysis = analyse(made, groups(8, 3), hidden="none")
    assert len(set(np.round(analysis.fit.weights, 9))) == 2
    assert "a variance a group" in analysis.header["method"]


def test_weights_can_be_refused_and_the_plain_test_is_then_exact() -> None:
    made = signal(6, s5=3.0)
    plain = analyse(made, groups(3, 3), weights="none")
    assert plain.fit.weights is None
    assert "units not weighted: asked for" in plain.header["method"]
    beside = analyse(made, groups(3, 3)).results["pvalue_unweighted"]
    np.testing.assert_allclose(plain.results["pvalue"], beside, rtol=1e-12)


@pytest.mark.parametrize("per_group", [3, 6])
def test_reads_of_like_units_are_tested_by_ql_and_of_unlike_ones_with_weights(per_group) -> None:
    like = analyse(reads(2 * per_group), groups(per_group, per_group))
    assert like.question.method == "ql"
    assert "units are about equally noisy: weights would differ" in like.header["method"]
    unlike = analyse(reads(2 * per_group, bad=0), groups(per_group, per_group))
    assert unlike.question.method in ("trend", "voom")
    assert unlike.fit.weights.argmin() == 0


def test_blocks_and_thresholds_are_given_a_test_that_takes_them() -> None:
    made = reads(12)
    rows = groups(6, 6, Site=["a", "b", "c"] * 4)
    assert analyse(made, rows, block="Site").question.method == "voom"
    assert analyse(made, rows, lfc_threshold=0.5).question.method == "ql"


def test_a_tumour_with_more_of_the_mark_everywhere_keeps_its_weight_under_background() -> None:
    made = signal(12)
    higher = replace(made, values=made.values * np.r_[1.8, np.ones(11)])
    rows = groups(6, 6)
    kept = analyse(higher, rows, normalize="library_size")  # library sizes that are all alike
    assert kept.fit.weights[0] == pytest.approx(1, abs=0.2)
