"""Simulated cohorts: the model does what it says, and its truth is exact."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from resist_epi.counting.coverage import count_regions, summarise_regions
from resist_epi.errors import DesignError
from resist_epi.genes.gene_sets import GeneSet
from resist_epi.genome.builtin import load_genes
from resist_epi.genome.peaks import read_peaks
from resist_epi.genome.regions import bed_regions, gene_bodies, promoters
from resist_epi.io.tables import read_table
from resist_epi.samples.sheet import read_sheet
from resist_epi.simulation.cohort import Cohort, library_fragments, library_track, simulate_cohort
from resist_epi.simulation.effects import balanced_signs
from resist_epi.simulation.files import write_cohort
from resist_epi.simulation.input_tracks import input_track
from resist_epi.simulation.libraries import call_peaks, coverage
from resist_epi.simulation.settings import CohortSettings
from resist_epi.simulation.truth import expected_change, truth_table
from resist_epi.tracks.bigwig.track import open_bigwig

SMALL = CohortSettings(chromosomes=("chr21",), good=2, poor=2, fragments=40_000)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate_cohort(SMALL)


def starts_of(cohort: Cohort, sample: str) -> np.ndarray:
    return np.concatenate(library_fragments(cohort, sample))


def test_equal_settings_give_equal_libraries_and_another_seed_another(cohort: Cohort) -> None:
    again, other = simulate_cohort(SMALL), simulate_cohort(replace(SMALL, seed=2))
    sample = "P02_H3K36me3"
    np.testing.assert_array_equal(starts_of(cohort, sample), starts_of(again, sample))
    assert not np.array_equal(starts_of(cohort, sample)[:50], starts_of(other, sample)[:50])
    pd.testing.assert_frame_equal(truth_table(cohort), truth_table(again))


def test_a_null_cohort_is_the_same_without_effects(cohort: Cohort) -> None:
    null = simulate_cohort(replace(SMALL, null=True))
    for mark in SMALL.marks:
        assert cohort.effects[mark].any()
        assert not null.effects[mark].any()
        good = (cohort.tumours["condition"] == "good").to_numpy()
        np.testing.assert_array_equal(cohort.levels[mark][:, good], null.levels[mark][:, good])
    assert (truth_table(null)[["promoter_log2", "body_log2"]].fillna(0) == 0).all(axis=None)


def test_coverage_is_that_of_a_naive_count() -> None:
    rng = np.random.default_rng(3)
    length, bin_size, fragment = 1030, 50, 120
    starts = np.sort(rng.integers(0, length - fragment, 40))
    naive = np.zeros(length)
    for start in starts:
        first, last = start // bin_size, (start + fragment - 1) // bin_size
        naive[first * bin_size : min((last + 1) * bin_size, length)] += 1
    runs = coverage(starts, fragment_length=fragment, bin_size=bin_size, length=length, scale=0.5)
    found = np.zeros(length)
    for start, end, value in zip(runs.starts, runs.ends, runs.values, strict=True):
        found[start:end] = value
    np.testing.assert_allclose(found, 0.5 * naive)
    assert (runs.starts[1:] >= runs.ends[:-1]).all()
    adjacent = runs.starts[1:] == runs.ends[:-1]
    assert (runs.values[1:][adjacent] != runs.values[:-1][adjacent]).all()


def test_coverage_of_no_fragment_is_empty() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert len(coverage(none, fragment_length=200, bin_size=50, length=999, scale=1.0)) == 0


def test_the_truth_is_what_very_deep_libraries_show() -> None:
    """Tumours without any deviation, millions of fragments: signal per background is the truth."""
    settings = CohortSettings(
        chromosomes=("chr21",),
        good=1,
        poor=1,
        fragments=2e6,
        biological_sd=0.0,
        efficiency_sd=0.0,
        effect_scale=1.5,
    )
    cohort = simulate_cohort(settings)
    annotation = cohort.annotation
    regions = pd.concat([promoters(annotation), gene_bodies(annotation)], ignore_index=True)
    for mark in settings.marks:
        good, poor = (
            summarise_regions(library_track(cohort, f"{t}_{mark}"), regions) for t in ("G01", "P01")
        )
        rates = (
            cohort.libraries.set_index("sample")["rate"]
            / cohort.libraries.set_index("sample")["fragments"]
        )
        found = np.log2(poor / rates[f"P01_{mark}"]) - np.log2(good / rates[f"G01_{mark}"])
        width = (regions["end"] - regions["start"]).to_numpy()
        n = good * width / 1e6 * 2e6 / 250  # fragments, of which the error is made
        true = expected_change(cohort, mark, regions)
        z = (found - true) / (np.sqrt(2 / n) / np.log(2))
        assert (true != 0).sum() > 3
        assert np.abs(z[n > 200]).max() < 6
        assert np.abs(z[(n > 200) & (true != 0)]).mean() < 2


def test_expected_change_is_zero_where_nothing_planted_reaches(cohort: Cohort) -> None:
    mark = "H3K27me3"
    parts = cohort.landscape.marks[mark]
    changed = np.flatnonzero(cohort.effects[mark][parts.unit] != 0)
    segment = changed[0]
    start, end = int(parts.start[segment]), int(parts.end[segment])
    far = 40_000_000
    assert not ((parts.start < far + 2000) & (parts.end > far - 2000)).any()
    regions = bed_regions([("chr21", start, end), ("chr21", far, far + 1000)])
    change = expected_change(cohort, mark, regions)
    at = regions["start"].to_numpy() == far
    assert change[at] == 0
    assert np.sign(change[~at][0]) == np.sign(cohort.effects[mark][parts.unit[segment]])


def test_one_tumour_of_each_option_still_draws() -> None:
    settings = replace(
        SMALL,
        outlier=True,
        batches=2,
        purity=True,
        copy_number=True,
        spike_in=True,
        global_shift=-0.5,
    )
    cohort = simulate_cohort(settings)
    plain = simulate_cohort(SMALL)
    assert cohort.tumours["outlier"].tolist() == [False, False, False, True]
    assert set(cohort.tumours["batch"]) == {1, 2}
    assert cohort.tumours["purity"].between(0.35, 0.95).all()
    assert (cohort.libraries["spike_in_reads"] > 0).all()
    # Options do not disturb what they have nothing to do with.
    assert cohort.tumours["months"].tolist() == plain.tumours["months"].tolist()
    assert cohort.libraries["fragments"].tolist() == plain.libraries["fragments"].tolist()


def test_more_copies_bring_more_of_everything_in_their_segment() -> None:
    settings = CohortSettings(
        chromosomes=("chr21",),
        good=3,
        poor=2,
        fragments=400_000,
        null=True,
        copy_number=True,
        biological_sd=0.0,
    )
    cohort = simulate_cohort(settings)
    assert cohort.copies is not None
    assert cohort.tumours["amplified"].tolist() == [True, False, False, True, False]
    start = cohort.copies.start
    regions = bed_regions(
        [("chr21", start - 9_000_000, start), ("chr21", start, start + 9_000_000)]
    )
    ratios = {}
    for tumour in ("P01", "P02"):
        values = summarise_regions(library_track(cohort, f"{tumour}_H3K27me3"), regions)
        ratios[tumour] = values[1] / values[0]
    assert ratios["P01"] / ratios["P02"] == pytest.approx(1.5, rel=0.03)
    signal = expected_change(cohort, "H3K27me3", regions, with_copies=True)
    expected = np.log2((1.5 + 1) / 2) - np.log2((1.5 + 2) / 3)
    np.testing.assert_allclose(signal, [0.0, expected], atol=1e-3)
    assert (expected_change(cohort, "H3K27me3", regions) == 0).all()


def test_normal_tissue_dilutes_the_truth_but_is_no_difference_itself(cohort: Cohort) -> None:
    regions = promoters(cohort.annotation)
    mixed = simulate_cohort(replace(SMALL, purity=True))
    pure_change = expected_change(cohort, "H3K27me3", regions)
    change = expected_change(mixed, "H3K27me3", regions)
    np.testing.assert_array_equal(change != 0, pure_change != 0)
    gains = pure_change > 0.1
    assert gains.any()
    assert (change[gains] < pure_change[gains]).mean() > 0.5
    null = simulate_cohort(replace(SMALL, purity=True, null=True))
    assert (expected_change(null, "H3K27me3", regions) == 0).all()


def test_spike_in_tells_a_global_loss() -> None:
    settings = replace(
        SMALL, null=False, spike_in=True, global_shift=-2.0, biological_sd=0.0, effect_scale=0.0
    )
    cohort = simulate_cohort(replace(settings, good=4, poor=4))
    libraries = cohort.libraries[cohort.libraries["mark"] == "H3K27me3"]
    per_fragment = libraries["spike_in_reads"] / libraries["fragments"]
    poor = libraries["patient"].str.startswith("P")
    assert per_fragment[poor].min() > per_fragment[~poor].max()


def test_signs_balance_and_both_occur() -> None:
    rng = np.random.default_rng(1)
    weight, size = rng.lognormal(size=90), np.full(90, 0.9)
    signs = balanced_signs(weight, size)
    total = (weight * (2.0 ** (signs * size) - 1)).sum()
    assert abs(total) < 0.02 * weight.sum()
    tipped = balanced_signs(weight, size, before=1e6)
    assert (tipped == 1).sum() == 30
    assert len(balanced_signs(np.zeros(0), np.zeros(0))) == 0


def test_peaks_lie_where_the_mark_lies_and_hardly_elsewhere() -> None:
    cohort = simulate_cohort(replace(SMALL, fragments=150_000))
    for mark in SMALL.marks:
        sample = f"G01_{mark}"
        landscape = cohort.landscape
        peaks = call_peaks(
            library_fragments(cohort, sample),
            landscape.chroms,
            landscape.lengths,
            fragment_length=200,
        )
        parts = landscape.marks[mark]
        inside = np.array(
            [((parts.start < e) & (parts.end > s)).any() for s, e in peaks[["start", "end"]].values]
        )
        assert len(peaks) > 20
        assert inside.mean() > 0.95


def test_no_peak_in_noise() -> None:
    rng = np.random.default_rng(5)
    starts = np.sort(rng.integers(0, 10_000_000 - 200, 20_000))
    lengths = np.array([10_000_000])
    assert len(call_peaks([starts], ("chr1",), lengths, fragment_length=200)) <= 1
    none = call_peaks([starts[:0]], ("chr1",), lengths, fragment_length=200)
    assert none.empty


def test_files_hold_what_the_tracks_in_memory_hold(cohort: Cohort, tmp_path: Path) -> None:
    said: list[str] = []
    sheet = read_sheet(write_cohort(cohort, tmp_path, progress=said.append))
    assert len(said) == len(sheet.samples) == 8
    assert sheet.marks == SMALL.marks
    regions = promoters(cohort.annotation)
    sample = sheet.samples[5]
    row = sheet.table[sheet.table["SampleID"] == sample].iloc[0]
    on_disk = count_regions({sample: open_bigwig(row["Coverage"])}, regions)
    in_memory = count_regions({sample: library_track(cohort, sample)}, regions)
    np.testing.assert_array_equal(on_disk.values, in_memory.values)
    assert open_bigwig(row["Coverage"]).chrom_lengths == {"chr21": 46_709_983}
    peaks = read_peaks(row["Peaks"])
    assert len(peaks)
    assert (peaks["pvalue"] > 0).all()
    truth = read_table(tmp_path / "truth.tsv.gz", required=["gene", "mark", "log2_effect", "why"])
    np.testing.assert_array_equal(truth["why"].fillna("") != "", truth["log2_effect"] != 0)
    record = yaml.safe_load((tmp_path / "truth.yaml").read_text())
    assert record["settings"]["seed"] == SMALL.seed
    assert len(record["libraries"]) == 8


def test_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    cohort = simulate_cohort(replace(SMALL, good=1, poor=0))
    one = write_cohort(cohort, tmp_path / "one").parent
    two = write_cohort(cohort, tmp_path / "two", jobs=2).parent
    files = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert len(files) == 2 + 2 + 3
    for name in files:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_workers_end_when_the_program_is_killed() -> None:
    code = """
import multiprocessing, time
from resist_epi.simulation.files import end_with_parent
context = multiprocessing.get_context("fork")
def work():
    end_with_parent()
    time.sleep(60)
worker = context.Process(target=work)
worker.start()
print(worker.pid, flush=True)
worker.join()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        worker = program.stdout.readline().decode().strip()
        program.kill()
    state = "?"
    for _ in range(100):
        shown = subprocess.run(
            ["ps", "-o", "stat=", "-p", worker], capture_output=True, check=False
        )
        state = shown.stdout.decode().strip()
        if state == "" or state.startswith("Z"):
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} lives on ({state})")


def test_planted_genes_follow_the_expected_directions() -> None:
    cohort = simulate_cohort(CohortSettings(good=1, poor=1))
    truth = truth_table(cohort).set_index(["gene", "mark"])
    for gene in ("HK2", "G6PD", "TIGAR", "SLC2A1"):
        assert truth.loc[(gene, "H3K36me3"), "log2_effect"] > 0.9
        assert truth.loc[(gene, "H3K36me3"), "body_log2"] > 0.5
    hox = truth_table(cohort).query("gene.str.fullmatch('HOXB[1-9]') and marked == 1")
    assert (hox.loc[hox["mark"] == "H3K27me3", "log2_effect"] < 0).all()
    assert (hox.loc[hox["mark"] == "H3K36me3", "log2_effect"] > 0).all()
    random = truth_table(cohort).query("why == 'random_gene'")["log2_effect"]
    assert min((random > 0).mean(), (random < 0).mean()) > 0.3


def test_gene_sets_may_be_absent() -> None:
    only = {"NSD2_TARGETS_ENDOCRINE_CORE": GeneSet("NSD2_TARGETS_ENDOCRINE_CORE", "x", ("NONE",))}
    cohort = simulate_cohort(SMALL, gene_sets=only)
    assert set(truth_table(cohort)["why"]) == {"", "random_gene", "polycomb_focal"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"good": -1}, "good and poor"),
        ({"marks": ("H3K9me3",)}, "marks must be"),
        ({"fragments": 0.0}, "fragments must be"),
        ({"chromosomes": ()}, "at least one chromosome"),
        ({"batches": 0}, "batches"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DesignError, match=message):
        replace(SMALL, **change)  # type: ignore[arg-type]


def test_an_unknown_chromosome_or_library_is_named(cohort: Cohort) -> None:
    with pytest.raises(DesignError, match="chr99"):
        simulate_cohort(replace(SMALL, chromosomes=("chr21", "chr99")))
    with pytest.raises(DesignError, match="nobody"):
        library_fragments(cohort, "nobody")


def test_own_genes_may_be_given() -> None:
    annotation = load_genes("hg38")
    chr22 = annotation.select(annotation.genes["chrom"] == "chr22")
    settings = replace(SMALL, chromosomes=("chr22",))
    cohort = simulate_cohort(settings, annotation=chr22, chrom_lengths={"chr22": 50_818_468})
    assert set(cohort.annotation.genes["chrom"]) == {"chr22"}


def test_one_group_alone_has_no_truth_of_change() -> None:
    cohort = simulate_cohort(replace(SMALL, good=0))
    assert expected_change(cohort, "H3K27me3", promoters(cohort.annotation)).shape[0] > 100
    assert np.isnan(expected_change(cohort, "H3K27me3", promoters(cohort.annotation))).all()


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_marks_have_their_shapes(strand: str) -> None:
    cohort = simulate_cohort(replace(SMALL, fragments=1e6, biological_sd=0.0, null=True))
    genes = cohort.landscape.genes
    own = (genes["strand"] == strand).to_numpy()
    active = genes[own & (cohort.landscape.marks["H3K36me3"].unit_of_gene >= 0)]
    active = active[active["length"] > 10_000]
    sign = 1 if strand == "+" else -1
    edges = active["tss"].to_numpy()[:, None] + sign * np.outer(
        active["length"], [0.1, 0.3, 0.7, 0.9]
    ).astype(np.int64)
    low, high = edges.min(axis=1), edges.max(axis=1)
    track = library_track(cohort, "G01_H3K36me3")
    near = track.summarise("chr21", low, low + (high - low) // 4).sum.sum()
    far = track.summarise("chr21", high - (high - low) // 4, high).sum.sum()
    five, three = (near, far) if strand == "+" else (far, near)
    assert three > 1.5 * five
    silent = genes[own & (cohort.landscape.marks["H3K27me3"].unit_of_gene >= 0)]
    tss = silent["tss"].to_numpy()
    track = library_track(cohort, "G01_H3K27me3")
    at = track.summarise("chr21", tss - 1000, tss + 1000).sum.sum()
    away = track.summarise("chr21", tss - 300_000, tss - 298_000).sum.sum()
    assert at > 4 * away


def test_inputs_hold_copies_and_no_mark(tmp_path: Path) -> None:
    settings = replace(SMALL, copy_number=True, inputs=True)
    cohort = simulate_cohort(settings)
    gained = np.flatnonzero(cohort.tumours["amplified"])
    assert len(gained)
    patient = str(cohort.tumours["patient"].iloc[gained[0]])
    other = str(cohort.tumours.loc[~cohort.tumours["amplified"], "patient"].iloc[0])
    assert cohort.copies is not None
    chrom = cohort.landscape.chroms[cohort.copies.chrom]
    inside = bed_regions([(chrom, cohort.copies.start, cohort.copies.end)])
    share = {}
    for name in (patient, other):
        track = input_track(cohort, name)
        area = track.summarise(
            chrom, inside["start"].to_numpy(), inside["end"].to_numpy(), extremes=False
        )
        share[name] = float(area.sum[0]) / track.total()
    # 1.5 times the copies of a part of the genome, within a total that grows with it.
    part = share[other]
    assert share[patient] == pytest.approx(1.5 * part / (1 + 0.5 * part), rel=0.05)
    again = input_track(cohort, patient)
    assert again.total() == input_track(cohort, patient).total()
    with pytest.raises(DesignError, match="no tumour 'X9'"):
        input_track(cohort, "X9")
    sheet = pd.read_csv(write_cohort(cohort, tmp_path))
    assert set(sheet["ControlCoverage"]) == {f"inputs/{p}.bw" for p in cohort.tumours["patient"]}
    assert all((tmp_path / p).is_file() for p in sheet["ControlCoverage"])
