"""Marks side by side or one after the other: the same files, each mark tested once."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from typing import Any

import pytest

from resist_epi.counting.matrix import CountMatrix
from resist_epi.io.digest import checksum
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps import domains, stored_counts
from tests.support.cohort import SmallCohort, make_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> SmallCohort:
    return make_cohort(tmp_path_factory.mktemp("cohort"))


def run(cohort: SmallCohort, out: Path, jobs: int) -> dict[str, str]:
    """Path in the folder -> checksum, of every table of a run without its report."""
    given = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    run_study(StudySettings.model_validate({**given, "jobs": jobs}), out, report=False)
    tables = (p for p in out.rglob("*") if p.suffix in {".gz", ".parquet", ".bed", ".tsv"})
    return {p.relative_to(out).as_posix(): checksum(p) for p in tables}


def test_marks_that_are_tested_side_by_side_give_the_same_tables(
    cohort: SmallCohort, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = (run(cohort, tmp_path / str(jobs), jobs) for jobs in (1, 2))
    assert "differential/H3K36me3.genes.tsv.gz" in one
    assert two == one
    steps = [(tmp_path / str(jobs) / "steps.json").read_text() for jobs in (1, 2)]
    assert steps[0] == steps[1]
    (tmp_path / "2" / "differential" / "H3K27me3.genes.tsv.gz").write_bytes(b"")
    with caplog.at_level(logging.INFO):
        assert run(cohort, tmp_path / "2", 2) == one
    assert "tests H3K36me3" in caplog.text, "only the mark that lost a table is tested again"


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_bins_are_held_while_windows_are_tested_and_the_tables_are_the_same(
    cohort: SmallCohort, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    expected = run(cohort, tmp_path / "held", jobs)
    monkeypatch.setattr(stored_counts, "_LARGE", 1)
    real = domains.with_windows_of_several

    def watched(*given: Any) -> Any:
        gc.collect()
        held = [m for m in gc.get_objects() if isinstance(m, CountMatrix) and "kind" in m.regions]
        assert "bins" not in {kind for m in held for kind in m.regions["kind"].unique()}
        return real(*given)

    monkeypatch.setattr(domains, "with_windows_of_several", watched)
    assert run(cohort, tmp_path / "let go", jobs) == expected
