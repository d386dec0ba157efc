"""Copy number: from inputs and segments to what is expected of every region."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.dna.copy_number import (
    log2_copy_number,
    sample_segments,
    segment_controls,
    with_copy_number,
)
from resist_epi.errors import DesignError, GenomeMismatchError, SampleSheetError
from resist_epi.genome.bins import genome_bins
from resist_epi.genome.regions import bed_regions
from resist_epi.samples.sheet import make_sheet

LENGTHS = {"chr1": 40_000_000, "chr2": 30_000_000, "chrX": 15_000_000}


def inputs(n: int = 5, *, depth: float = 300, seed: int = 1, gc: np.ndarray | None = None):  # type: ignore[no-untyped-def]
    """Input reads in 50-kb bins; sample s0 has chr1:20-40 Mb at 1.5 copies and a focal gain."""
    rng = np.random.default_rng(seed)
    regions = genome_bins(LENGTHS, 50_000)
    chrom, start = regions["chrom"].to_numpy(), regions["start"].to_numpy()
    own = rng.lognormal(0, 0.15, len(regions))  # mappability: the same in every sample
    own[rng.choice(len(own), 20, replace=False)] = [0.01, 30] * 10
    copies = np.ones((len(regions), n))
    copies[(chrom == "chr1") & (start >= 20_000_000), 0] = 1.5
    copies[(chrom == "chr2") & (start >= 10_000_000) & (start < 11_000_000), 0] = 4
    bias = np.ones(len(regions)) if gc is None else np.exp(-8 * (gc - 0.42) ** 2 + 2 * (gc - 0.4))
    mean = depth * own[:, None] * copies * bias[:, None] * rng.uniform(0.5, 2, n)
    values = rng.poisson(mean).astype(float)
    samples = tuple(f"s{i}" for i in range(n))
    return CountMatrix(values, regions, samples, "reads", values.sum(axis=0)), copies


def test_segments_of_inputs_are_the_planted_ones() -> None:
    bins, _ = inputs()
    segments = segment_controls(bins, borders={"chr1": 15_000_000})
    counts = segments.groupby("sample").size()
    assert counts["s0"] == 7  # 1p, two of 1q, three of chr2, X
    assert (counts.drop("s0") == 4).all()
    gained = segments[(segments["sample"] == "s0") & (segments["start"] >= 19_900_000)]
    first = gained[gained["chrom"] == "chr1"].iloc[0]
    assert abs(first["start"] - 20_000_000) <= 100_000
    assert first["log2_ratio"] == pytest.approx(np.log2(1.5), abs=0.03)
    focal = segments[(segments["sample"] == "s0") & (segments["chrom"] == "chr2")].iloc[1]
    assert (focal["start"], focal["end"]) == (10_000_000, 11_000_000)
    assert focal["log2_ratio"] == pytest.approx(2, abs=0.06)


def test_copies_of_regions_are_those_planted() -> None:
    bins, copies = inputs()
    segments = segment_controls(bins)
    found = 2 ** log2_copy_number(bins.regions, segments, bins.samples)
    autosomal = (bins.regions["chrom"] != "chrX").to_numpy()
    expected = copies / copies[autosomal].mean(axis=0)
    assert np.median(np.abs(np.log2(found / expected))) < 0.02
    assert (np.abs(np.log2(found / expected)) > 0.2).mean() < 0.005


def test_a_gain_that_all_tumours_share_stays_a_gain() -> None:
    bins, _ = inputs()
    start = bins.regions["start"].to_numpy()
    arm = ((bins.regions["chrom"] == "chr2") & (start >= 15_000_000)).to_numpy()
    values = bins.values * np.where(arm, 1.5, 1.0)[:, None]
    gained = CountMatrix(values, bins.regions, bins.samples, "coverage_sum", values.sum(axis=0))
    found = log2_copy_number(bins.regions[arm], segment_controls(gained), bins.samples)
    # Relative to each sample's average, which has the gain in it.
    others = ~arm & (bins.regions["chrom"] != "chrX").to_numpy()
    usual = log2_copy_number(bins.regions[others], segment_controls(gained), bins.samples)
    difference = np.median(found, axis=0)[1:] - np.median(usual, axis=0)[1:]
    np.testing.assert_allclose(difference, np.log2(1.5), atol=0.04)


def test_gc_content_is_taken_out() -> None:
    regions = genome_bins(LENGTHS, 50_000)
    x = np.arange(len(regions))
    rng = np.random.default_rng(3)
    gc = np.clip(0.42 + 0.06 * np.sin(x / 90) + rng.normal(0, 0.02, len(x)), 0.3, 0.6)
    # One sample alone is biased, so that what bins have in common cannot help.
    biased, _ = inputs(3, gc=gc)
    with_it, without = segment_controls(biased, gc=gc), segment_controls(biased)
    assert len(with_it) < len(without)
    s1 = with_it[with_it["sample"] == "s1"]
    assert np.abs(s1["log2_ratio"]).max() < 0.1


def test_too_few_bins_are_refused() -> None:
    bins, _ = inputs()
    with pytest.raises(DesignError, match=r"only 9. of 100 bins"):
        segment_controls(bins.select(regions=np.arange(100)[np.ones(100, dtype=bool)] + 900))


def table(**columns: object) -> pd.DataFrame:
    base = {
        "sample": ["P1", "P1", "P2"],
        "chrom": ["1", "1", "1"],
        "start": [0, 600, 0],
        "end": [400, 1000, 1000],
        "n_bins": np.nan,
        "log2_ratio": [0.0, 1.0, 0.5],
        "copies": np.nan,
    }
    return pd.DataFrame({**base, **columns})


def sheet(**columns: object):  # type: ignore[no-untyped-def]
    frame = {"SampleID": ["a", "b"], "Factor": "K", "Condition": ["x", "y"]}
    return make_sheet(pd.DataFrame({**frame, "Patient": ["P1", "P2"], **columns}))


def test_mean_over_segments_by_bases_against_a_loop_over_bases() -> None:
    segments, _ = sample_segments(table(), sheet(), chroms=["chr1"])
    regions = bed_regions(
        [
            ("chr1", 0, 400),
            ("chr1", 300, 700),
            ("chr1", 420, 440),
            ("chr1", 500, 580),
            ("chr1", 900, 1500),
            ("chr1", 2000, 2100),
        ]
    )
    found = 2 ** log2_copy_number(regions, segments, ["a", "b"])
    at = np.full(3000, np.nan)
    at[0:400], at[600:1000] = 1, 2
    centre = np.nanmean(at)
    nearest = {2: 1, 3: 2, 5: 2}  # in the gap, and beyond the last segment
    for i, (start, end) in enumerate(zip(regions["start"], regions["end"], strict=True)):
        mean = nearest[i] if i in nearest else np.nanmean(at[start:end])
        assert found[i, 0] == pytest.approx(mean / centre), i
    np.testing.assert_allclose(found[:, 1], 1.0)


def test_absolute_copies_are_mixed_by_purity() -> None:
    absolute = table(log2_ratio=np.nan, copies=[2.0, 4.0, 2.0])
    half, note = sample_segments(absolute, sheet(Purity=["0.5", "1"]), chroms=["chr1"])
    assert "with Purity" in note
    # Ploidy 3: (0.5 * 2 + 1) / (0.5 * 3 + 1) and (0.5 * 4 + 1) / (0.5 * 3 + 1).
    np.testing.assert_allclose(2 ** half["log2_ratio"][:2], [2 / 2.5, 3 / 2.5])
    pure, note = sample_segments(absolute, sheet(), chroms=["chr1"])
    assert "pure" in note
    np.testing.assert_allclose(2 ** pure["log2_ratio"][:2], [2 / 3, 4 / 3])
    none, _ = sample_segments(table(log2_ratio=np.nan, copies=0.0), sheet(), chroms=["chr1"])
    assert np.isfinite(none["log2_ratio"]).all()


def test_names_of_chromosomes_are_put_right() -> None:
    sexes = table(chrom=["23", "24", "chrX"])
    found, _ = sample_segments(sexes, sheet(), chroms=["chr1", "chrX", "chrY"])
    assert found["chrom"].tolist() == ["chrX", "chrY", "chrX"]
    bare, _ = sample_segments(table(chrom="chr1"), sheet(), chroms=["1", "2"])
    assert set(bare["chrom"]) == {"1"}
    with pytest.raises(GenomeMismatchError, match="the same genome"):
        sample_segments(table(chrom="scaffold7"), sheet(), chroms=["chr1"])


def test_every_sample_without_segments_is_named() -> None:
    with pytest.raises(SampleSheetError, match="sample a: no segments of a or Z1") as caught:
        sample_segments(table(), sheet(Patient=["Z1", "Z2"]))
    assert "sample b" in str(caught.value)
    assert "P1, P2" in str(caught.value)


def test_unknown_chromosomes_are_left_uncorrected() -> None:
    segments, _ = sample_segments(table(), sheet(), chroms=["chr1"])
    regions = bed_regions([("chr1", 0, 400), ("chr7", 0, 100)])
    copies = log2_copy_number(regions, segments, ["a", "b"])
    assert np.isnan(copies).tolist() == [[False, False], [True, True]]
    one_lacks_it = log2_copy_number(regions, segments[segments["sample"] == "a"], ["a", "b"])
    assert np.isnan(one_lacks_it).all()
    matrix = CountMatrix(np.ones((2, 2)), regions, ("a", "b"), "mean_signal", np.ones(2))
    corrected = with_copy_number(matrix, copies)
    assert corrected.expected is not None
    np.testing.assert_allclose(corrected.expected[1], 0)
    np.testing.assert_allclose(corrected.expected[0], np.log(2) * copies[0])
    twice = with_copy_number(corrected, copies)
    np.testing.assert_allclose(twice.expected, 2 * corrected.expected)


def test_names_side_by_side_are_no_chromosome_of_the_other() -> None:
    side_by_side = ["chr1", "chrX", "X"]
    found, _ = sample_segments(table(chrom=["X", "chrX", "chr1"]), sheet(), chroms=side_by_side)
    assert found["chrom"].tolist() == ["X", "chrX", "chr1"]
    numbered = table(chrom=["23", "chr1", "chr1"])
    found, _ = sample_segments(numbered, sheet(), chroms=side_by_side)
    assert set(found["chrom"]) == {"chr1"}, "23 could be either"
