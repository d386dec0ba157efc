"""Size factors and what they assume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind

from resist_epi.arrays import FloatArray
from resist_epi.counting.matrix import CountMatrix, scaled
from resist_epi.errors import DesignError
from resist_epi.model.method import Later
from resist_epi.model.normalization import METHODS, choose_default, factors_table, normalize
from resist_epi.model.normalization_data import NormalizationInputs, one_row
from tests.support.builders import matrix, planted, regions


def halves(made: CountMatrix) -> FloatArray:
    """P of even against odd samples, by Student's t of the logs."""
    level = np.log2(scaled(made) + 0.5)
    order = np.argsort(made.samples, kind="stable")
    result = ttest_ind(level[:, order[::2]], level[:, order[1::2]], axis=1)
    return np.asarray(result.pvalue)


def inputs_for(made: CountMatrix) -> NormalizationInputs:
    """What every method needs, of samples that differ in depth alone."""
    depth = made.library_sizes
    everywhere = made.regions[["chrom", "start", "end"]]
    bins = np.random.default_rng(4).gamma(5, 1, size=(400, 1)) * depth / depth.mean()
    return NormalizationInputs(
        background=replace(made, values=bins, regions=regions(400, kind="bins")),
        spike_in=one_row(made, depth * 0.05, "spike_in"),
        peaks=dict.fromkeys(made.samples, everywhere),
        given=dict.fromkeys(made.samples, 1.0),
        groups={s: "ab"[i % 2] for i, s in enumerate(made.samples)},
        test=halves,
    )


@pytest.mark.parametrize("method", sorted(METHODS))
def test_depth_is_taken_away(method: str) -> None:
    values = np.random.default_rng(1).gamma(2, 50, size=(200, 1)) * np.array([1, 2, 5])
    counts = matrix(values)
    made = normalize(counts, method, inputs=inputs_for(counts))
    expected = np.broadcast_to(scaled(made)[:, :1], values.shape)
    np.testing.assert_allclose(scaled(made), expected, rtol=1e-9)
    table = factors_table(made, method)
    np.testing.assert_allclose(table["effective_library_size"], counts.library_sizes, rtol=1e-9)


def test_the_thirteen_of_the_contract_are_there() -> None:
    one = {
        "library_size",
        "tmm",
        "tmm_rounds",
        "tmmwsp",
        "rle",
        "upper_quartile",
        "reads_in_regions",
    }
    two = {"background", "spike_in", "loess", "common_peaks", "quantile", "given"}
    assert one | two <= set(METHODS)
    for method in METHODS.values():
        assert isinstance(method.kernel, Later)
        assert (method.kernel.function.__doc__ or "").startswith("Assume ")
        assert method.assumption


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_order_of_samples_and_zero_regions_do_not_matter(method: str) -> None:
    counts = planted(n=400)
    counts = replace(
        counts, values=np.vstack([counts.values, np.zeros((5, 8))]), regions=regions(405)
    )
    order = [f"s{i}" for i in (3, 1, 7, 0, 2, 6, 5, 4)]
    inputs = inputs_for(counts)
    one = scaled(normalize(counts, method, inputs=inputs))
    other = normalize(counts.select(samples=order), method, inputs=inputs)
    back = [order.index(s) for s in counts.samples]
    # TMM's trimmed mean and loess follow the reference; both stay within the noise of ties.
    np.testing.assert_allclose(scaled(other)[:, back], one, rtol=1e-6)
    without = normalize(counts.select(regions=np.arange(400)), method, inputs=inputs)
    np.testing.assert_allclose(scaled(without), one[:400], rtol=1e-6)


@pytest.mark.parametrize("method", ["background", "spike_in", "common_peaks", "given"])
def test_what_is_missing_is_named(method: str) -> None:
    with pytest.raises(DesignError, match=f"normalisation {method} needs"):
        normalize(planted(n=50), method)
    inputs = NormalizationInputs(missing={method: "the reason"})
    with pytest.raises(DesignError, match=r"\(the reason\)"):
        normalize(planted(n=50), method, inputs=inputs)


def test_factors_of_other_regions() -> None:
    counts, bins = planted(n=300), planted(n=200, changed=0, seed=9)
    made = normalize(counts, "tmm", factors_from=bins)
    np.testing.assert_allclose(made.size_factors, normalize(bins, "tmm").size_factors)
    other_size = replace(bins, library_sizes=bins.library_sizes * 2)
    with pytest.raises(DesignError, match="s0 has library size 1e\\+06 in these counts and 2e"):
        normalize(counts, "tmm", factors_from=other_size)
    with pytest.raises(DesignError, match="factors for s7 cannot be had"):
        normalize(counts, "tmm", factors_from=bins.select(samples=bins.samples[:7]))
    with pytest.raises(DesignError, match="belong to the regions"):
        normalize(counts, "loess", factors_from=bins)


def test_a_global_gain_is_kept_by_spike_in_and_taken_away_in_regions() -> None:
    rng = np.random.default_rng(7)
    values = rng.gamma(4, 20, size=(500, 1)) * rng.uniform(0.98, 1.02, size=(500, 4))
    values[:, 2:] *= 2
    counts = matrix(values, library_sizes=[1e5] * 4)
    inputs = NormalizationInputs(spike_in=one_row(counts, np.full(4, 500.0), "spike_in"))

    def change(method: str) -> float:
        level = np.log2(scaled(normalize(counts, method, inputs=inputs)))
        return float(np.median(level[:, 2:].mean(axis=1) - level[:, :2].mean(axis=1)))

    assert change("spike_in") == pytest.approx(1, abs=0.02)
    for method in ("tmm", "rle", "upper_quartile", "reads_in_regions", "loess"):
        assert abs(change(method)) < 0.02


def test_given_factors_and_reads_in_regions() -> None:
    counts = matrix([[1, 2], [3, 6]], library_sizes=[10, 10])
    given = NormalizationInputs(given={"s0": 2.0, "s1": 0.5})
    assert list(normalize(counts, "given", inputs=given).effective_library_sizes) == [20, 5]
    effective = normalize(counts, "reads_in_regions").effective_library_sizes
    assert effective[1] / effective[0] == pytest.approx(2)
    with pytest.raises(DesignError, match="no factor is given for s1"):
        normalize(counts, "given", inputs=NormalizationInputs(given={"s0": 1.0}))
    empty = matrix([[1, 0], [3, 0]], library_sizes=[10, 10])
    with pytest.raises(DesignError, match="s1 has no signal in the regions"):
        normalize(empty, "reads_in_regions")


def test_common_peaks_need_enough_of_them() -> None:
    counts = planted(n=100)
    few = dict.fromkeys(counts.samples, counts.regions[["chrom", "start", "end"]].head(10))
    with pytest.raises(DesignError, match="only 10 regions have a peak in every sample"):
        normalize(counts, "common_peaks", inputs=NormalizationInputs(peaks=few))


def test_the_default_takes_the_best_that_there_is() -> None:
    counts = planted(n=50)
    everything = inputs_for(counts)
    assert choose_default(everything) == ("spike_in", "there is spike-in")
    assert choose_default(replace(everything, spike_in=None))[0] == "background"
    refused = NormalizationInputs(missing={"background": "31% of the bins are zero in T1"})
    method, because = choose_default(refused)
    assert method == "tmm"  # nothing can be tested, so there are no rounds
    assert because == "no spike-in; 31% of the bins are zero in T1; no test"
    assert choose_default(replace(refused, test=halves), counts)[0] == "tmm_rounds"


def test_a_handful_of_regions_tells_no_composition() -> None:
    few, inputs = planted(n=9, changed=1), NormalizationInputs(test=halves)
    method, because = choose_default(inputs, few)
    assert method == "library_size"
    assert "9 region(s) with signal tell no composition" in because
    sums = replace(few, metadata={"library_size_from": ["column_sum"] * 8})
    assert choose_default(inputs, sums)[0] == "tmm_rounds"  # column sums never


def test_tmm_takes_composition_away_and_library_size_does_not() -> None:
    rng = np.random.default_rng(2)
    values = rng.gamma(2, 50, size=(500, 1)) * rng.uniform(0.99, 1.01, size=(500, 4))
    values[:50, 2:] *= 20
    made = matrix(values)
    unchanged = slice(50, None)

    def shift(method: str) -> float:
        level = np.log2(scaled(normalize(made, method))[unchanged])
        return float(np.median(level[:, 2:].mean(axis=1) - level[:, :2].mean(axis=1)))

    assert abs(shift("tmm")) < 0.02
    assert shift("library_size") < -0.5


@pytest.mark.parametrize("method", ["tmm", "tmm_rounds", "tmmwsp", "rle"])
def test_one_library_with_gaps_of_its_own_stops_no_study(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(2 ** rng.normal(5.5, 1.7, size=(600, 1)) * np.ones(8)).astype(float)
    counts[rng.uniform(size=600) < 0.15, 7] = 0
    made = CountMatrix(counts, regions(600), tuple("abcdefgh"), "reads", counts.sum(axis=0))
    inputs = inputs_for(made)
    found = normalize(made, method, inputs=inputs).size_factors
    assert np.abs(np.log2(found)).max() < 0.3
    assert "far more than their depths explain" in caplog.text
    deep = np.r_[np.full(4, 8.0), np.ones(4)]
    sparse = rng.poisson(rng.gamma(2, 0.3, size=(600, 1)) * deep).astype(float)
    shallow = replace(made, values=sparse, library_sizes=sparse.sum(axis=0))
    with pytest.raises(DesignError, match="follow depth"):
        normalize(shallow, method, inputs=inputs)


def test_scaling_a_library_scales_its_effective_size() -> None:
    counts = planted(n=300)
    bigger = replace(
        counts,
        values=counts.values * np.array([3, 1, 1, 1, 1, 1, 1, 1]),
        library_sizes=counts.library_sizes * np.array([3, 1, 1, 1, 1, 1, 1, 1]),
    )
    before = normalize(counts, "tmm").effective_library_sizes
    after = normalize(bigger, "tmm").effective_library_sizes
    ratio = after / before
    # Not exactly: deeper libraries weigh more in the trimmed mean.
    np.testing.assert_allclose(ratio / ratio[1], [3, 1, 1, 1, 1, 1, 1, 1], rtol=0.01)


def test_the_table_of_factors() -> None:
    table = factors_table(normalize(matrix([[1, 2], [3, 4]])), "library_size")
    assert list(table["effective_library_size"]) == [4, 6]
    assert list(table["size_factor"]) == [1, 1]


def test_unknown_method_and_nothing_to_normalise_by() -> None:
    with pytest.raises(DesignError, match="unknown normalisation 'rpkm'; expected one of"):
        normalize(matrix([[1, 2]]), "rpkm")
    with pytest.raises(DesignError, match="no region has any signal"):
        normalize(matrix([[0, 0]], library_sizes=[1, 1]), "tmm")
