"""Runs of peaks alone: the folder, resume, and what is refused or said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.cli.main import main
from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.io.run_folder import is_peaks_run, is_run_file
from resist_epi.io.tables import read_table
from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import read_sheet
from resist_epi.study.peaks_study import check_peaks_study, not_done_words, of_peaks_alone
from resist_epi.study.settings import StudySettings
from tests.support.peak_sheets import write_peak_sheet

MARKS = ("H3K27me3", "H3K36me3")


def settings(sheet: Path, **more: object) -> StudySettings:
    values = {"sheet": sheet, "genes": sheet.parent / "genes.tsv"} | more
    return StudySettings.model_validate(values)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    sheet = write_peak_sheet(folder, marks=MARKS, empty=[7])
    return run_study(settings(sheet, normalize="tmm"), folder / "run")


def test_the_folder_holds_what_it_should(finished: Path) -> None:
    files = {p.relative_to(finished).as_posix() for p in finished.rglob("*") if p.is_file()}
    kinds = ("tsv.gz", "consensus.bed", "overlaps.tsv", "group_overlaps.tsv", "pca.tsv")
    kinds += ("classes.tsv", "genes.tsv.gz", "mechanisms.tsv")
    assert {f"occupancy/{mark}.{kind}" for mark in MARKS for kind in kinds} <= files
    assert {"qc.tsv", "report.html", "study.yaml", "provenance.json", "igv_session.xml"} <= files
    assert not any(f.startswith(("differential", "counts")) for f in files)
    assert all(is_run_file(f) for f in files if not f.startswith(("figures", "run.log")))
    assert is_peaks_run(finished)
    provenance = json.loads((finished / "provenance.json").read_text())
    assert sum("narrowPeak" in name for name in provenance["inputs"]) == 6


def test_occupancy_is_that_of_the_verb(finished: Path, tmp_path: Path) -> None:
    sheet, genes = finished.parent / "peaks.csv", finished.parent / "genes.tsv"
    out = tmp_path / "o.tsv"
    asked = ["--mark", "H3K36me3", "--genes", str(genes)]
    assert main(["occupancy", str(sheet), *asked, "-o", str(out)]) == 0
    run = read_table(finished / "occupancy" / "H3K36me3.tsv.gz")
    pd.testing.assert_frame_equal(read_table(out), run)


def test_what_cannot_be_done_is_said(finished: Path) -> None:
    header = read_table(finished / "occupancy" / "H3K27me3.tsv.gz").attrs["header"]
    assert "needs tracks or reads: normalize" in header["not done"]
    assert "H3K27me3_T7: counted as without any peak" in header["without peaks"]
    page = (finished / "report.html").read_text()
    for words in (
        "What they do not tell",
        "there is no differential test",
        "normalize",
        "H3K36me3",
    ):
        assert words in page
    assert page.count("data:image/webp;base64") == 2 * 4


def test_quality_is_of_peaks(finished: Path) -> None:
    table = read_table(finished / "qc.tsv").set_index("sample")
    row = table.loc["H3K27me3_T2"]
    assert (row["n_peaks"], row["n_in_consensus"], row["n_consensus"]) == (4, 3, 3)
    assert np.isnan(row["library_size"])
    assert table.loc["H3K27me3_T7", "n_peaks"] == 0


def test_a_run_goes_on_and_makes_anew_what_changed(
    finished: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = shutil.copytree(finished, finished.with_name("again"))
    sheet = finished.parent / "peaks.csv"
    before = (run / "occupancy" / "H3K27me3.tsv.gz").stat().st_mtime_ns
    caplog.set_level("INFO")
    run_study(settings(sheet, normalize="tmm"), run)
    assert "reused, since nothing that it depends on has changed: report" in caplog.text
    assert (run / "occupancy" / "H3K27me3.tsv.gz").stat().st_mtime_ns == before
    caplog.clear()
    lost = run / "occupancy" / "H3K36me3.overlaps.tsv"
    lost.unlink()
    run_study(settings(sheet, normalize="tmm"), run)
    assert "occupancy H3K27me3" in caplog.text
    assert "H3K36me3.overlaps.tsv is missing" in caplog.text
    assert lost.is_file()
    assert main(["report", str(run), "-o", str(finished.parent / "again.html")]) == 0
    assert (finished.parent / "again.html").read_text() == (run / "report.html").read_text()


def test_one_group_is_described(tmp_path: Path) -> None:
    sheet = write_peak_sheet(tmp_path, groups=["tumour"] * 8)
    out = run_study(settings(sheet), tmp_path / "run")
    table = read_table(out / "occupancy" / "H3K27me3.tsv.gz")
    assert "descriptive_pvalue" not in table
    assert table["n_tumour"].tolist() == [4, 8, 4, 4]
    assert "Nothing was compared" in (out / "report.html").read_text()


def test_a_consensus_of_nothing_is_a_folder_all_the_same(tmp_path: Path) -> None:
    sheet = write_peak_sheet(tmp_path, empty=[2, 4, 5])
    genes = (tmp_path / "genes.tsv").read_text().replace("HK2", "X1").replace("G6PD", "X2")
    (tmp_path / "genes.tsv").write_text(genes)
    out = run_study(settings(sheet, min_overlap=5), tmp_path / "run")
    assert len(read_table(out / "occupancy" / "H3K27me3.tsv.gz")) == 1
    (tmp_path / "far.bed").write_text("chr1\t0\t100000\n")
    out = run_study(settings(sheet, min_overlap=5, exclude=tmp_path / "far.bed"), tmp_path / "none")
    assert read_table(out / "occupancy" / "H3K27me3.tsv.gz").empty
    assert "No consensus peak differs" in (out / "report.html").read_text()


def test_three_groups_by_a_contrast_of_another_column(tmp_path: Path) -> None:
    sheet = write_peak_sheet(tmp_path, Line=list("aabbccaa"))
    out = run_study(settings(sheet, contrast="Line:b-a"), tmp_path / "run", report=False)
    table = read_table(out / "occupancy" / "H3K27me3.tsv.gz")
    assert table["n_c"].tolist() == [0, 2, 2, 1]
    assert table["fraction_difference"].tolist() == [0.5, 0, -0.5, 0]


def test_which_sheets_are_of_peaks_alone(tmp_path: Path) -> None:
    sheet = read_sheet(write_peak_sheet(tmp_path))
    assert of_peaks_alone(sheet)
    table = sheet.table
    assert of_peaks_alone(type(sheet)(table.assign(Coverage="")))
    assert not of_peaks_alone(type(sheet)(table.assign(bamReads=["x.bam"] + [""] * 7)))
    assert not of_peaks_alone(type(sheet)(table.drop(columns="Peaks")))


def test_what_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    sheet = write_peak_sheet(tmp_path)
    several = settings(sheet, contrast=["poor-good", "good-poor"])
    with pytest.raises(DesignError, match="two groups at a time"):
        run_study(several, tmp_path / "run")
    with pytest.raises(DesignError, match="no column of the sheet"):
        run_study(settings(sheet, contrast="poor-better"), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    rows = read_sheet(sheet)
    partly = type(rows)(rows.table.assign(Peaks=["", *rows.table["Peaks"][1:]]))
    with pytest.raises(SampleSheetError, match="T0, column Peaks: empty"):
        check_peaks_study(settings(sheet), partly)


def test_settings_of_tracks_are_named() -> None:
    plain = StudySettings(sheet=Path("s.csv"))
    assert not_done_words(plain) == ""
    asked = StudySettings(sheet=Path("s.csv"), design="~ Batch + Condition", fdr=0.1, jobs=2)
    assert not_done_words(asked).endswith(": design, fdr")


@pytest.mark.real
def test_encode_peaks_of_two_marks(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "peak_files"
    files = sorted(folder.glob("H*_hg38.bed.gz"))
    rows = [
        {"SampleID": f.name[:-7], "Factor": f.name.split("_")[1], "Condition": f.name.split("_")[0]}
        | {"Peaks": f, "Assembly": "hg38"}
        for f in files
    ]
    sheet = tmp_path / "sheet.csv"
    pd.DataFrame(rows).to_csv(sheet, index=False)
    out = run_study(StudySettings(sheet=sheet), tmp_path / "run", report=False)
    table = read_table(out / "occupancy" / "H3K27me3.tsv.gz")
    assert {"n_H1", "n_H9"} <= set(table)
    classes = read_table(out / "occupancy" / "H3K36me3.classes.tsv")
    own = classes[classes["level"] == "consensus"].groupby("class")["fraction"].sum()
    assert own["gene_body"] > 0.8, "H3K36me3 lies over transcribed bodies"
