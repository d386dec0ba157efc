"""Tests of domains by their windows: the contract's table, signs, agreement, units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.domains.clusters import combine_windows
from resist_epi.domains.find import domain_matrix, find_domains
from resist_epi.domains.window_tests import WindowTests, domain_results, with_windows
from resist_epi.errors import DesignError
from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.schema import RESULTS, names
from resist_epi.stats.multiple import benjamini_hochberg
from tests.support.domain_cohort import (
    STEP,
    DomainCohort,
    analysed,
    bins_of,
    domain_cohort,
)


def test_results_are_the_contract_with_windows_beside() -> None:
    cohort = domain_cohort(8)
    bins = bins_of(cohort)
    analysis = analysed(cohort, bins)
    table = analysis.results
    assert list(table.columns)[: len(names(RESULTS))] == names(RESULTS)
    appended = "signal_pvalue n_windows n_up n_down window_direction best_start best_end"
    assert set(f"{appended} best_log2FoldChange whole_start whole_end kind".split()) <= set(table)
    assert set(table["kind"]) == {"domains"}
    np.testing.assert_allclose(table["padj"], benjamini_hochberg(table["pvalue"]))
    called = table["direction"] != "none"
    assert (called == (table["padj"] <= 0.05)).all()
    assert (table.loc[called, "log2FoldChange"] > 0).equals(
        table.loc[called, "direction"] == "gain"
    )
    inside = table["best_start"].between(table["start"] - 10_000, table["end"])
    assert inside.all()
    # Half a window may lie beyond the edge of its domain: its middle does not, but for the trimmed.
    assert (table["n_windows"] >= 1).all()
    assert (table["n_up"] + table["n_down"] <= table["n_windows"]).all()
    assert "Simes" in analysis.header["pvalue"]


def test_planted_changes_are_called_with_their_sign() -> None:
    cohort = domain_cohort(9, per_group=5)
    table = analysed(cohort, bins_of(cohort)).results
    truth = [_change_of(cohort, row) for row in table.itertuples()]
    changed = np.array([abs(t) > 0 for t in truth])
    called = (table["direction"] != "none").to_numpy()
    assert (called & changed).sum() > 0.8 * changed.sum()
    right = np.where(np.array(truth) > 0, "gain", "loss")
    assert (table["direction"].to_numpy() == right)[called & changed].all()


def _change_of(cohort: DomainCohort, row: object) -> float:
    d = cohort.domains
    hits = d[(d["chrom"] == row.chrom) & (d["start"] < row.end) & (d["end"] > row.start)]  # type: ignore[attr-defined]
    return float(hits["change"].iloc[hits["change"].abs().argmax()]) if len(hits) else 0.0


def test_swapped_groups_flip_the_signs_and_keep_the_p() -> None:
    cohort = domain_cohort(10)
    bins = bins_of(cohort)
    one = analysed(cohort, bins, contrast="poor-good").results
    other = analysed(cohort, bins, contrast="good-poor").results
    np.testing.assert_allclose(one["pvalue"], other["pvalue"])
    np.testing.assert_allclose(one["best_log2FoldChange"], -other["best_log2FoldChange"])
    assert one["n_up"].tolist() == other["n_down"].tolist()
    flipped = other["window_direction"].replace({"up": "down", "down": "up"})
    assert one["window_direction"].tolist() == flipped.tolist()


def test_normalisation_is_the_runs_and_never_the_windows_own() -> None:
    cohort = domain_cohort(11, lengths={"chr1": 4_400_000}, spacing=60_000)
    bins = bins_of(cohort)
    analysis = analysed(cohort, bins)
    assert analysis.matrix.metadata["normalization"] == "background"
    # Nine tenths of the domains gain: factors of the windows themselves would take that away.
    for name in ("s4", "s5", "s6", "s7"):
        track = cohort.tracks[name].values["chr1"]
        for row in cohort.domains.iloc[: int(0.9 * len(cohort.domains))].itertuples():
            track[row.start // STEP : row.end // STEP] *= 2
    gained = analysed(cohort, bins_of(cohort)).results
    assert (gained["direction"] == "gain").mean() > 0.6
    assert (gained["direction"] == "loss").mean() < 0.1


@pytest.mark.parametrize("method", ["trend", "wilcoxon", "welch"])
@pytest.mark.parametrize("normalize", ["library_size", "loess"])
def test_every_method_and_offsets(method: str, normalize: str) -> None:
    cohort = domain_cohort(12, per_group=5)
    table = analysed(cohort, bins_of(cohort), method=method, normalize=normalize).results
    assert table["pvalue"].notna().all()
    if method == "trend":
        assert "pvalue_unweighted" in table
        np.testing.assert_allclose(
            table["padj_unweighted"], benjamini_hochberg(table["pvalue_unweighted"])
        )


def test_units_are_merged_before_windows_are_tested() -> None:
    cohort = domain_cohort(13, per_group=6)
    table = cohort.sheet.table.assign(
        Patient=[f"p{i // 2}" for i in range(12)], Treatment="none", Tissue="breast"
    )
    merged = replace(cohort, sheet=type(cohort.sheet)(table))
    analysis = analysed(merged, bins_of(merged))
    assert len(analysis.matrix.samples) == 6
    assert analysis.results["n_windows"].min() >= 1


def test_without_replicates_there_are_fold_changes_alone() -> None:
    cohort = domain_cohort(14, per_group=1)
    table = analysed(cohort, bins_of(cohort), fold_changes="if_untestable").results
    assert table["pvalue"].isna().all()
    assert table["log2FoldChange"].notna().all()
    assert (table["n_windows"] == 0).all()
    assert (table["window_direction"] == "none").all()
    assert table["best_start"].isna().all()


def test_agreement_is_of_the_whole_signal() -> None:
    cohort = domain_cohort(15, lengths={"chr1": 4_400_000}, spacing=60_000)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    inputs = normalization_inputs(matrix, cohort.sheet, bins=cohort.bins())
    analysis, agreement = with_agreement(analyse(matrix, cohort.sheet, inputs=inputs))
    assert len(agreement.table["normalization"].unique()) >= 3
    table = with_windows(analysis, bins, domains, cohort.sheet).results
    assert "high_confidence" in table


def test_it_is_said_which_windows_decide_the_direction() -> None:
    cohort = domain_cohort(15, lengths={"chr1": 4_400_000}, spacing=60_000)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    inputs = normalization_inputs(matrix, cohort.sheet, bins=cohort.bins())
    analysis, _ = with_agreement(analyse(matrix, cohort.sheet, inputs=inputs))
    usual = with_windows(analysis, bins, domains, cohort.sheet)
    called = usual.results["direction"] != "none"
    assert usual.results.loc[called, "high_confidence"].any()
    assert (
        usual.results["direction_from"].where(called, "").eq(usual.results["direction_from"]).all()
    )
    assert usual.header["agreement"].startswith("of signal_pvalue, not of the windows' P")

    # The whole signal now changes the other way: the windows decide, and nothing is sure.
    turned = analysis.results.assign(log2FoldChange=-analysis.results["log2FoldChange"])
    found = with_windows(analysis.with_more(turned), bins, domains, cohort.sheet)
    pd.testing.assert_series_equal(found.results["direction"], usual.results["direction"])
    n = int(called.sum())
    assert (
        f"{n} of {n} called domains have a log2FoldChange of the other sign"
        ", since a part of each changes" in found.header["direction"]
    )
    assert usual.header["direction"].endswith(
        f"; 0 of {n} called domains have a log2FoldChange of the other sign"
    )
    assert not found.results["high_confidence"].any()

    # Windows of both signs decide: the best one has the direction.
    member = domains.member
    effects = np.where(np.arange(len(member)) % 2, 1.0, -1.0)
    p = np.full(len(member), 1e-6)
    first = np.unique(member, return_index=True)[1]
    p[first] = 1e-7
    combined = combine_windows(p, effects, member, n_clusters=len(domains))
    mixed = domain_results(analysis.results, domains, WindowTests(combined, effects, None))
    of_two = (mixed["window_direction"] == "mixed") & mixed["pvalue"].notna()
    assert of_two.any()
    assert set(mixed.loc[of_two, "direction_from"]) == {"best window"}
    best = np.where(mixed["best_log2FoldChange"] > 0, "gain", "loss")
    assert (mixed["direction"] == best)[of_two].all()


def test_a_domain_without_a_tested_window_has_no_s_value() -> None:
    cohort = domain_cohort(16, per_group=3)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    analysis = analyse(matrix, cohort.sheet, normalize="library_size")
    assert analysis.results["svalue"].notna().all()
    member = domains.member
    p = np.where(member == 0, np.nan, 0.5)
    combined = combine_windows(p, np.ones(len(member)), member, n_clusters=len(domains))
    tests = WindowTests(combined, np.ones(len(member)), None)
    found = domain_results(analysis.results, domains, tests)
    assert found["svalue"].isna().equals(found["pvalue"].isna())
    assert found["pvalue"].isna().tolist() == [True] + [False] * (len(domains) - 1)
    assert np.isnan(found.loc[0, "shrunkenLog2FoldChange"])
    usual = with_windows(analysis, bins, domains, cohort.sheet)
    assert usual.facts["shrunken"]["of"] == usual.facts["filter"]["kept"]


def test_a_domain_is_counted_as_tested_where_its_windows_were() -> None:
    analysis = analysed(cohort := domain_cohort(8), bins_of(cohort))
    tested = int(analysis.results["pvalue"].notna().sum())
    kept = analysis.facts["filter"]
    assert (kept["kept"], kept["of"]) == (tested, len(analysis.results))
    assert "any signal" in kept["windows"]
    assert analysis.header["filter"].startswith(f"{tested} of {len(analysis.results)} regions")
    assert "and a window of the domain has any signal" in analysis.header["filter"]


def test_other_regions_are_refused() -> None:
    cohort = domain_cohort(16, per_group=2)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    analysis = analyse(matrix.select(regions=np.arange(3)), cohort.sheet, normalize="library_size")
    with pytest.raises(DesignError, match="not of the domains"):
        with_windows(analysis, bins, domains, cohort.sheet)


def test_null_cohorts_call_nothing() -> None:
    calls = 0
    for seed in range(5):
        cohort = domain_cohort(100 + seed, share_changed=0.0)
        table = analysed(cohort, bins_of(cohort), normalize="library_size").results
        calls += int((table["direction"] != "none").sum() > 0)
    assert calls <= 1
