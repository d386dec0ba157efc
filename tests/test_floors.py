"""The house: imports go down only, never sideways between packages, and never in a circle."""

from __future__ import annotations

import pytest
import structure

MODULES = structure.read_modules()


def test_every_room_has_its_floor() -> None:
    assert {m.room for m in MODULES.values()} - {""} == set(structure.FLOOR)


@pytest.mark.parametrize("name", [m for m in MODULES if m != "resist_epi"])
def test_imports_go_down_only(name: str) -> None:
    assert "resist_epi" not in structure.imports(MODULES[name], MODULES)
    only = {name: MODULES[name]}
    assert structure.wrong_imports(only) == []


def test_wrong_imports_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(structure.FLOOR, "stats", structure.FLOOR["model"])
    assert structure.wrong_imports(MODULES)


def test_no_circles() -> None:
    assert structure.circles(MODULES) == []


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_short(name: str) -> None:
    assert MODULES[name].lines <= structure.MOST_LINES, "split it, or shorten it"
