"""A track is opened for its header once, and then only to be read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from resist_epi.pipeline import run_study
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.study import check, first_look, study
from resist_epi.study.count_sheet import count_sheet
from resist_epi.study.regions import AskedRegions
from resist_epi.study.settings import StudySettings
from resist_epi.tracks.bigwig.track import BigWigTrack
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture
def cohort(tmp_path: Path) -> SmallCohort:
    (tmp_path / "cohort").mkdir()
    return make_cohort(tmp_path / "cohort", per_group=2)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each bigWig is opened."""
    times: Counter[str] = Counter()
    plain = BigWigTrack.__init__

    def watched(self: BigWigTrack, path: str | Path) -> None:
        times[Path(path).name] += 1
        plain(self, path)

    monkeypatch.setattr(BigWigTrack, "__init__", watched)
    return times


@pytest.mark.parametrize("quantity", ["auto", "mean_signal"])
def test_count_opens_a_track_to_look_at_it_and_to_count_it(
    cohort: SmallCohort, opened: Counter[str], quantity: str
) -> None:
    sheet = read_sheet(cohort.sheet).for_mark("H3K27me3")
    count_sheet(sheet, AskedRegions("genes", genes=cohort.genes), quantity=quantity)
    assert opened == {f"{sample}.bw": 2 for sample in sheet.samples}


def test_run_reads_the_sheet_once_and_opens_a_track_once_a_pass(
    cohort: SmallCohort,
    opened: Counter[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheets: list[str] = []

    def watched(path: str | Path) -> SampleSheet:
        sheets.append(str(path))
        return read_sheet(path)

    for module in (first_look, check, study):
        monkeypatch.setattr(module, "read_sheet", watched)
    settings = StudySettings.model_validate({"sheet": cohort.sheet, "genes": cohort.genes})
    out = run_study(settings, tmp_path / "out", report=False)
    assert sheets == [str(settings.sheet)]
    # For its header, and to be read; and where any region is called, for the profiles.
    profiled = {p.stem for p in (out / "profiles").glob("*.gz")}
    for sample in read_sheet(cohort.sheet).samples:
        assert opened[f"{sample}.bw"] == 2 + (sample.split("_")[1] in profiled)
