"""Results under several normalisations, and the warnings that come of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.agreement import (
    enriched_regions,
    normalized_variants,
    refitted,
    with_agreement,
)
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.confident import called_by_both
from resist_epi.model.differential import contrast_results
from resist_epi.model.filtering import regions_with_signal
from resist_epi.model.normalization import normalize
from resist_epi.model.normalization_data import NormalizationInputs, normalization_inputs
from resist_epi.samples.sheet import SampleSheet
from tests.support.builders import matrix, planted, regions, sheet

CONDITIONS = ["good"] * 6 + ["poor"] * 6


def study(
    *,
    gained: float = 0.0,
    efficiency: float = 1.0,
    changed: int = 20,
    seed: int = 1,
    size: float = 1.0,
    uneven: float = 0.0,
) -> tuple[CountMatrix, CountMatrix]:
    """Regions (400 with the mark, 400 without) and bins (2,000, of which 300 have it)."""
    rng = np.random.default_rng(seed)
    poor = np.arange(12) >= 6
    sign = np.zeros(400)
    spread = np.random.default_rng(seed).normal(0, uneven, int(gained * 400))
    sign[: int(gained * 400)] = size * np.exp(spread)
    sign[-changed:] = np.where(np.arange(changed) % 2, 2, -2)
    strength = 4 * 2.0 ** rng.normal(0, 0.3, size=(400, 1))
    own = np.exp(rng.normal(0, 0.05, size=12)) * np.where(poor, efficiency, 1.0)
    mark = strength * 2.0 ** (rng.normal(0, 0.2, size=(400, 12)) + np.outer(sign, poor)) * own
    depth = np.exp(rng.normal(0, 0.2, size=12))
    in_regions = rng.poisson(np.vstack([1 + mark, np.ones((400, 12))]) * 50 * depth)
    in_bins = rng.poisson(np.vstack([1 + mark[:300], np.ones((1700, 12))]) * 50 * depth)
    sizes = in_bins.sum(axis=0).astype(float)
    counts = matrix(in_regions / 1000, library_sizes=sizes)
    return counts, replace(counts, values=in_bins / 1000, regions=regions(2000, kind="bins"))


def compared(counts: CountMatrix, bins: CountMatrix, rows: SampleSheet | None = None):
    rows = sheet(CONDITIONS) if rows is None else rows
    inputs = normalization_inputs(counts, rows, bins=bins)
    return with_agreement(analyse(counts, rows, inputs=inputs))


def test_nothing_is_warned_of_where_only_some_regions_change() -> None:
    analysis, agreement = compared(*study())
    assert agreement.disagreement is not None
    assert not agreement.disagreement.disagree
    sure = analysis.results["high_confidence"].astype(bool)
    assert sure[380:400].mean() > 0.8
    assert sure.drop(range(380, 400)).mean() < 0.01
    names = {"background", "tmm_enriched", "tmm_rounds", "library_size"}
    assert set(agreement.table["normalization"]) == names
    assert len(agreement.table) == 4 * 12
    assert "under background; " in agreement.sentence
    assert analysis.header["agreement"] == agreement.sentence
    by_method = agreement.table.drop_duplicates("normalization").set_index("normalization")
    for method in by_method.index:  # the combinations add up to each one's own calls
        called = agreement.calls.loc[agreement.calls[method] == 1, "n_regions"].sum()
        assert called == by_method.loc[method, ["n_gain", "n_loss"]].sum()
    assert agreement.calls["n_high_confidence"].sum() == sure.sum()


@pytest.mark.parametrize(("gained", "efficiency"), [(0.8, 1.0), (0.0, 1.4)])
def test_a_global_gain_and_an_efficiency_difference_are_warned_of(
    gained: float, efficiency: float
) -> None:
    analysis, agreement = compared(*study(gained=gained, efficiency=efficiency))
    assert agreement.disagreement is not None
    assert agreement.disagreement.difference > 0.2
    assert "more efficient there, and these data cannot tell which" in agreement.warnings[0]
    assert "the share of signal in the top bins goes with the contrast" in agreement.warnings[1]
    assert analysis.header["warnings"][0] == agreement.warnings[0]
    shift = agreement.table.set_index("normalization")["median_shift"]
    assert shift["background"].eq(0).all()
    assert shift["tmm_enriched"].lt(-0.2).all()


def test_high_confidence_holds_its_rate_where_half_of_the_regions_gain() -> None:
    wrong, all_of_them, headline = 0, 0, 0
    for seed in range(8):
        analysis, _ = compared(*study(gained=0.5, seed=seed))
        sure = analysis.results["high_confidence"].to_numpy(dtype=bool)
        unchanged = np.r_[200:380, 400:800]
        wrong, all_of_them = wrong + sure[unchanged].sum(), all_of_them + sure.sum()
        headline += (analysis.results["direction"][unchanged] != "none").sum()
    assert headline > 20, "there are false calls to leave out"
    assert all_of_them > 500
    assert wrong / all_of_them < 0.06


def test_regions_without_the_mark_are_not_tested() -> None:
    counts, bins = study()
    analysis, _ = compared(counts, bins)
    assert analysis.fit.tested.tolist() == [True] * 400 + [False] * 400
    assert analysis.results["pvalue"][400:].isna().all()
    assert analysis.results["log2FoldChange"].notna().all()
    assert "1.5 times the background's signal per base on average" in analysis.header["filter"]
    as_peaks = replace(counts, regions=counts.regions.assign(kind="peaks"))
    assert compared(as_peaks, bins)[0].fit.tested.all(), "peaks have been held against background"
    few = counts.select(regions=np.arange(350, 800))
    analysis, _ = compared(few, bins)
    assert analysis.fit.tested.all()
    assert "not filtered against background, as only 50" in analysis.header["filter"]


@pytest.mark.parametrize(("gained", "min_units"), [(2, 2), (3, 6)])
def test_a_gain_from_nothing_in_a_small_group_or_in_a_part_of_one_is_tested(
    gained: int, min_units: int
) -> None:
    counts, bins = study()
    values = counts.values.copy()
    values[500, -gained:] *= 5
    made = replace(counts, values=values)
    kept, _ = regions_with_signal(made, min_units=min_units, background=bins)
    assert kept[500]
    assert kept[:400].all()
    assert kept[501:].mean() < 0.01


def test_swapping_the_groups_changes_signs_alone() -> None:
    counts, bins = study(gained=0.5)
    one = compared(counts, bins)[1]
    other = compared(counts, bins, sheet(["poor"] * 6 + ["good"] * 6))[1]
    assert one.disagreement is not None
    assert other.disagreement is not None
    assert other.disagreement.difference == pytest.approx(-one.disagreement.difference)
    assert other.disagreement.pvalue == pytest.approx(one.disagreement.pvalue)
    np.testing.assert_array_equal(one.high_confidence, other.high_confidence)
    assert "less efficient there" in other.warnings[0]


def test_without_background_three_are_compared_and_confidence_is_unknown() -> None:
    counts = planted(n=300)
    analysis, agreement = with_agreement(analyse(counts, sheet(CONDITIONS[2:10])))
    assert list(dict.fromkeys(agreement.table["normalization"])) == [
        "tmm_rounds",
        "tmm",
        "library_size",
    ]
    assert analysis.results["high_confidence"].isna().all()
    assert agreement.disagreement is None
    assert agreement.warnings == ()


def test_the_sentence_names_normalisations_in_words_and_as_tables_do() -> None:
    counts, bins = study()
    inputs = NormalizationInputs(background=bins)
    _, agreement = with_agreement(analyse(counts, sheet(CONDITIONS), inputs=inputs))
    first, *others = agreement.sentence.split("; ")
    by_name = agreement.table.groupby("normalization")[["n_gain", "n_loss", "n_shared"]].first()
    n = int(by_name.loc["background", ["n_gain", "n_loss"]].sum())
    assert first == f"{n} regions differ under background"
    for said, name, words in zip(
        others,
        ("tmm_enriched", "tmm_rounds", "library_size"),
        (
            "TMM where the mark is (tmm_enriched)",
            "TMM of the regions that seem unchanged (tmm_rounds)",
            "library size",
        ),
        strict=False,
    ):
        row = by_name.loc[name].astype(int)
        assert said.startswith(
            f"{row['n_gain'] + row['n_loss']} under {words}, {row['n_shared']} of these"
            f" {n} among them (median log2 fold change shifted by "
        )
    assert others[-1].endswith(" under all, with one sign")


def test_without_replicates_factors_alone_are_compared() -> None:
    counts = planted(n=300).select(samples=["s0", "s5"])
    rows = sheet(["good", "poor"], SampleID=["s0", "s5"])
    _, agreement = with_agreement(analyse(counts, rows, fold_changes="if_untestable"))
    assert agreement.sentence == "no test, so no calls to compare"
    assert agreement.table["n_shared"].isna().all()
    assert agreement.table["size_factor"].gt(0).all()


def test_enriched_regions_are_those_above_background() -> None:
    counts, bins = study()
    found = enriched_regions(counts, bins)
    assert found is not None
    np.testing.assert_array_equal(found, np.arange(800) < 400)
    assert enriched_regions(counts, None) is None
    assert enriched_regions(counts.select(regions=np.arange(350, 800)), bins) is None
    as_sums = replace(counts, values=counts.values * 1000, quantity="coverage_sum")
    bin_sums = replace(bins, values=bins.values * 1000, quantity="coverage_sum")
    np.testing.assert_array_equal(enriched_regions(as_sums, bin_sums), found)


def test_the_headline_comes_first_and_is_not_repeated() -> None:
    counts, bins = study()
    inputs = NormalizationInputs(background=bins)
    asked = normalize(counts, "rle")
    assert list(normalized_variants(asked, inputs)) == [
        "rle",
        "tmm_enriched",
        "background",
        "library_size",
    ]


def by_both(analysis: Analysis, name: str) -> NDArray[np.bool_]:
    """Regions that the headline and another normalisation call together."""
    other = normalized_variants(analysis.matrix, analysis.inputs)[name]
    results = contrast_results(refitted(analysis, other), analysis.contrast)
    return called_by_both(analysis.results, results, fdr=analysis.question.fdr)


def test_high_confidence_keeps_gains_that_rounds_keep() -> None:
    """A quarter of the regions with the mark gain: TMM takes a part of that away, rounds do not."""
    sure, by_tmm, wrong = 0, 0, 0
    for seed in range(3):
        analysis, _ = compared(*study(gained=0.3, changed=2, seed=seed, size=0.45))
        confident = analysis.results["high_confidence"].to_numpy(dtype=bool)
        np.testing.assert_array_equal(confident, by_both(analysis, "tmm_rounds"))
        sure, wrong = sure + confident[:120].sum(), wrong + confident[120:398].sum()
        by_tmm += by_both(analysis, "tmm_enriched")[:120].sum()
    assert sure > 1.05 * by_tmm > 0
    assert wrong <= 0.06 * sure


def test_where_rounds_went_with_the_gains_high_confidence_is_by_tmm() -> None:
    analysis, _ = compared(*study(gained=0.55, seed=1, uneven=0.4))
    confident = analysis.results["high_confidence"].to_numpy(dtype=bool)
    np.testing.assert_array_equal(confident, by_both(analysis, "tmm_enriched"))
    assert confident.sum() > by_both(analysis, "tmm_rounds").sum()
