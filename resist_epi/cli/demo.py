"""`resist-epi demo`: a simulated cohort and the study made from it."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import Output

NAME = "demo"


def command(
    output: Output = ...,  # type: ignore[assignment]
    seed: int = typer.Option(1, min=0, help="Seed of all random numbers."),
    jobs: JobsOption = 2,
) -> None:
    """Simulate a small cohort (6 good, 6 poor tumours, two marks) and run the study.

    Needs no file and no network.
    """
    from resist_epi.cli.messages import track_progress
    from resist_epi.pipeline import run_study
    from resist_epi.simulation.cohort import simulate_cohort
    from resist_epi.simulation.files import write_cohort
    from resist_epi.simulation.settings import CohortSettings
    from resist_epi.study.settings import make_settings

    cohort = simulate_cohort(CohortSettings(seed=seed))
    with track_progress(len(cohort.libraries), what="simulating") as progress:
        sheet = write_cohort(cohort, output / "cohort", jobs=jobs, progress=progress)
    study = output / "study"
    with track_progress(None, what="reading the sheet") as progress:
        run_study(make_settings({"sheet": sheet, "jobs": jobs}), study, progress=progress)
    _say_where(output / "cohort", study)


def _say_where(cohort: Path, study: Path) -> None:
    """Print the outputs that a person looks at, as far as this study has them."""
    from resist_epi.io.run_folder import run_path

    for what, path in (
        ("report", run_path(study, "report")),
        ("results", study / "differential"),
        ("gene sets", study / "gene_sets"),
        ("mechanisms", run_path(study, "mechanisms")),
        ("switches", run_path(study, "switches")),
        ("tracks with results for IGV", run_path(study, "session")),
        ("the simulated cohort", cohort / "sheet.csv"),
        ("what was planted in it", cohort / "truth.tsv.gz"),
    ):
        if path.exists():
            print(f"{what}: {path}")
