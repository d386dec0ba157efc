"""Inputs: their scale, the filter, the offset, and the greylist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.counting.controls import control_paths, count_controls, has_controls
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.passes import Pass
from resist_epi.dna.background_scale import background_scale
from resist_epi.dna.control import over_control, scaled_control, with_control_offset
from resist_epi.dna.count_threshold import high_threshold
from resist_epi.dna.greylist import greylist
from resist_epi.errors import DesignError, QuantityError, SampleSheetError
from resist_epi.genome.peaks import read_bed_regions
from resist_epi.genome.regions import bed_regions, genome_bins
from resist_epi.model.analysis import analyse
from resist_epi.samples.sheet import read_sheet
from tests.support import builders


def chip_and_input(*, n: int = 6, seed: int = 1, marked: float = 0.2):  # type: ignore[no-untyped-def]
    """Bins with mark on a fifth of them; the first 50 regions are marked."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(10, 5, 4000)
    with_mark = rng.random(4000) < marked
    scale = rng.uniform(0.3, 2, n)
    chip = rng.poisson(scale * (level * (1 + 3 * with_mark))[:, None]).astype(float)
    control = rng.poisson(np.outer(level, np.ones(n))).astype(float)
    bins = builders.matrix(chip, quantity="reads")
    control_bins = builders.matrix(control, quantity="reads")
    inside = np.concatenate([np.flatnonzero(with_mark)[:50], np.flatnonzero(~with_mark)[:150]])
    regions = builders.matrix(chip[inside], quantity="reads", library_sizes=chip.sum(axis=0))
    of_regions = builders.matrix(control[inside], quantity="reads")
    return bins, control_bins, regions, of_regions, scale


def test_scale_is_that_of_the_background() -> None:
    bins, control_bins, regions, of_regions, scale = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    np.testing.assert_allclose(found.scales, scale, rtol=0.06)
    naive = bins.values.sum(axis=0) / control_bins.values.sum(axis=0)
    assert (np.abs(np.log(found.scales / scale)) < np.abs(np.log(naive / scale)) / 3).all()


def test_scale_moves_with_depth_and_needs_signal() -> None:
    rng = np.random.default_rng(2)
    chip, control = (rng.poisson(50, 1000).astype(float) for _ in range(2))
    assert background_scale(3 * chip, control) == pytest.approx(3 * background_scale(chip, control))
    assert background_scale(chip, control) == pytest.approx(1, abs=0.02)
    with pytest.raises(QuantityError, match="no signal"):
        background_scale(chip, np.zeros(1000))
    with pytest.raises(QuantityError, match="no signal"):
        background_scale(np.empty(0), np.empty(0))


def test_filter_keeps_marked_regions() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    over = over_control(regions, found)
    assert over[:50].mean() > 0.97
    assert over[50:].mean() < 0.15


def test_filter_in_an_analysis_is_blind_to_the_groups() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    found = scaled_control(regions, of_regions, bins=bins, control_bins=control_bins)
    over = over_control(regions, found)
    sheet = builders.sheet(["good"] * 3 + ["poor"] * 3)
    kept = analyse(regions, sheet, method="trend", over_input=over)
    tested = kept.results["pvalue"].notna().to_numpy()
    np.testing.assert_array_equal(tested, over.sum(axis=1) >= 3)
    assert "1.25 times" in kept.header["control"]
    order = [3, 0, 4, 1, 5, 2]
    mixed = analyse(
        regions.select(samples=[f"s{i}" for i in order]),
        builders.sheet(["good", "poor"] * 3).for_samples([f"s{i}" for i in order]),
        method="trend",
        over_input=over[:, order],
    )
    np.testing.assert_array_equal(mixed.results["pvalue"].notna(), tested)


def test_offset_takes_out_what_the_input_has_and_leaves_the_mark() -> None:
    rng = np.random.default_rng(4)
    level = rng.gamma(20, 10, 2000)
    own = np.ones((2000, 8))
    own[:100, 4:] = 2.5  # the inputs of the poor differ here, as does their background
    mark = np.zeros((2000, 8))
    mark[500:700, 4:] = 400
    share = rng.uniform(0.5, 1.5, 8)
    chip = rng.poisson(share * (level[:, None] * own + mark)).astype(float)
    control = rng.poisson(level[:, None] * own).astype(float)
    bins, control_bins = (builders.matrix(v, quantity="reads") for v in (chip, control))
    matrix = replace(bins, library_sizes=share * 1e6)
    found = scaled_control(matrix, control_bins, bins=bins, control_bins=control_bins)
    corrected = with_control_offset(matrix, found)
    sheet = builders.sheet(["good"] * 4 + ["poor"] * 4)
    options = {"method": "trend", "normalize": "tmm"}
    before = analyse(matrix, sheet, **options).results["log2FoldChange"].to_numpy()
    after = analyse(corrected, sheet, **options).results["log2FoldChange"].to_numpy()
    assert np.median(before[:100]) == pytest.approx(np.log2(2.5), abs=0.1)
    assert abs(np.median(after[:100])) < 0.2
    assert np.median(after[500:700]) == pytest.approx(np.median(before[500:700]), abs=0.1)
    assert abs(np.median(after[1000:])) < 0.05


def test_input_without_signal_in_a_region_has_no_say() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    empty = replace(of_regions, values=np.zeros_like(of_regions.values))
    found = scaled_control(regions, empty, bins=bins, control_bins=control_bins)
    corrected = with_control_offset(regions, found)
    np.testing.assert_allclose(corrected.expected, 0.0)


def test_inputs_that_do_not_fit_are_refused() -> None:
    bins, control_bins, regions, of_regions, _ = chip_and_input()
    fewer = of_regions.select(samples=["s0", "s1"])
    with pytest.raises(DesignError, match="no input of s2, s3, s4, s5"):
        scaled_control(regions, fewer, bins=bins, control_bins=control_bins)
    with pytest.raises(DesignError, match="200 regions of ChIP, 10 of input"):
        scaled_control(
            regions, of_regions.select(regions=np.arange(10)), bins=bins, control_bins=control_bins
        )
    silent = replace(control_bins, values=np.zeros_like(control_bins.values))
    with pytest.raises(DesignError, match="the input of s0: no signal"):
        scaled_control(regions, of_regions, bins=bins, control_bins=silent)


@pytest.mark.parametrize("counts", [True, False])
def test_threshold_is_the_quantile_of_the_bulk(counts: bool) -> None:
    rng = np.random.default_rng(1)
    values = rng.negative_binomial(8, 8 / 28, 50_000).astype(float)
    dirty = values.copy()
    dirty[:200] *= 30
    for one in (values, dirty):
        share = (values[200:] > high_threshold(one, quantile=0.999, counts=counts)).mean()
        assert 0.0003 < share < 0.002
    assert high_threshold(np.zeros(10), quantile=0.99, counts=counts) == np.inf
    assert high_threshold(np.full(10, 5.0), quantile=0.99, counts=counts) == np.inf
    assert high_threshold(np.empty(0), quantile=0.99, counts=counts) == np.inf
    poisson = high_threshold(np.array([3.0, 4, 3, 4, 3, 4, 3]), quantile=0.99, counts=True)
    assert poisson > 4


def test_greylist_finds_towers_and_spares_amplified_arms() -> None:
    rng = np.random.default_rng(3)
    regions = genome_bins({"chr1": 4_000_000, "chr2": 2_000_000}, 1000)
    level = np.full((len(regions), 2), 30.0)
    level[2000:3000, 0] *= 4  # a gained arm of the first tumour
    level[500:504] *= 30
    level[510, 1] *= 30
    level[5000, 1] *= 30
    level[0] *= 30
    level[3999] *= 30
    values = rng.negative_binomial(50, 50 / (50 + level)).astype(float)
    bins = CountMatrix(values, regions, ("a", "b"), "reads", values.sum(axis=0))
    found = greylist(bins, quantile=0.99999)
    spans = [
        (c, s, e) for c, s, e in zip(found["chrom"], found["start"], found["end"], strict=True)
    ]
    assert ("chr1", 500_000, 511_000) in spans
    assert ("chr2", 1_000_000, 1_001_000) in spans
    assert ("chr1", 0, 1000) in spans
    assert not any(c == "chr1" and 2_000_000 <= s < 3_000_000 for c, s, _ in spans)
    assert found.set_index("start")["n_inputs"].loc[500_000] == 2
    assert found[found["chrom"] == "chr2"]["n_inputs"].tolist() == [1]
    with pytest.raises(DesignError, match=r"quantile of 1"):
        greylist(bins, quantile=1.0)
    assert greylist(replace(bins, values=0 * values)).empty


def write_inputs(folder: Path) -> Path:
    """Two libraries that share one input, and one with its own, as bedGraph tracks."""
    rng = np.random.default_rng(1)
    for name in ("one", "two"):
        height = rng.gamma(30, 1, 2000)
        height[400:403] = 900
        lines = [f"chr1\t{i * 1000}\t{(i + 1) * 1000}\t{v:.3f}" for i, v in enumerate(height)]
        (folder / f"{name}.bedGraph").write_text("\n".join(lines) + "\n")
    rows = ["SampleID,Factor,Condition,Coverage,ControlCoverage"]
    rows += ["a,K,x,one.bedGraph,one.bedGraph\nb,K,y,one.bedGraph,one.bedGraph"]
    rows += ["c,K,y,one.bedGraph,two.bedGraph"]
    (folder / "sheet.csv").write_text("\n".join(rows) + "\n")
    return folder / "sheet.csv"


def test_shared_inputs_are_counted_once_under_each_library(tmp_path: Path) -> None:
    sheet = read_sheet(write_inputs(tmp_path))
    said: list[str] = []
    regions = bed_regions([("chr1", 0, 5000), ("chr1", 400_000, 403_000)])
    counted = count_controls(sheet, regions, how=Pass(progress=said.append))
    assert len(said) == 2
    assert counted.samples == ("a", "b", "c")
    np.testing.assert_allclose(counted.values[:, 0], counted.values[:, 1])
    assert counted.values[1, 0] == pytest.approx(900)
    assert has_controls(sheet)


def test_greylist_of_a_sheet_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = write_inputs(tmp_path)
    out = tmp_path / "grey.bed"
    assert main(["regions", "greylist", "--samples", str(sheet), "-o", str(out)]) == 0
    found = read_bed_regions(out)
    assert (400_000, 403_000) in set(zip(found["start"], found["end"], strict=True))
    assert len(found) < 10  # a thousandth of 4,000 bins by chance
    assert "too high in any of 2 inputs" in capsys.readouterr().err
    assert main(["regions", "greylist", "-o", str(out)]) == 2


def test_missing_inputs_are_named(tmp_path: Path) -> None:
    frame = {"SampleID": ["a", "b"], "Factor": "K", "Condition": ["x", "y"]}
    from resist_epi.samples.sheet import make_sheet

    with pytest.raises(SampleSheetError, match="no column ControlCoverage"):
        control_paths(make_sheet(pd.DataFrame(frame)))
    partly = make_sheet(pd.DataFrame({**frame, "ControlCoverage": ["x.bw", ""]}))
    assert not has_controls(partly)
    with pytest.raises(SampleSheetError, match="sample b, column ControlCoverage: empty"):
        control_paths(partly)
    reads = make_sheet(pd.DataFrame({**frame, "ControlCoverage": "", "bamControl": "x.bam"}))
    assert control_paths(reads)[0] == "bamControl"
