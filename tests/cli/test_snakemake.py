"""The program that carries a workflow out: where it is looked for, and how it is called."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resist_epi.cli import snakemake
from resist_epi.cli.snakemake import VARIABLE, find_snakemake, run_snakemake
from resist_epi.errors import MissingDependencyError
from tests.support.fake_snakemake import fake_snakemake
from tests.support.processes import hear_control_c
from tests.support.texts import TOP

PYTHON = sys.executable


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Snakemake on this machine, but where a test puts one."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(snakemake.sys, "executable", str(tmp_path / "env" / "bin" / "python"))


def test_the_program_that_is_named_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = fake_snakemake(tmp_path / "path").program
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find_snakemake() == str(on_path)
    beside = fake_snakemake(tmp_path / "env" / "bin").program
    assert find_snakemake() == str(beside)
    by_variable = fake_snakemake(tmp_path / "variable").program
    monkeypatch.setenv(VARIABLE, str(by_variable))
    assert find_snakemake() == str(by_variable)
    named = fake_snakemake(tmp_path / "named").program
    assert find_snakemake(named) == str(named)


def test_a_relative_path_is_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fake_snakemake(tmp_path / "named")
    monkeypatch.chdir(tmp_path)
    assert find_snakemake(Path("named/snakemake")) == str(made.program)


@pytest.mark.parametrize("how", ["none", "named", "variable"])
def test_without_one_it_is_said_how_to_install_it(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing"
    if how == "variable":
        monkeypatch.setenv(VARIABLE, str(missing))
    with pytest.raises(MissingDependencyError, match=r"pip install 'resist_epi\[workflow\]'") as no:
        find_snakemake(missing if how == "named" else None)
    said = {"none": "no snakemake is found", "named": "--snakemake names", "variable": VARIABLE}
    assert said[how] in str(no.value)


def test_it_runs_in_the_folder_with_our_programs_first(tmp_path: Path) -> None:
    made = fake_snakemake(tmp_path / "a", code=3)
    assert run_snakemake(str(made.program), ["--x", "y z"], tmp_path) == 3
    assert made.call["arguments"] == ["--x", "y z"]
    assert made.call["folder"] == str(tmp_path)
    assert made.call["path"].split(os.pathsep)[0] == str(tmp_path / "env" / "bin")


def test_one_that_a_signal_ended_has_its_number(tmp_path: Path) -> None:
    made = fake_snakemake(tmp_path, body="os.kill(os.getpid(), 9)")
    assert run_snakemake(str(made.program), [], tmp_path) == 128 + signal.SIGKILL


def test_one_whose_python_is_gone_is_told(tmp_path: Path) -> None:
    made = fake_snakemake(tmp_path)
    made.program.write_text("#!/gone/bin/python\n")
    with pytest.raises(MissingDependencyError, match=r"cannot be started.*pip install"):
        run_snakemake(str(made.program), [], tmp_path)


CALL = """
import sys
from pathlib import Path
from resist_epi.cli.snakemake import run_snakemake
sys.exit(run_snakemake(sys.argv[1], [], Path(sys.argv[2])))
"""

# Answers a signal by tidying up for a moment.
TIDY = """
import signal
def heard(number, frame):
    time.sleep(0.3)
    open("tidied", "w").write(str(number))
    sys.exit(7)
signal.signal(signal.SIGINT, heard)
signal.signal(signal.SIGTERM, heard)
open("ready", "w").close()
time.sleep(60)
"""


# As on a busy computer: the program is at work before who called it goes on.
BUSY = """
import subprocess, time
class Slow(subprocess.Popen):
    def __init__(self, *given, **how):
        super().__init__(*given, **how)
        time.sleep(2)
subprocess.Popen = Slow
"""


@pytest.mark.parametrize("before", ["", BUSY], ids=["idle", "busy"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_waits_for_it(number: signal.Signals, before: str, tmp_path: Path) -> None:
    made = fake_snakemake(tmp_path, body=TIDY)
    # Control-C reaches all processes of a terminal, a signal to end one alone.
    process = subprocess.Popen(
        [PYTHON, "-c", before + CALL, str(made.program), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(TOP)},
        start_new_session=True,
        preexec_fn=hear_control_c,
    )
    end = time.monotonic() + 60
    while not (tmp_path / "ready").exists() and time.monotonic() < end:
        time.sleep(0.05)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        os.kill(process.pid, number)
    assert process.wait(60) == 7
    assert (tmp_path / "tidied").read_text() == str(int(number))


def test_the_oldest_snakemake_is_that_of_the_snakefile() -> None:
    snakefile = (TOP / "data" / "workflow" / "Snakefile").read_text()
    assert f'min_version("{snakemake._OLDEST}.0")' in snakefile
