"""The page on peaks alone says what it can tell, and what speaks for care."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.io.tables import read_table, write_table
from resist_epi.pipeline import run_study
from resist_epi.report import peaks_words
from resist_epi.report.peaks_figures import MOST_SETS, peak_figures
from resist_epi.report.peaks_gather import PeaksRun, gather_peaks
from resist_epi.report.peaks_page import render_peaks
from resist_epi.study.settings import StudySettings
from tests.support.peak_sheets import write_peak_sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    sheet = write_peak_sheet(place, groups=["<b>good</b>"] * 4 + ["poor"] * 4)
    settings = StudySettings(sheet=sheet, genes=place / "genes.tsv")
    return run_study(settings, place / "run", report=False)


@pytest.fixture(scope="module")
def run(folder: Path) -> PeaksRun:
    return gather_peaks(folder)


def test_names_of_a_sheet_are_text_and_no_markup(run: PeaksRun) -> None:
    page = render_peaks(run)
    assert "<b>good</b>" not in page
    assert "&lt;b&gt;good&lt;/b&gt;" in page
    assert "<script" not in page
    assert page == render_peaks(run)


def test_the_ranking_begins_with_the_largest_difference(run: PeaksRun) -> None:
    assert peaks_words.strongest(run.marks[0])["symbol"].tolist() == ["HK2", "G6PD"]


def test_unlike_numbers_of_peaks_are_said(run: PeaksRun) -> None:
    (mark,) = run.marks
    samples = mark.samples.assign(n_peaks=[100.0] * 4 + [400.0] * 4)
    changed = type(run)((type(mark)(**vars(mark) | {"samples": samples}),), run.check, {})
    texts = [w["text"] for w in peaks_words.warnings(changed)]
    assert any("have 4.0 times as many peaks" in t for t in texts)
    assert any("from 100 to 400 peaks" in t for t in texts)
    calm = [w["text"] for w in peaks_words.warnings(run)]
    assert not any("times as many" in t for t in calm)


def test_the_methods_name_rule_and_test(run: PeaksRun) -> None:
    text = peaks_words.methods(run)
    assert "at least 2 of 8 samples are kept whole" in text
    assert "Fisher's exact test" in text


def test_figures_by_the_number_of_samples(run: PeaksRun) -> None:
    stems = [stem for stem, _ in peak_figures(run)]
    assert stems == [f"H3K27me3.{name}" for name in ("upset", "venn", "annotation", "pca")]
    (mark,) = run.marks
    many = pd.concat([mark.samples] * MOST_SETS, ignore_index=True)
    few = type(run)((type(mark)(**vars(mark) | {"samples": many}),), run.check, {})
    names = [stem.partition(".")[2] for stem, _ in peak_figures(few)]
    assert "upset" not in names
    assert "group_upset" in names


def test_a_folder_that_lacks_a_table_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"it has no qc.tsv"):
        gather_peaks(tmp_path)
    quality = read_table(folder / "qc.tsv")
    write_table(tmp_path / "qc.tsv", quality)
    with pytest.raises(InputFormatError, match=r"it has no occupancy/H3K27me3\.pca\.tsv"):
        gather_peaks(tmp_path)
