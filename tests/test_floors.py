"""The house: imports go down only, never sideways between packages, and never in a circle.

Tests mirror it: `resist_epi/PACKAGE/MODULE.py` has `tests/PACKAGE/test_MODULE.py`,
or a reason here.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PACKAGE = TESTS.parent / "resist_epi"

# From the ground up; rooms of one floor never import one another.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "schema", "version", "arrays", "moved"}),
    frozenset({"io", "stats", "workers"}),
    frozenset({"genome"}),
    frozenset({"samples", "tracks"}),
    frozenset({"counting"}),
    frozenset({"model", "plots"}),
    frozenset({"dna", "domains", "genes"}),
    frozenset({"mechanism", "simulation"}),
    frozenset({"study", "report"}),
    frozenset({"pipeline"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

MOST_LINES = 400

# Longer modules, each with its reason and the lines it has: the number may only fall.
LONGER = {
    "resist_epi.tracks.engine.runs": (473, "one accumulator over runs and grids"),
    "resist_epi.samples.sheet": (411, "every rule of the sample sheet, checked at once"),
    "resist_epi.stats.linear.least_squares": (403, "one set of kernels over blocks of rows"),
}


def module_name(path: Path) -> str:
    parts = ("resist_epi", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(p): p for p in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    """`resist_epi.io.tables` -> `io`; the package's own face is the empty string."""
    return module.partition(".")[2].partition(".")[0]


def imports(path: Path, module: str) -> set[str]:
    """Modules of the package that this file imports, also inside functions and for types."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                stem = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                base = ".".join([*stem[: len(stem) - node.level + 1], *filter(None, [base])])
            found |= {
                f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names
            }
    return {m for m in found if m.split(".")[0] == "resist_epi" and m != module}


EDGES = {m: imports(p, m) for m, p in MODULES.items()}


def test_every_room_has_its_floor() -> None:
    assert {room(m) for m in MODULES} - {""} == set(FLOOR)


@pytest.mark.parametrize("module", [m for m in MODULES if m != "resist_epi"])
def test_imports_go_down_only(module: str) -> None:
    here = room(module)
    for target in EDGES[module]:
        there = room(target)
        if there in {here, "data"}:
            continue
        assert there, f"{module} imports the package's own face"
        assert FLOOR[there] < FLOOR[here], f"{module} imports {target}: up, or sideways"


def test_no_cycles() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path, module])
        if module in done:
            return
        for target in EDGES.get(module, set()):
            if target != "resist_epi":
                visit(target, (*path, module))
        done.add(module)

    for module in EDGES:
        if module != "resist_epi":
            visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    allowed, _ = LONGER.get(module, (MOST_LINES, ""))
    assert lines <= allowed, f"{module} has {lines} lines; split it, or shorten it"


def test_exceptions_are_still_needed() -> None:
    for module, (lines, reason) in LONGER.items():
        now = len(MODULES[module].read_text(encoding="utf-8").splitlines())
        assert reason
        assert MOST_LINES < now == lines, f"{module} has {now} lines now; lower its number"
