"""The site of the documentation holds every page and every public name; `docs.sh` builds it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import resist_epi as rx
from tests.support.texts import TOP

DOCS = TOP / "docs"


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_table_of_contents() -> None:
    trees = re.findall(r"```{toctree}\n(.*?)```", (DOCS / "index.md").read_text("utf-8"), re.S)
    lines = [line for tree in trees for line in tree.splitlines() if line and line[0] != ":"]
    listed: set[Path] = set()
    for line in (re.sub(r"^.*<(.+)>$", r"\1", line) for line in lines):
        found = set(DOCS.glob(line)) if "*" in line and line[0] != "." else set()
        listed |= {p.resolve() for p in found} or {(DOCS / f"{line}.md").resolve()}
    pages = {p.resolve() for p in DOCS.rglob("*.md") if p.name != "index.md"}
    assert pages <= listed
    assert {TOP / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")} <= listed


def test_every_public_name_has_its_entry(conf: ModuleType) -> None:
    text = conf.reference()
    entries = re.findall(r"^\.\. auto(?:class|function):: resist_epi\.(\w+)$", text, re.M)
    assert sorted(entries) == sorted(rx.__all__)
    assert entries.count("analyse") == 1


def test_the_site_is_built_where_all_is_tested() -> None:
    assert "docs.sh" in (TOP / "scripts" / "test.sh").read_text("utf-8")
    assert "-m sphinx -W" in (TOP / "scripts" / "docs.sh").read_text("utf-8")
