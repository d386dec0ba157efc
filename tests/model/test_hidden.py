"""Hidden factors in whole analyses: found, named, adjusted for, or left out with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.cytogenetics import arm_names, load_centromeres
from resist_epi.model import hidden
from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.hidden_words import factor_values
from resist_epi.model.relabelling import with_relabelling
from resist_epi.model.subsets import carriers_of
from resist_epi.samples.sheet import SampleSheet
from tests.support.builders import matrix, regions, sheet

N = 1200


def cohort(
    factor: Any = None,
    *,
    per_group: int = 8,
    quantity: str = "mean_signal",
    seed: int = 1,
    sd: float = 0.7,
    **columns: Any,
) -> tuple[CountMatrix, SampleSheet]:
    """Regions on twenty chromosomes, the first 60 gain; a factor of these values in all of them."""
    rng = np.random.default_rng(seed)
    n = 2 * per_group
    level = rng.normal(6, 1, (N, 1)) + rng.normal(0, 0.5, (N, n))
    level[rng.permutation(N)[:60], per_group:] += 1.5
    if factor is not None:
        level += np.outer(rng.normal(0, sd, N), factor)
    values = 2.0**level
    if quantity == "reads":
        values = rng.poisson(values).astype(float)
    made = matrix(values, quantity=quantity)
    table = regions(N)
    table["chrom"] = np.repeat([f"chr{i}" for i in range(1, 21)], N // 20)
    rows = sheet(["good"] * per_group + ["poor"] * per_group, **columns)
    return CountMatrix(made.values, table, made.samples, quantity, made.library_sizes), rows


BATCH = np.tile([0.0, 0.0, 1.0, 1.0], 4)
ODD = np.array([0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0.0])


def asked(made: tuple[CountMatrix, SampleSheet], **question: Any) -> Analysis:
    return analyse(*made, **{"normalize": "tmm", "contrast": "poor-good"} | question)


@pytest.mark.parametrize(
    ("method", "quantity"),
    [("trend", "mean_signal"), ("trend", "reads"), ("voom", "reads"), ("ql", "reads")],
)
def test_a_batch_that_no_column_names_enters_the_design(method: str, quantity: str) -> None:
    made = cohort(ODD, quantity=quantity, Lab=["x" if v else "y" for v in ODD])
    found = asked(made, method=method)
    assert list(found.fit.design) == ["Intercept", "Condition[T.poor]", "hidden1"]
    values = found.fit.design["hidden1"].to_numpy()
    assert np.corrcoef(values, ODD)[0, 1] ** 2 > 0.97
    facts = found.facts["hidden"]
    assert facts["adjusted"] == 1
    assert next(iter(facts["columns"]["hidden1"])) == "Lab"
    assert facts["columns"]["hidden1"]["Lab"]["R2"] > 0.97
    assert "hidden1 goes with Lab" in found.header["hidden factors"]
    assert "s15 " in found.header["hidden factors"]
    assert "adjusted for hidden1" in found.header["method"]
    assert "adjusted for hidden1" in found.contrast.words
    shown = factor_values(found.facts)
    assert shown["value"].tolist() == pytest.approx(values, abs=0.001)
    assert shown["about"].str.startswith("hidden1 goes with Lab").all()
    known = asked(made, method=method, formula="~ Lab + Condition", hidden="none").results
    both = pd.concat([found.results["stat"], known["stat"]], axis=1).dropna()
    assert both.corr().iloc[0, 1] > 0.99


def test_without_it_stands_beside_and_is_todays_test() -> None:
    made = cohort(ODD)
    adjusted = asked(made)
    plain = asked(made, hidden="none", weights="none").results
    np.testing.assert_array_equal(adjusted.results["unadjusted_pvalue"], plain["pvalue"])
    np.testing.assert_array_equal(adjusted.results["unadjusted_padj"], plain["padj"])
    calls = int((plain["padj"] <= 0.05).sum())
    assert adjusted.facts["hidden"]["unadjusted_calls"] == calls
    assert f"without hidden factors and weights {calls}," in adjusted.header["unadjusted"]
    assert "unadjusted_pvalue" not in plain


def test_a_clean_cohort_has_exactly_the_numbers_that_it_had() -> None:
    made = cohort()
    found, plain = asked(made), asked(made, hidden="none")
    assert found.fit.weights is not None
    pd.testing.assert_frame_equal(found.results, plain.results)
    assert found.header["hidden factors"].startswith("none found: what units share most is ")
    assert "hidden factors" not in plain.header
    assert "hidden" not in plain.facts


def test_weights_can_be_left_out() -> None:
    found = asked(cohort(), weights="none")
    assert found.fit.weights is None
    assert "units not weighted: asked for" in found.header["method"]


def test_a_factor_that_goes_with_the_groups_is_offered_and_not_taken() -> None:
    subtype = np.repeat([0.0, 1.0, 0.0, 1.0], [10, 2, 2, 10])
    made = cohort(subtype, per_group=12)
    found = asked(made)
    assert found.facts["hidden"]["found"] == 1
    assert found.facts["hidden"]["adjusted"] == 0
    assert found.facts["hidden"]["contrast"]["R2"] > 0.3
    assert found.fit.weights is None
    assert "units not weighted: 1 hidden factor that goes with the groups" in found.header["method"]
    (warning,) = found.header["design warnings"]
    assert "--hidden 1 adjusts for it" in warning
    taken = asked(made, hidden="1")
    assert np.corrcoef(taken.fit.design["hidden1"], subtype)[0, 1] ** 2 > 0.97


def test_a_change_in_some_of_one_side_is_left_to_its_own_test() -> None:
    some = np.repeat([0.0, 1.0], [12, 4])
    made = cohort(some)
    found = asked(made)
    assert found.facts["hidden"]["adjusted"] == 0
    assert "units of one side" in found.header["hidden factors"]
    table = carriers_of(found).table
    pd.testing.assert_frame_equal(table, carriers_of(asked(made, hidden="none")).table)


def test_twins_are_named_not_weighted_and_no_factor() -> None:
    made, rows = cohort()
    values = made.values.copy()
    values[:, 15] = values[:, 14] * 2.0 ** np.random.default_rng(3).normal(0, 0.1, N)
    twice = replace(made, values=values), rows
    found = asked(twice)
    assert found.facts["twins"][0][:2] == ["s14", "s15"]
    assert found.facts["hidden"]["found"] == 0
    assert found.fit.weights is None
    (warning,) = found.header["design warnings"]
    assert "s14 and s15" in warning
    assert "Patient" in warning
    assert asked(twice, hidden="none").fit.weights is None


def test_twins_in_a_cohort_with_a_batch_get_their_value_of_it() -> None:
    made, rows = cohort(BATCH)
    values = made.values.copy()
    values[:, 15] = values[:, 14] * 2.0 ** np.random.default_rng(3).normal(0, 0.1, N)
    found = asked((replace(made, values=values), rows))
    assert found.facts["hidden"]["adjusted"] == 1
    assert found.facts["twins"][0][:2] == ["s14", "s15"]
    assert np.corrcoef(found.fit.design["hidden1"], BATCH)[0, 1] ** 2 > 0.9


@pytest.mark.parametrize("per_group", [6, 12])
def test_two_factors(per_group: int) -> None:
    rng = np.random.default_rng(5)
    batch, purity = np.tile([0.0, 1.0], per_group), rng.normal(size=2 * per_group)
    made, rows = cohort(batch, per_group=per_group, sd=1)
    level = np.log2(made.values) + np.outer(rng.normal(0, 0.4, N), purity)
    found = asked((replace(made, values=2.0**level), rows), hidden="2")
    columns = found.fit.design[["hidden1", "hidden2"]].to_numpy()
    for truth in (batch, purity):
        left = truth - truth.mean() - columns @ np.linalg.lstsq(columns, truth - truth.mean())[0]
        assert left.var() < 0.1 * truth.var()


def test_paired_and_blocked_designs() -> None:
    rng = np.random.default_rng(6)
    patients = [f"p{i}" for i in range(12)] * 2
    batch = rng.permutation(np.tile([0.0, 1.0], 12))
    made, rows = cohort(batch, per_group=12, Patient=patients, sd=0.9)
    own = np.tile(rng.normal(0, 0.5, (N, 12)), 2)
    both = replace(made, values=made.values * 2.0**own), rows
    inside = asked(both, formula="~ Patient + Condition")
    assert inside.facts["hidden"]["adjusted"] == 1
    within = batch - np.tile((batch[:12] + batch[12:]) / 2, 2)
    assert np.corrcoef(inside.fit.design["hidden1"], within)[0, 1] ** 2 > 0.95
    blocked = asked(both, block="Patient")
    assert blocked.facts["hidden"]["found"] == 1
    assert blocked.facts["hidden"]["adjusted"] == 0 or blocked.fit.weights is None


def test_a_slope_is_adjusted_too() -> None:
    age = np.random.default_rng(7).normal(60, 8, 16)
    found = asked(cohort(ODD, Age=list(age)), formula="~ Age", contrast="Age")
    assert list(found.fit.design)[-1] == "hidden1"


def test_later_steps_read_the_adjusted_design() -> None:
    found = asked(cohort(ODD), method="trend")
    compared, _ = with_agreement(found)
    assert "high_confidence" in compared.results
    assert "unadjusted_padj" in compared.results
    assert with_relabelling(found).facts["relabelling"]["observed"] > 0


@pytest.mark.parametrize("changed", ["global", "none"])
def test_a_global_change_is_kept_where_the_normalisation_keeps_it(changed: str) -> None:
    rng = np.random.default_rng(8)
    made, rows = cohort(per_group=12)
    enriched = rng.uniform(0, 1, N)
    level = np.log2(made.values) + 3 * enriched[:, None]
    level += np.outer(enriched, rng.normal(0, 0.5, 24))  # efficiency of the precipitation
    if changed == "global":
        level[:, 12:] += 0.3 * enriched[:, None]
    values = replace(made, values=2.0**level, library_sizes=np.ones(24)), rows
    kept = asked(values, normalize="library_size")
    assert kept.facts["hidden"]["found"] >= 1
    assert kept.facts["hidden"]["adjusted"] == 0
    assert "efficiency of the precipitation" in kept.header["hidden factors"]
    taken = asked(values, normalize="tmm").facts["hidden"]
    assert taken["adjusted"] >= 1 or taken["contrast"]["pvalue"] < 0.01


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"method": "wilcoxon", "hidden": "1"}, "wilcoxon adjusts for no hidden factors; use"),
        ({"hidden": "14"}, "14 residual degrees of freedom and 1200 regions are too few; 14"),
        ({"hidden": "some"}, "hidden: expected auto, none or a number of factors; found 'some'"),
        ({"hidden": "-1"}, "expected auto, none or a number"),
        ({"hidden": "1.5"}, "expected auto, none or a number"),
        ({"weights": "all"}, "weights: expected auto or none; found 'all'"),
    ],
)
def test_what_cannot_be_had_is_refused(question: dict[str, str], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        asked(cohort(), **question)


@pytest.mark.parametrize(("given", "meant"), [(0, "none"), (2, "2"), (" Auto ", "auto")])
def test_numbers_and_words_are_understood(given: Any, meant: str) -> None:
    assert asked(cohort(per_group=3), hidden="none").question.hidden == "none"
    made = cohort()
    assert asked(made, hidden=given).question.hidden == meant


@pytest.mark.parametrize("method", ["wilcoxon", "welch"])
def test_tests_without_covariates_are_left_as_they_are(method: str) -> None:
    found = asked(cohort(ODD), method=method)
    assert "hidden factors" not in found.header


@pytest.mark.parametrize("per_group", [2, 3, 4])
def test_few_units_are_not_looked_at(per_group: int) -> None:
    assert "hidden" not in asked(cohort(per_group=per_group)).facts


def test_sex_chromosomes_and_depth_do_not_stand_for_a_factor() -> None:
    made, rows = cohort(seed=9)
    values, table = made.values.copy(), made.regions.copy()
    table.loc[table["chrom"] == "chr20", "chrom"] = "chrX"
    on_x = (table["chrom"] == "chrX").to_numpy()
    values[np.ix_(on_x, BATCH > 0)] *= 2
    found = asked((replace(made, values=values, regions=table), rows))
    assert found.facts["hidden"]["found"] == 0


def human(made: CountMatrix) -> CountMatrix:
    """The same values in regions that are spread over the whole chromosomes of hg38."""
    table = made.regions.copy()
    lengths = load_genome("hg38").lengths
    for chrom, own in table.groupby("chrom"):
        start = np.linspace(0, lengths[str(chrom)] - 2_000, len(own)).astype(int)
        table.loc[own.index, "start"], table.loc[own.index, "end"] = start, start + 1_000
    return replace(made, regions=table)


@pytest.mark.parametrize("quantity", ["mean_signal", "reads"])
def test_copy_number_of_an_arm_is_named_as_the_arm(quantity: str) -> None:
    made, rows = cohort(seed=9, quantity=quantity)
    made = human(made)
    carriers = np.isin(np.arange(16), [1, 4, 6, 9, 12, 15])
    borders = load_centromeres("hg38")
    arms = arm_names(made.regions, borders)
    values = made.values.copy()
    for arm in ("1q", "8q"):
        values[np.ix_(arms == arm, carriers)] *= 3
    if quantity == "reads":
        values = np.round(values)
    found = asked((replace(made, values=values), rows))
    assert not found.facts["hidden"]["adjusted"]
    assert set(found.facts["hidden"]["places"]) == {"1q", "8q"}
    said = found.header["hidden factors"]
    assert "lies on " in said
    assert "8q (" in said
    assert "consistent with copy number in some of the units; not adjusted for" in said
    plain = asked((made, rows))
    assert "lies on" not in plain.header["hidden factors"]


def test_the_look_is_the_same_in_any_order_of_units() -> None:
    made, rows = cohort(ODD)
    order = np.random.default_rng(10).permutation(16)
    names = [made.samples[i] for i in order]
    one, other = asked((made, rows)), asked((made.select(samples=names), rows))
    np.testing.assert_allclose(one.results["pvalue"], other.results["pvalue"], rtol=1e-6)
    assert hidden.MIN_UNITS_FOR_FACTORS == 5
