"""What others install and cite from names the package as setup.cfg does."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from resist_epi.version import VERSION

TOP = Path(__file__).resolve().parents[1]

# Python's name -> conda's, where it is another.
ON_CONDA = {"matplotlib": "matplotlib-base"}


def needed() -> dict[str, str]:
    """Library -> its lowest version, of setup.cfg."""
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg")
    lines = config["options"]["install_requires"].split()
    return dict(line.lower().split(">=") for line in lines)


def recipe() -> dict[str, Any]:
    """The conda recipe, its two names filled in."""
    text = (TOP / "recipe" / "meta.yaml").read_text("utf-8")
    (version,) = re.findall(r'^{% set version = "(.+)" %}$', text, re.M)
    text = re.sub(r"^{%.*\n", "", text, flags=re.M)
    text = text.replace("{{ version }}", version).replace("{{ PYTHON }}", "python")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def test_the_recipe_asks_for_what_the_package_needs() -> None:
    lines = recipe()["requirements"]["run"]
    run = {name: version for name, _, version in (line.partition(" >=") for line in lines)}
    assert run.pop("bedtools") == ""
    assert run.pop("python") == "3.11"
    assert run == {ON_CONDA.get(name, name): version for name, version in needed().items()}


def test_every_package_is_in_the_wheel() -> None:
    config = configparser.ConfigParser()
    config.read(TOP / "setup.cfg")
    found = {p.parent for p in (TOP / "resist_epi").rglob("__init__.py")}
    named = {".".join(p.relative_to(TOP).parts) for p in found} | {"resist_epi.data"}
    assert set(config["options"]["packages"].split()) == named


def test_what_conda_lacks_is_named() -> None:
    made = recipe()
    assert set(made["extra"]["not-on-conda"]) <= set(needed())
    assert made["package"] == {"name": "resist_epi", "version": VERSION}


def test_the_citation_is_of_this_version_and_names_no_person() -> None:
    cited = yaml.safe_load((TOP / "CITATION.cff").read_text("utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == VERSION
    assert cited["authors"] == [{"name": "The resist_epi developers"}]
    allowed = {"cff-version", "message", "title", "type", "abstract", "authors", "version"}
    assert set(cited) == allowed | {"license", "keywords"}
    assert cited["type"] == "software"


def stages(text: str, word: str) -> list[str]:
    """The part of each stage, from the word that begins it."""
    return re.split(rf"^{word}", text, flags=re.M)[1:]


@pytest.mark.parametrize(("file", "word"), [("Dockerfile", "FROM "), ("apptainer.def", "From: ")])
def test_containers_install_the_wheel_without_a_compiler(file: str, word: str) -> None:
    text = (TOP / file).read_text("utf-8")
    first, last = stages(text, word)
    assert first.splitlines()[0].split()[0] == last.splitlines()[0].split()[0]
    assert "--constraint constraints.txt --wheel-dir /wheels /dist/*.whl" in first
    assert "--no-index --find-links /wheels resist_epi" in last
    assert "build-essential" in first
    assert "build-essential" not in last
    assert "bedtools" in last


def test_the_image_leaves_out_what_is_made() -> None:
    ignored = (TOP / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".venv", "build", "dist"} <= set(ignored)
    for kept in ("data", "resist_epi", "README.md", "LICENSE", "constraints.txt", "setup.cfg"):
        assert kept not in ignored


def test_the_dockerfile_is_clean_by_hadolint() -> None:
    lint = shutil.which("hadolint")
    if lint is None:
        pytest.skip("hadolint is not installed")
    found = subprocess.run([lint, TOP / "Dockerfile"], capture_output=True, text=True, check=False)
    assert found.stdout == ""
