"""What the marks of a run say together, from the analyses that were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.cli.main import main
from resist_epi.io.tables import read_results, read_table
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from resist_epi.study.steps import between_marks
from tests.support.cohort import make_cohort

THRESHOLD = 0.7


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudySettings, Path]:
    """A run against a threshold in which nothing may be fitted again between the marks."""
    folder = tmp_path_factory.mktemp("marks")
    cohort = make_cohort(folder)
    settings = StudySettings(
        sheet=cohort.sheet,
        genes=cohort.genes,
        gene_sets=cohort.gene_sets,
        lfc_threshold=THRESHOLD,
    )

    def refuse(*_: object) -> None:
        raise AssertionError("fitted again")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(between_marks, "analyse_kind", refuse)
        run_study(settings, folder / "out", report=False)
    return settings, folder / "out"


def test_a_run_that_goes_on_writes_what_one_that_went_through_wrote(
    run: tuple[StudySettings, Path],
) -> None:
    settings, out = run
    path = out / "marks" / "switches.tsv"
    before = path.read_bytes()
    path.unlink()
    run_study(settings, out, report=False)
    assert path.read_bytes() == before
    assert read_table(path).attrs["header"]["facts"]["contrast"]["first"] == "poor"


def test_every_table_of_a_run_is_against_its_threshold(run: tuple[StudySettings, Path]) -> None:
    _, out = run
    results = read_results(out / "differential" / "H3K27me3.promoters.tsv.gz")
    header = results.attrs["header"]
    assert header["question"]["lfc_threshold"] == THRESHOLD
    called = int((results["direction"] != "none").sum())
    assert header["facts"]["calls"] == {"gain": called, "loss": 0}
    assert header["agreement"].startswith(f"{called} regions differ under ")
    calls = read_table(out / "normalization" / "H3K27me3.calls.tsv")
    headline = header["facts"]["normalization"]["name"]
    assert calls.loc[calls[headline] == 1, "n_regions"].sum() == called
    assert f"not the threshold of {THRESHOLD:g}" in header["relabelling"]


@pytest.mark.parametrize("kind", ["promoters", "domains"])
def test_results_of_a_run_are_asked_again_from_its_counts(
    run: tuple[StudySettings, Path], tmp_path: Path, kind: str
) -> None:
    settings, out = run
    stem = f"H3K27me3.{kind}"
    command = ["enrich", str(out / "differential" / f"{stem}.tsv.gz")]
    command += ["--counts", str(out / "counts" / f"{stem}.parquet"), "--mark", "H3K27me3"]
    command += ["--samples", str(settings.sheet), "--gene-sets", str(settings.gene_sets)]
    assert main([*command, "-o", str(tmp_path / "sets.tsv")]) == 0
