"""`--jobs N|auto`, at every verb that has it."""

import logging

import pytest
import typer
from typer.main import get_command

from resist_epi.cli.jobs import number_of_jobs
from resist_epi.cli.main import app, main

VERBS = get_command(app).commands


def test_every_verb_that_has_it_understands_auto():
    with_jobs = {n: p for n, v in VERBS.items() for p in v.params if p.name == "jobs"}
    assert {"check", "count", "run", "simulate", "demo", "tracks", "power"} <= set(with_jobs)
    assert {option.metavar for option in with_jobs.values()} == {"N|auto"}


def test_auto_is_the_schedulers_number_and_says_so(monkeypatch, caplog):
    monkeypatch.setenv("NSLOTS", "1")
    with caplog.at_level(logging.INFO, logger="resist_epi"):
        assert number_of_jobs("auto") == 1
    assert caplog.messages == ["--jobs auto: 1, by NSLOTS"]


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "", "9" * 20])
def test_no_number_of_processes(text):
    with pytest.raises(typer.BadParameter):
        number_of_jobs(text)


def test_a_verb_uses_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "1")
    own = ["simulate", "-o", str(tmp_path / "c"), "--good", "1", "--poor", "1", "--marks", "ER"]
    more = ["--chromosomes", "chr21", "--fragments", "1e3", "--jobs"]
    assert main([*own, *more, "auto"]) == 0
    assert "--jobs auto: 1, by SLURM_CPUS_PER_TASK" in capsys.readouterr().err
    assert main([*own, *more, "some"]) == 2
    assert "auto" in capsys.readouterr().err
