"""Facts on the structure of the package, for docs/architecture.md.

    python validation/structure.py                   print them
    python validation/structure.py --write           and put them into docs/architecture.md
    python validation/structure.py --package DIR     of another checkout's package, to compare

Read from the source alone; nothing of the package runs.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "resist_epi"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- facts: begin -->", "<!-- facts: end -->"

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
DOORS = {"pipeline", "cli", "__main__"}

MOST_LINES = 400
MOST_PARAMETERS = 8

# What is asked of an analysis, which travels as one record.
ASKED = ("contrast", "formula", "method", "normalize", "fdr", "lfc_threshold", "block", "strata")


@dataclass(frozen=True)
class Module:
    """One file of the package, read when something of it is asked for."""

    name: str
    path: Path

    @cached_property
    def _text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self._text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @property
    def lines(self) -> int:
        return len(self._text.splitlines())

    @property
    def room(self) -> str:
        """`resist_epi.io.tables` -> `io`; the package's own face is the empty string."""
        return self.name.partition(".")[2].partition(".")[0]

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def read_modules(package: Path = PACKAGE) -> dict[str, Module]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = ("resist_epi", *path.relative_to(package).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


def imports(module: Module, modules: Mapping[str, Module]) -> set[str]:
    """Modules that a file imports, also inside functions, for types, and by name (`Later`)."""
    found: set[str] = set()
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Later":
            found.add(f"{module.name.rpartition('.')[0]}.{_text(node).partition(':')[0]}")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                stem = module.name.split(".")
                stem = stem if module.path.name == "__init__.py" else stem[:-1]
                base = ".".join([*stem[: len(stem) - node.level + 1], *filter(None, [base])])
            found |= {
                f"{base}.{a.name}" if f"{base}.{a.name}" in modules else base for a in node.names
            }
    return {m for m in found if m.split(".")[0] == "resist_epi" and m != module.name}


def _text(call: ast.Call) -> str:
    """The first argument of a call, where it is a text."""
    first = call.args[0] if call.args else None
    return str(first.value) if isinstance(first, ast.Constant) else ""


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Names of a function's parameters, without `self` and `cls`."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [a.arg for a in every if a.arg not in ("self", "cls")]


def wrong_imports(modules: Mapping[str, Module]) -> list[tuple[str, str]]:
    """Imports between rooms that go up or sideways."""
    wrong = []
    for module in modules.values():
        for target in sorted(imports(module, modules)):
            here, there = module.room, target.partition(".")[2].partition(".")[0]
            if not here or there in (here, "data"):
                continue
            if FLOOR.get(there, len(FLOORS)) >= FLOOR.get(here, -1):
                wrong.append((module.name, target))
    return wrong


def circles(modules: Mapping[str, Module]) -> list[str]:
    """Import cycles between files, each written as a path."""
    found: list[str] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" -> ".join([*path[path.index(name) :], name]))
            return
        if name in done or name not in modules:
            return
        for target in imports(modules[name], modules) - {"resist_epi"}:
            visit(target, (*path, name))
        done.add(name)

    for name in modules:
        if name != "resist_epi":
            visit(name, ())
    return found


def facts(modules: Mapping[str, Module], package: Path = PACKAGE) -> dict[str, str]:
    """What is counted, in the order of the page."""
    inner = [m for m in modules.values() if m.room not in DOORS]
    functions = [(m, f) for m in inner for f in m.functions()]
    lengths = sorted((f.end_lineno or f.lineno) - f.lineno + 1 for _, f in functions)
    public = [f for _, f in functions if not f.name.startswith("_")]
    entries = [p for p in package.iterdir() if p.name not in ("__pycache__", "py.typed", "data")]
    takes = {
        name: len({m.name for m, f in functions if name in parameters(f)})
        for name in ("contrast", "fdr", "normalize", "block")
    }
    together = {m.name for m, f in functions if len(set(ASKED) & set(parameters(f))) > 1}
    return {
        "entries of `resist_epi/`": str(len(entries)),
        "floors of packages": str(len(FLOORS) - len(DOORS)),
        "imports that go up or sideways": str(len(wrong_imports(modules))),
        "imports in a circle": str(len(circles(modules))),
        f"modules of more than {MOST_LINES} lines": str(
            sum(m.lines > MOST_LINES for m in modules.values())
        ),
        f"functions of more than {MOST_PARAMETERS} parameters": str(
            sum(len(parameters(f)) > MOST_PARAMETERS for _, f in functions)
        ),
        "modules, and their lines": f"{len(modules)}, {sum(m.lines for m in modules.values()):,}",
        "median function, and the longest, lines": (
            f"{lengths[len(lengths) // 2]}, {lengths[-1]}" if lengths else "0, 0"
        ),
        "public functions with a docstring": (
            f"{sum(ast.get_docstring(f) is not None for f in public) / max(len(public), 1):.0%}"
        ),
        "modules whose functions are handed a `contrast`": str(takes["contrast"]),
        "modules whose functions are handed an `fdr`": str(takes["fdr"]),
        "modules whose functions are handed `normalize`, `block`": (
            f"{takes['normalize']}, {takes['block']}"
        ),
        "modules that hand on several parts of a question side by side": str(len(together)),
    }


# `--package` on the source of that release.
BEFORE = {
    "entries of `resist_epi/`": "108",
    "floors of packages": "18, of files",
    "imports that go up or sideways": "no such rule",
    "imports in a circle": "0",
    "modules of more than 400 lines": "3",
    "functions of more than 8 parameters": "14",
    "modules, and their lines": "251, 44,375",
    "median function, and the longest, lines": "12, 126",
    "public functions with a docstring": "94%",
    "modules whose functions are handed a `contrast`": "24",
    "modules whose functions are handed an `fdr`": "23",
    "modules whose functions are handed `normalize`, `block`": "6, 5",
    "modules that hand on several parts of a question side by side": "16",
}


def as_markdown(now: Mapping[str, str]) -> str:
    lines = ["| fact | 0.1.0 | now |", "|---|---|---|"]
    lines += [f"| {name} | {BEFORE.get(name, '')} | {value} |" for name, value in now.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--package", type=Path, default=PACKAGE)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    found = as_markdown(facts(read_modules(chosen.package), chosen.package))
    print(found)
    if chosen.write:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(
            f"{before}{BEGIN}\n\n{found}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
