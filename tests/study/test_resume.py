"""A run that stopped goes on; what changed is made anew; a killed run ends with the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.io.lock import LOCK
from resist_epi.io.run_folder import run_file
from resist_epi.io.store import PARTIAL
from resist_epi.pipeline import run_study
from resist_epi.study.settings import StudySettings
from tests.support.cohort import SmallCohort, make_cohort

LEDGER = run_file("ledger")


@pytest.fixture
def cohort(tmp_path: Path) -> SmallCohort:
    (tmp_path / "cohort").mkdir()
    return make_cohort(tmp_path / "cohort", per_group=2)


def settings(cohort: SmallCohort, **more: object) -> StudySettings:
    values = {"sheet": cohort.sheet, "genes": cohort.genes, "gene_sets": cohort.gene_sets}
    return StudySettings.model_validate({**values, **more})


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def made_anew(before: dict[str, float], folder: Path) -> set[str]:
    return {name for name, when in moments(folder).items() if before.get(name) != when}


def moments(folder: Path) -> dict[str, float]:
    tables = (p for d in ("counts", "differential") for p in (folder / d).iterdir())
    return {p.name: p.stat().st_mtime_ns for p in tables}


def test_nothing_is_done_twice(
    cohort: SmallCohort, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = run_study(settings(cohort), tmp_path / "out")
    before, bytes_before = moments(out), contents(out)
    with caplog.at_level("INFO", logger="resist_epi"):
        run_study(settings(cohort), out)
    assert made_anew(before, out) == set()
    assert contents(out) == bytes_before
    assert "reused, since nothing that it depends on has changed: tests H3K27me3" in caplog.text


def test_a_changed_setting_redoes_the_tests_and_not_the_counts(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    out = run_study(settings(cohort), tmp_path / "out", report=False)
    before = moments(out)
    run_study(settings(cohort, normalize="tmm"), out, report=False)
    again = made_anew(before, out)
    assert not any(name.endswith(".parquet") for name in again)
    assert "H3K27me3.promoters.tsv.gz" in again
    fresh = run_study(settings(cohort, normalize="tmm"), tmp_path / "fresh", report=False)
    assert contents(out)[LEDGER] == contents(fresh)[LEDGER]


def test_a_changed_track_redoes_its_mark_alone(cohort: SmallCohort, tmp_path: Path) -> None:
    out = run_study(settings(cohort), tmp_path / "out", report=False)
    before = moments(out)
    folder = cohort.sheet.parent
    one, other = (folder / f"T{i}_H3K36me3.bw" for i in (0, 1))
    before_them = one.read_bytes(), other.read_bytes()
    other.write_bytes(before_them[0])
    one.write_bytes(before_them[1])
    run_study(settings(cohort), out, report=False)
    again = made_anew(before, out)
    assert {name.split(".")[0] for name in again} == {"H3K36me3"}
    assert any(name.endswith(".parquet") for name in again)


def test_a_mark_that_left_the_sheet_leaves_the_folder(cohort: SmallCohort, tmp_path: Path) -> None:
    out = run_study(settings(cohort), tmp_path / "out")
    rows = pd.read_csv(cohort.sheet)
    rows[rows["Factor"] == "H3K36me3"].to_csv(cohort.sheet, index=False)
    run_study(settings(cohort), out)
    assert not any("H3K27me3" in name for name in contents(out))


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_output_is_made_anew(cohort: SmallCohort, tmp_path: Path, damage: str) -> None:
    out = run_study(settings(cohort), tmp_path / "out", report=False)
    before = contents(out)
    victim = out / "differential" / "H3K36me3.genes.tsv.gz"
    if damage == "gone":
        victim.unlink()
    else:
        victim.write_bytes(b"something else")
    run_study(settings(cohort), out, report=False)
    assert contents(out) == before


def test_of_two_runs_in_one_folder_the_second_stops(cohort: SmallCohort, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "resist_epi", "-q", "run", str(cohort.sheet)]
    command += ["--genes", str(cohort.genes), "--gene-sets", str(cohort.gene_sets), "-o", str(out)]
    first = subprocess.Popen(command)
    while not (out / LOCK).exists():
        assert first.poll() is None
        time.sleep(0.01)
    second = subprocess.run([*command, "--normalize", "tmm"], capture_output=True, text=True)
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert f"another run writes this folder: process {first.pid} on " in line
    assert first.wait() == 0
    assert not (out / LOCK).exists()
    assert "normalize: null" in (out / "study.yaml").read_text()


# A run whose marks draw two figures instead of all: drawing is three quarters of the time.
FEW_FIGURES = """
import sys
from itertools import islice
from resist_epi.cli.main import main
from resist_epi.report import figures
draw = figures._figures
figures._figures = lambda *mark: islice(draw(*mark), 2)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_killed_at_twenty_random_moments_it_ends_with_the_same_bytes(
    cohort: SmallCohort, tmp_path: Path
) -> None:
    def start(out: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", FEW_FIGURES, "--quiet", "run", str(cohort.sheet)]
        command += ["--genes", str(cohort.genes), "--gene-sets", str(cohort.gene_sets)]
        return subprocess.Popen([*command, "-o", str(out)], stderr=subprocess.DEVNULL)

    began = time.monotonic()
    assert start(tmp_path / "whole").wait() == 0
    duration = time.monotonic() - began
    expected = contents(tmp_path / "whole")
    rng = np.random.default_rng(20)
    killed, folder = 0, 0
    while killed < 20 and folder < 20:
        out = tmp_path / f"killed{folder}"
        process = start(out)
        time.sleep(rng.uniform(0.25, 0.9) * duration)  # after the imports
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            killed += 1
            found = contents(out)
            # Whatever bears its final name is whole: the same bytes as in the undisturbed run.
            for name in found.keys() - {LEDGER}:
                parts = run_file("parts") + "/"  # whole, but gone at the end of a run
                if not (Path(name).name.startswith((PARTIAL, LOCK)) or name.startswith(parts)):
                    assert found[name] == expected[name], name
            continue
        # It went on from what was there and ended before the next kill: all must be as expected.
        assert contents(out) == expected
        folder += 1
    assert killed == 20
    assert start(tmp_path / f"killed{folder}").wait() == 0
    assert contents(tmp_path / f"killed{folder}") == expected
