from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.domains.bins import ReadBins, TrackBins, bin_table
from resist_epi.domains.filter import BackgroundLevel, Control, background_level, domain_bins
from resist_epi.domains.find import Domains, domain_matrix, find_domains
from resist_epi.domains.settings import DomainSettings
from resist_epi.domains.window_tests import with_windows
from resist_epi.domains.windows import window_matrix
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.model.agreement import with_agreement
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.normalization_data import normalization_inputs
from resist_epi.schema import RESULTS, names
from resist_epi.stats.multiple import benjamini_hochberg
from tests.support.domain_cohort import STEP, ArrayTrack, DomainCohort, domain_cohort

Exclude = dict[str, tuple[np.ndarray, np.ndarray]]


def bins_of(
    cohort: DomainCohort,
    settings: DomainSettings | None = None,
    *,
    exclude: Exclude | None = None,
    level: BackgroundLevel | None = None,
) -> CountMatrix:
    ten_kb = cohort.bins()
    return domain_bins(
        TrackBins(cohort.tracks, exclude=exclude),
        cohort.lengths,
        background_level(ten_kb, exclude=exclude) if level is None else level,
        library_sizes=ten_kb.library_sizes,
        settings=settings,
    )


def analysed(cohort: DomainCohort, bins: CountMatrix, **options: object) -> Analysis:
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    inputs = normalization_inputs(matrix, cohort.sheet, bins=cohort.bins())
    analysis = analyse(matrix, cohort.sheet, inputs=inputs, **options)  # type: ignore[arg-type]
    return with_windows(analysis, bins, domains, cohort.sheet)


def naive_windows(
    cohort: DomainCohort, settings: DomainSettings, exclude: Exclude
) -> dict[tuple[str, int, int], np.ndarray]:
    """Every window by itself from the tracks' values; those above background with their means."""
    level = background_level(cohort.bins(), exclude=exclude)
    found = {}
    for chrom, length in cohort.lengths.items():
        free = np.ones(length, dtype=bool)
        for start, end in zip(*exclude.get(chrom, ([], [])), strict=True):
            free[start:end] = False
        base = np.stack([np.repeat(t.values[chrom], STEP)[:length] for t in cohort.tracks.values()])
        for size in settings.sizes:
            for start in range(0, max(length - size, 0) + settings.step, settings.spacing(size)):
                if start > 0 and start + size > -(-length // settings.step) * settings.step:
                    break
                end = min(start + size, length)
                inside = np.arange(start, end)[free[start:end]]
                if len(inside) < 0.5 * min(size, -(-length // settings.step) * settings.step):
                    continue
                means = base[:, inside].mean(axis=1)
                if (means / level.divisors).mean() >= level.threshold(size, settings.fold):
                    found[chrom, start, end] = means
    return found


@pytest.mark.parametrize("blacklist", [False, True])
def test_windows_are_those_counted_one_by_one(blacklist: bool) -> None:
    lengths = {"chr1": 203_300, "chr2": 90_000, "chr3": 1_300}
    cohort = domain_cohort(3, per_group=2, lengths=lengths)
    exclude: Exclude = {}
    if blacklist:
        exclude = {"chr1": (np.array([0, 60_250]), np.array([20_000, 61_999]))}
    settings = DomainSettings()
    bins = bins_of(cohort, settings, exclude=exclude)
    domains = find_domains(bins)
    windows = domains.windows
    ours = window_matrix(bins, windows, quantity="mean_signal")
    naive = naive_windows(cohort, settings, exclude)
    keys = list(
        zip(
            ours.regions["chrom"].astype(str), ours.regions["start"], ours.regions["end"],
            strict=True,
        )
    )  # fmt: skip
    assert sorted(keys) == sorted(naive)
    np.testing.assert_allclose(ours.values, [naive[k] for k in keys], rtol=1e-9)
    assert bins.metadata["domains"]["above_background"]["2000"] == int((windows.size == 2000).sum())


def test_domains_hold_the_bases_they_say() -> None:
    cohort = domain_cohort(4, per_group=2)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    values = domain_matrix(bins, domains, quantity="mean_signal")
    sums = domain_matrix(bins, domains)
    for i, row in enumerate(domains.regions.itertuples()):
        for j, track in enumerate(cohort.tracks.values()):
            part = track.values[row.chrom][row.start // STEP : row.end // STEP]
            assert values.values[i, j] == pytest.approx(part.mean())
            assert sums.values[i, j] == pytest.approx(part.sum() * STEP)


def test_planted_domains_are_found_where_they_are() -> None:
    cohort = domain_cohort(5)
    domains = find_domains(bins_of(cohort))
    whole = domains.regions.drop_duplicates(["chrom", "whole_start"])
    assert 0.85 * len(cohort.domains) <= len(whole) <= len(cohort.domains) + 2  # near ones join
    nearest = [
        (whole.loc[whole["chrom"] == d.chrom, "whole_start"] - d.start).abs().min()
        for d in cohort.domains.itertuples()
    ]
    assert np.median(nearest) <= 2000


def test_the_filter_and_the_domains_do_not_look_at_the_groups() -> None:
    cohort = domain_cohort(6)
    domains = find_domains(bins_of(cohort))
    swapped = replace(cohort, tracks=dict(reversed(cohort.tracks.items())))
    again = find_domains(bins_of(swapped))
    pd.testing.assert_frame_equal(domains.regions, again.regions)


def test_wide_domains_are_cut_at_the_cap_and_remember_the_whole() -> None:
    cohort = domain_cohort(7, per_group=2, spacing=400_000)
    for track in cohort.tracks.values():
        track.values["chr1"][2000:3000] += 20.0  # 100 kb
    settings = DomainSettings()
    found = find_domains(bins_of(cohort, settings)).regions
    assert (found["end"] - found["start"] <= settings.max_width).all()
    cut = found[found["whole_end"] - found["whole_start"] > settings.max_width]
    assert len(cut) >= 4
    parts = cut[cut["whole_start"] == cut["whole_start"].iloc[0]]
    assert parts["start"].tolist()[1:] == parts["end"].tolist()[:-1]
    assert parts["start"].min() == parts["whole_start"].iloc[0]


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


def test_other_regions_are_refused() -> None:
    cohort = domain_cohort(16, per_group=2)
    bins = bins_of(cohort)
    domains = find_domains(bins)
    matrix = domain_matrix(bins, domains, quantity="mean_signal")
    analysis = analyse(matrix.select(regions=np.arange(3)), cohort.sheet, normalize="library_size")
    with pytest.raises(DesignError, match="not of the domains"):
        with_windows(analysis, bins, domains, cohort.sheet)


def test_no_window_passes() -> None:
    cohort = domain_cohort(17, per_group=2)
    bins = bins_of(cohort, DomainSettings(fold=1000.0))
    domains = find_domains(bins)
    assert len(bins.regions) == len(domains) == len(domains.windows) == 0
    assert domain_matrix(bins, domains).values.shape == (0, 4)
    assert list(domains.regions.columns[:3]) == ["chrom", "start", "end"]


def test_one_window() -> None:
    cohort = domain_cohort(18, per_group=3, enrichment=0.0)
    for track in cohort.tracks.values():
        track.values["chr2"][1000:1020] += 30.0
    settings = DomainSettings(sizes=(2000,), step=2000)
    bins = bins_of(cohort, settings)
    domains = find_domains(bins)
    assert domains.regions[["start", "end"]].to_numpy().tolist() == [[100_000, 102_000]]
    results = analysed(cohort, bins, normalize="library_size").results
    assert results["n_windows"].tolist() == [1]
    assert results["pvalue"].notna().all()


def test_a_chromosome_shorter_than_a_window_is_one() -> None:
    cohort = domain_cohort(19, per_group=2, lengths={"chr1": 400_000, "chr2": 900})
    for track in cohort.tracks.values():
        track.values["chr2"][:] = 50.0 * track.values["chr1"].mean()
    domains = find_domains(bins_of(cohort))
    last = domains.regions.iloc[-1]
    assert (last["chrom"], last["start"], last["end"]) == ("chr2", 0, 900)
    assert (domains.windows.size[domains.member == len(domains) - 1]).tolist() == [2000, 10_000]


def test_inputs_take_away_what_is_in_them_too() -> None:
    cohort = domain_cohort(20, per_group=2, spacing=120_000)
    inputs = domain_cohort(20, per_group=1, enrichment=0.0)
    ends, starts = cohort.domains["end"].iloc[:-1], cohort.domains["start"].iloc[1:]
    free = int(ends.iloc[int(np.argmax(starts.to_numpy()[:8] - ends.to_numpy()[:8]))]) + 12_000
    amplified = slice(free // STEP, free // STEP + 300)  # 30 kb, in the inputs as in the samples
    for track in (*cohort.tracks.values(), *inputs.tracks.values()):
        track.values["chr1"][amplified] *= 8
    level = background_level(cohort.bins())
    control = Control(TrackBins(inputs.tracks), background_level(inputs.bins()))
    both = [
        domain_bins(
            TrackBins(cohort.tracks),
            cohort.lengths,
            level,
            library_sizes=np.ones(4),
            control=one,
        )
        for one in (None, control)
    ]
    held = [
        ((b.regions["chrom"] == "chr1") & b.regions["start"].between(free, free + 29_999)).sum()
        for b in both
    ]
    assert held[0] == 60
    assert held[1] <= 6
    assert both[1].metadata["domains"]["inputs"] is True
    assert len(both[1].regions) > 0.7 * (len(both[0].regions) - 100)


def test_reads_of_bins_come_back_by_chromosome() -> None:
    lengths = {"chr1": 30_000, "chr2": 1200}
    table = bin_table(lengths, 500)
    assert len(table) == 63
    assert table["end"].tolist()[-1] == 1200
    counts = {name: np.arange(63, dtype=np.uint32) * k for k, name in ((1, "a"), (2, "b"))}
    source = ReadBins(counts, lengths, 500, exclude={"chr2": (np.array([0]), np.array([700]))})
    values, bases = source.bins("chr2", *table.loc[60:, ["start", "end"]].to_numpy().T)
    assert values.tolist() == [[60, 120], [61, 122], [62, 124]]
    assert bases.tolist() == [0, 300, 200]
    assert source.quantity == "reads"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sizes": ()},
        {"sizes": (700,)},
        {"fold": 0.5},
        {"gap": -1},
        {"max_width": 9000},
        {"step": 0},
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputFormatError, match="domains cannot be found"):
        DomainSettings(**wrong)  # type: ignore[arg-type]


def test_no_signal_is_no_background() -> None:
    cohort = domain_cohort(21, per_group=1)
    for track in cohort.tracks.values():
        for values in track.values.values():
            values[:] = 0.0
    empty = CountMatrix(
        np.zeros((20, 2)), cohort.bins_table(20), ("s0", "s1"), "mean_signal", np.ones(2)
    )
    with pytest.raises(DesignError, match="no background"):
        background_level(empty)


def test_tracks_are_read_once_a_chromosome() -> None:
    cohort = domain_cohort(22, per_group=1)
    level = background_level(cohort.bins())
    for track in cohort.tracks.values():
        track.asked.clear()
    bins_of_level = domain_bins(
        TrackBins(cohort.tracks), cohort.lengths, level, library_sizes=np.ones(2)
    )
    assert isinstance(find_domains(bins_of_level), Domains)
    assert all(t.asked == ["chr1", "chr2"] for t in cohort.tracks.values())
    assert isinstance(next(iter(cohort.tracks.values())), ArrayTrack)


def test_null_cohorts_call_nothing() -> None:
    calls = 0
    for seed in range(5):
        cohort = domain_cohort(100 + seed, share_changed=0.0)
        table = analysed(cohort, bins_of(cohort), normalize="library_size").results
        calls += int((table["direction"] != "none").sum() > 0)
    assert calls <= 1
