"""The module folder for Nextflow: what its scripts call exists, runs and leaves what it promises.

Nextflow is not needed: a script block is filled in as Nextflow would fill it, and run by bash.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from resist_epi.cli.main import app
from resist_epi.version import VERSION
from tests.support.cohort import make_cohort
from tests.support.texts import TOP

MODULES = TOP / "recipe" / "nf-core" / "modules" / "local" / "resist_epi"
NAMES = ["count", "diff", "run"]


def text(name: str, file: str = "main.nf") -> str:
    return (MODULES / name / file).read_text("utf-8")


def block(source: str, name: str) -> str:
    """Lines of a section of a process, up to the next one."""
    found = re.search(rf"^    {name}:\n(.*?)(?=^    \w+:\n|^\}}$)", source, re.M | re.S)
    assert found is not None, name
    return found[1]


def command(source: str, section: str = "script") -> str:
    """What stands between the triple quotes of a section."""
    found = re.search(r'"""\n(.*?)"""', block(source, section), re.S)
    assert found is not None
    # Nextflow takes the common indentation away, and reads two backslashes as one.
    return textwrap.dedent(found[1]).replace("\\\\\n", "\\\n")


def calls(source: str) -> list[tuple[str, list[str]]]:
    """Verb and options of every call, those in variables of the script included."""
    script = block(source, "script")
    held = {
        n: re.findall(r"--?[a-z][a-z-]*", v) for n, v in re.findall(r"def (\w+) = (.*)", script)
    }
    found = []
    joined = command(source).replace("\\\n", " ")
    for verb, rest in re.findall(r"resist-epi ([a-z]+)\b([^\n]*)", joined):
        options = re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)
        options += [o for n in re.findall(r"\$\{(\w+)\}", rest) for o in held.get(n, [])]
        found.append((verb, options))
    return found


def unknown(source: str) -> list[str]:
    """Options of calls that their verb does not have, and verbs that there are not."""
    verbs: Any = typer.main.get_command(app)
    found = []
    for verb, options in calls(source):
        own = verbs.commands.get(verb)
        if own is None:
            found.append(verb)
            continue
        known = {o for p in own.params for o in (*p.opts, *p.secondary_opts)}
        found += [f"{verb} {o}" for o in options if o not in known]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_a_module_gives_exists(name: str) -> None:
    assert [verb for verb, _ in calls(text(name))] == [name]
    assert unknown(text(name)) == []


def test_an_option_that_does_not_exist_is_noticed() -> None:
    assert unknown(text("count").replace("--regions", "--regionz")) == ["count --regionz"]
    assert unknown(text("count").replace("--genes $", "--gnes $")) == ["count --gnes"]
    assert unknown(text("diff").replace("resist-epi diff", "resist-epi differ")) == ["differ"]


@pytest.mark.parametrize("name", NAMES)
def test_versions_and_names_are_the_packages_own(name: str) -> None:
    source = text(name)
    assert f"process RESIST_EPI_{name.upper()} {{" in source
    assert re.findall(r'container "resist_epi:([^"]+)"', source) == [VERSION]
    packages = yaml.safe_load(text(name, "environment.yml"))["dependencies"]
    assert packages[-1]["pip"] == [f"resist_epi[remote]=={VERSION}"]
    test = text(name, "tests/main.nf.test")
    assert f'process "RESIST_EPI_{name.upper()}"' in test
    assert f'tag "resist_epi/{name}"' in test


def names_of(entries: Any) -> list[str]:
    """Names of a channel of `meta.yml`: a tuple is a list, one alone a table."""
    return [next(iter(e)) for e in (entries if isinstance(entries, list) else [entries])]


@pytest.mark.parametrize("name", NAMES)
def test_meta_describes_the_channels_that_there_are(name: str) -> None:
    source, meta = text(name), yaml.safe_load(text(name, "meta.yml"))
    assert meta["name"] == f"resist_epi_{name}"
    lines = [line for line in block(source, "input").splitlines() if line.strip()]
    declared = [re.findall(r"(?:val|path)\((\w+)\)", line) for line in lines]
    assert [names_of(e) for e in meta["input"]] == declared
    outputs = {}
    for line in block(source, "output").splitlines():
        if line.strip():
            (emit,) = re.findall(r"emit: (\w+)", line)
            outputs[emit] = re.findall(r'val\((\w+)\)|path\(?\s*"([^"]+)"', line)
    there = {e: [a or b for a, b in found] for e, found in outputs.items()}
    described = {emit: names_of(e[0]) for emit, e in meta["output"].items()}
    assert described == there
    given = len(re.findall(r"input\[\d\]", text(name, "tests/main.nf.test")))
    assert given == len(declared)


def filled(source: str, section: str, values: dict[str, str]) -> str:
    """The script as Nextflow would hand it to bash."""
    made = re.sub(r"(?<!\\)\$\{([\w.]+)\}", lambda m: values[m[1]], command(source, section))
    return made.replace("\\$", "$")


def execute(folder: Path, script: str) -> None:
    shim = folder / "bin" / "resist-epi"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m resist_epi "$@"\n')
    shim.chmod(0o755)
    path = {"PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": str(TOP)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def promised(source: str, folder: Path, prefix: str) -> None:
    """Every output that is not optional is there, and versions are as nf-core reads them."""
    for line in block(source, "output").splitlines():
        for pattern in re.findall(r'path\(?\s*"([^"]+)"', line):
            found = list(folder.glob(pattern.replace("${prefix}", prefix)))
            assert found or "optional: true" in line, pattern
    versions = yaml.safe_load((folder / "versions.yml").read_text())
    assert versions == {"TASK": {"resist_epi": VERSION}}


VALUES = {"meta.id": "study", "prefix": "study", "task.cpus": "1", "task.process": "TASK"}


@pytest.mark.parametrize("name", NAMES)
def test_a_stub_leaves_what_is_promised(name: str, tmp_path: Path) -> None:
    execute(tmp_path, filled(text(name), "stub", VALUES))
    promised(text(name), tmp_path, "study")


def test_counts_and_their_test_leave_what_is_promised(tmp_path: Path) -> None:
    make_cohort(tmp_path)
    values = {**VALUES, "sheet": "sheet.csv", "args": "", "regions": "promoters"}
    values |= {"genes_of": "--genes genes.tsv", "counts": "study.counts.parquet"}
    values |= {"samples_of": "", "contrast_of": "--contrast poor-good"}
    values["args"] = "--mark H3K27me3"
    execute(tmp_path, filled(text("count"), "script", values))
    promised(text("count"), tmp_path, "study")
    values["args"] = ""
    execute(tmp_path, filled(text("diff"), "script", values))
    promised(text("diff"), tmp_path, "study")
