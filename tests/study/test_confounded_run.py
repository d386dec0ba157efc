"""Runs of a small cohort with copy number and inputs, from the sheet to the tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resist_epi as rx
from resist_epi.cli.main import main
from resist_epi.dna import copy_number, segments
from resist_epi.dna.seg import read_seg
from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.schema import COPY_NUMBER, names
from resist_epi.study.first_look import check_first, look_at_sheet
from resist_epi.study.settings import StudySettings
from tests.support.builders import said
from tests.support.cohort import BIN, LENGTHS, SmallCohort, _write_track, make_cohort
from tests.support.run_analyses import assert_same, keep_run

GAINED = ("chr1", 300_000, 600_000)
AMPLIFIED = (4, 5, 6)  # of the poor tumours 4 to 7


@pytest.fixture
def cohort(shared_cohort: SmallCohort, tmp_path: Path) -> SmallCohort:
    """A copy of it, to be changed."""
    folder = shutil.copytree(shared_cohort.sheet.parent, tmp_path / "cohort")
    return SmallCohort(folder / "sheet.csv", folder / "genes.tsv", folder / "sets.gmt")


@pytest.fixture(scope="module")
def shared_cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    """One mark; three of four poor tumours have twice the copies of half of chr1, inputs too."""
    folder = tmp_path_factory.mktemp("confounded")
    made = make_cohort(folder, marks=["H3K27me3"])
    sheet = pd.read_csv(made.sheet)
    rng = np.random.default_rng(2)
    base = {c: rng.gamma(4, 2, size=n // BIN) + 1 for c, n in LENGTHS.items()}
    from resist_epi.tracks.open import open_track

    for i, name in enumerate(sheet["Coverage"]):
        gained = {c: np.ones(n // BIN) for c, n in LENGTHS.items()}
        if i in AMPLIFIED:
            gained[GAINED[0]][GAINED[1] // BIN :] = 2.0
        own = {}
        track = open_track(folder / name)
        for chrom, length in LENGTHS.items():
            starts = np.arange(0, length, BIN, dtype=np.int64)
            mean = track.summarise(chrom, starts, starts + BIN).sum / BIN
            own[chrom] = mean * gained[chrom]
        _write_track(folder / f"gained_{name}", own)
        noise = {c: b * gained[c] * rng.gamma(100, 0.01, len(b)) for c, b in base.items()}
        _write_track(folder / f"input_{i}.bw", noise)
    sheet["Coverage"] = "gained_" + sheet["Coverage"]
    sheet["ControlCoverage"] = [f"input_{i}.bw" for i in range(len(sheet))]
    sheet.to_csv(made.sheet, index=False)
    rows = ["ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean"]
    for i in range(8):
        value = 1.0 if i in AMPLIFIED else 0.0
        rows += [f"P{i}\t1\t1\t300000\t30\t0.0", f"P{i}\t1\t300001\t600000\t30\t{value}"]
        rows += [f"P{i}\t2\t1\t300000\t30\t0"]
    (folder / "cn.seg").write_text("\n".join(rows) + "\n")
    return made


def settings(cohort: SmallCohort, **more: object) -> StudySettings:
    values = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    return StudySettings.model_validate({**values, **more})


def on_gain(table: pd.DataFrame) -> np.ndarray:
    middle = (table["start"] + table["end"]) / 2
    return np.asarray((table["chrom"] == GAINED[0]) & (middle >= GAINED[1]))


def medians(folder: Path) -> tuple[float, float]:
    table = read_results(folder / "differential" / "H3K27me3.genes.tsv.gz")
    inside = on_gain(table)
    change = table["log2FoldChange"]
    return float(change[inside].median()), float(change[~inside].median())


def test_segments_take_the_gain_away(cohort: SmallCohort, tmp_path: Path) -> None:
    without = run_study(settings(cohort), tmp_path / "without", report=False)
    segments = cohort.sheet.parent / "cn.seg"
    out = run_study(settings(cohort, segments=segments), tmp_path / "with", report=False)
    inside, outside = medians(without)
    assert inside - outside > 0.5
    inside, outside = medians(out)
    assert abs(inside - outside) < 0.2
    results = read_results(out / "differential" / "H3K27me3.genes.tsv.gz")
    assert list(results.columns[-5:]) == names(COPY_NUMBER)
    assert results.loc[on_gain(results), "copy_number_r"].median() > 0.7
    # Over the average of the genome the others have less DNA where one arm has twice as much.
    assert results.loc[~on_gain(results), "follows_copy_number"].mean() < 0.1
    head = said(results)
    assert "copy number: an offset a region and unit, from segments of the user's" in head
    assert "signal grows by 1.0" in head or "signal grows by 0.9" in head
    written = read_seg(out / "copy_number" / "segments.seg")
    assert set(written["sample"]) == {f"T{i}_H3K27me3" for i in range(8)}
    assert set(written["chrom"]) == {"chr1", "chr2"}
    arms = read_table(out / "copy_number" / "H3K27me3.arms.tsv")
    assert arms["arm"].tolist() == ["chr1", "chr2"]
    assert (out / "copy_number" / "amplicons.tsv").exists()


def test_a_run_goes_on_and_notices_other_segments(
    cohort: SmallCohort, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    segments = cohort.sheet.parent / "cn.seg"
    chosen = settings(cohort, segments=segments, control="filter")
    out = run_study(chosen, tmp_path / "out", report=False)
    result = (out / "differential" / "H3K27me3.genes.tsv.gz").read_bytes()
    with caplog.at_level("INFO", logger="resist_epi"):
        run_study(chosen, out, report=False)
    for step in ("copy number", "inputs", "tests H3K27me3"):
        if step != "inputs":
            assert f"nothing that it depends on has changed: {step}" in caplog.text
    caplog.clear()
    segments.write_text(segments.read_text().replace("\t1.0\n", "\t0.5\n"))
    with caplog.at_level("INFO", logger="resist_epi"):
        run_study(chosen, out, report=False)
    assert "reused, since nothing that it depends on has changed: counts H3K27me3.genes" in (
        caplog.text
    )
    assert (out / "differential" / "H3K27me3.genes.tsv.gz").read_bytes() != result
    fresh = run_study(chosen, tmp_path / "fresh", report=False)
    for name in ("differential/H3K27me3.genes.tsv.gz", "copy_number/segments.seg"):
        assert (fresh / name).read_bytes() == (out / name).read_bytes()


def test_copy_number_of_inputs(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (copy_number, segments):
        monkeypatch.setattr(module, "COPY_NUMBER_BIN", 1000)
    fasta = tmp_path / "genome.fa"
    rng = np.random.default_rng(1)
    letters = ["".join(rng.choice(list("ACGT"), n)) for n in LENGTHS.values()]
    fasta.write_text("".join(f">{c}\n{s}\n" for c, s in zip(LENGTHS, letters, strict=True)))
    chosen = settings(cohort, copy_number="input", fasta=fasta)
    run = keep_run(chosen, tmp_path / "out")
    counts = rx.count_study(
        cohort.sheet, "genes", genes=cohort.genes, copy_number="input", fasta=fasta
    )
    assert_same(rx.analyse(counts), run.analyses["H3K27me3", "genes"][0])
    out = run.out
    inside, outside = medians(out)
    assert abs(inside - outside) < 0.2
    found = read_seg(out / "copy_number" / "segments.seg")
    gained = found[(found["sample"] == "T4_H3K27me3") & (found["chrom"] == "chr1")]
    assert gained["end"].iloc[0] == pytest.approx(GAINED[1], abs=5000)
    assert np.ptp(gained["log2_ratio"]) == pytest.approx(1, abs=0.05)
    header = read_table(out / "copy_number" / "amplicons.tsv").attrs["header"]
    assert "from 8 inputs in 1-kb bins, GC content corrected" in header["copy number"]


@pytest.mark.parametrize("use", ["filter", "offset"])
def test_inputs_in_a_run(use: str, cohort: SmallCohort, tmp_path: Path) -> None:
    out = run_study(settings(cohort, control=use), tmp_path / "out", report=False)
    results = read_results(out / "differential" / "H3K27me3.genes.tsv.gz")
    line = results.attrs["header"]["control"]
    assert use in line
    assert (out / "counts" / "H3K27me3.genes.inputs.parquet").exists()
    if use == "filter":
        kept = int(line.split("filter: ")[1].split(" of ")[0])
        assert results["pvalue"].notna().sum() == kept
    else:
        # Here the inputs carry the copy number, which signal above them carries too.
        assert abs(medians(out)[0]) < 0.8


def test_impossible_wishes_are_refused_before_counting(cohort: SmallCohort, tmp_path: Path) -> None:
    segments = cohort.sheet.parent / "cn.seg"
    for more, says in (
        ({"copy_number": "guess"}, "unknown source of copy number 'guess'"),
        ({"copy_number": "segments"}, "give it with --segments"),
        ({"copy_number": "input", "segments": segments}, "leave one out"),
        ({"control": "subtract"}, "unknown use of inputs 'subtract'"),
        ({"fasta": segments}, "needs --copy-number input"),
    ):
        asked = settings(cohort, **more)
        with pytest.raises(DesignError, match=says):
            check_first(asked, look_at_sheet(asked).sheet)
        with pytest.raises(DesignError, match=says):
            run_study(asked, tmp_path / "out", report=False)
    segments.write_text(segments.read_text().replace("P3", "Q3"))
    with pytest.raises(SampleSheetError, match="sample T3_H3K27me3: no segments of"):
        run_study(settings(cohort, segments=segments), tmp_path / "out", report=False)
    table = pd.read_csv(cohort.sheet).drop(columns="ControlCoverage")
    table.to_csv(cohort.sheet, index=False)
    for more in ({"copy_number": "input"}, {"control": "filter"}):
        with pytest.raises(SampleSheetError, match="no column ControlCoverage"):
            run_study(settings(cohort, **more), tmp_path / "out", report=False)


def test_diff_takes_segments_and_inputs(cohort: SmallCohort, tmp_path: Path) -> None:
    genes, bins, out = (tmp_path / n for n in ("genes.parquet", "bins.parquet", "out.tsv"))
    for regions, path in (("genes", genes), ("bins", bins)):
        made = ["count", str(cohort.sheet), "--regions", regions, "--genes", str(cohort.genes)]
        assert main([*made, "-o", str(path), "--quantity", "mean_signal"]) == 0
    common = ["diff", str(genes), "--background", str(bins), "-o", str(out)]
    seg = ["--segments", str(cohort.sheet.parent / "cn.seg")]
    assert main([*common, *seg]) == 0
    results = read_results(out)
    inside = on_gain(results)
    assert abs(results.loc[inside, "log2FoldChange"].median()) < 0.25
    assert results.loc[inside, "copy_number_r"].median() > 0.7
    assert main([*common, "--control", "filter"]) == 0
    assert read_results(out).attrs["header"]["control"].startswith("filter")
    sets = ["--gene-sets", str(cohort.gene_sets), "-o", str(tmp_path / "sets.tsv")]
    for asked in (["--control", "offset"], seg, [*seg, "--control", "filter"]):
        assert main([*common, *asked]) == 0
        assert main(["enrich", str(out), "--counts", str(genes), *sets]) == 0
    assert main(["diff", str(genes), "--control", "filter", "-o", str(out)]) == 1


@pytest.mark.parametrize(
    "asked",
    [{"control": "offset"}, {"control": "filter", "segments": True}],
)
def test_a_notebook_corrects_as_the_run_does(
    cohort: SmallCohort, tmp_path: Path, asked: dict[str, object]
) -> None:
    chosen = dict(asked)
    if "segments" in chosen:
        chosen["segments"] = cohort.sheet.parent / "cn.seg"
    run = keep_run(settings(cohort, **chosen), tmp_path / "out")
    counts = rx.count_study(cohort.sheet, "promoters", genes=cohort.genes, **chosen)
    assert ("copy number" in repr(counts)) == ("segments" in chosen)
    assert_same(rx.analyse(counts), run.analyses["H3K27me3", "promoters"][0])
