"""The first screen of peaks alone: numbers of the tables, and no word of a test of amounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.io.tables import read_table
from resist_epi.pipeline import run_study
from resist_epi.report.peaks_answer import compared_levels, peaks_answer
from resist_epi.report.peaks_gather import PeaksRun, gather_peaks
from resist_epi.report.peaks_page import render_peaks
from resist_epi.study.settings import StudySettings
from tests.support.peak_sheets import write_peak_sheet


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("answer")
    sheet = write_peak_sheet(place, groups=["good"] * 4 + ["poor"] * 4)
    settings = StudySettings(sheet=sheet, genes=place / "genes.tsv")
    return run_study(settings, place / "run", report=False)


@pytest.fixture(scope="module")
def run(folder: Path) -> PeaksRun:
    return gather_peaks(folder)


def test_question_and_numbers_are_those_of_the_tables(run: PeaksRun, folder: Path) -> None:
    found = peaks_answer(run)
    assert (
        found.question == "Which samples have peaks of H3K27me3, and where do poor and good differ?"
    )
    assert found.units == "good (4 units), poor (4 units); 8 peak files"
    table = read_table(folder / "occupancy" / "H3K27me3.tsv.gz")
    in_all = int((table["n_samples"] == 8).sum())
    assert f"has {len(table)} consensus peaks, {in_all} of them in all of 8" in found.sentences[0]
    shared = read_table(folder / "occupancy" / "H3K27me3.group_overlaps.tsv")
    of_poor = int(shared.loc[(shared["poor"] == 1) & (shared["good"] == 0), "n_peaks"].sum())
    of_good = int(shared.loc[(shared["poor"] == 0) & (shared["good"] == 1), "n_peaks"].sum())
    assert found.sentences[1].startswith(f"{of_poor} peak")
    assert f"half of poor and not of good, {of_good} the other way round" in found.sentences[1]
    few = int((table["descriptive_padj"] <= 0.05).sum())
    said = {0: "none has", 1: "1 has"}.get(few, f"{few} have")
    assert f"{said} a descriptive adjusted P" in found.sentences[1]
    genes = read_table(folder / "occupancy" / "H3K27me3.mechanisms.tsv")
    some = int((genes["n_with_peak"] > 0).sum())
    counted = f"{some} of {len(genes)} mechanisms have a gene with a peak of H3K27me3: counts"
    assert any(text.startswith(counted) for text in found.sentences)


def test_without_groups_nothing_is_compared(run: PeaksRun) -> None:
    (mark,) = run.marks
    left = [c for c in mark.regions.table if not str(c).startswith("fraction_")]
    alone = type(mark.regions)(mark.regions.table[left], mark.regions.header)
    found = peaks_answer(type(run)((type(mark)(**vars(mark) | {"regions": alone}),), run.check, {}))
    assert compared_levels(type(mark)(**vars(mark) | {"regions": alone})) == []
    assert found.question == "Which samples have peaks of H3K27me3?"
    assert not any("half" in text for text in found.sentences)


def test_the_first_screen_has_the_strongest_peaks_and_what_they_cannot_tell(run: PeaksRun) -> None:
    page = render_peaks(run)
    first = page[: page.index('<section id="mark0"')]
    for said in ("HK2", "What they do not tell", "tests the amount of the mark", "no differential"):
        assert said in first
