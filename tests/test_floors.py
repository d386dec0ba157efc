"""Imports go down only, the wings of floor 3 never import one another, and no wing has a cycle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "resist_epi"

FLOORS: dict[int, set[str]] = {
    0: {"errors", "schema", "provenance", "version"},
    1: {
        "coverage_bins",
        "coverage_runs",
        "intervals",
        "overlap_counter",
        "stats",
        "worker_pool",
    },
    2: {
        "genome",
        "symbols",
        "samples",
        "annotation",
        "assays",
        "expectations",
        "gene_sets",
        "regions",
        "matrix",
        "fit",
        "presets",
        "profile_matrix",
        "config",
        "domain_settings",
    },
    4: {
        "analysis",
        "checking",
        "confounders",
        "control_files",
        "domain_analysis",
        "domain_counts",
        "counts_analysis",
        "evidence_analysis",
        "inputs",
        "ledger",
        "mark_analysis",
        "subset_analysis",
        "pipeline",
        "report",
        "set_analysis",
        "study",
        "sheet_counts",
        "sheet_domains",
        "sheet_profiles",
        "sheet_sources",
        "simulate",
        "simulation",
        "steps",
        "track_counts",
        "track_looks",
    },
    5: {"cli", "__main__"},
}


def room(module: str) -> str:
    """`resist_epi.io.sheet` -> `io`; the package's own face is `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def floor(module: str) -> int:
    return next((f for f, rooms in FLOORS.items() if room(module) in rooms), 3)


def wing(module: str) -> str:
    name = room(module)
    return name if name in {"io", "plots"} else "verbs"


def imports(path: Path, module: str) -> set[str]:
    """Modules of the package that this file imports, also inside functions."""
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


def module_name(path: Path) -> str:
    parts = ("resist_epi", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(p): p for p in sorted(PACKAGE.rglob("*.py"))}
EDGES = {m: imports(p, m) for m, p in MODULES.items()}


@pytest.mark.parametrize("module", [m for m in MODULES if m != "resist_epi"])
def test_imports_go_down_only(module: str) -> None:
    for target in EDGES[module]:
        if target.startswith("resist_epi.data"):
            continue
        assert target != "resist_epi", f"{module} imports the package's own face"
        assert floor(target) <= floor(module), f"{module} imports {target}, a floor above"
        if floor(module) == floor(target) == 3:
            assert wing(module) == wing(target), f"{module} imports {target}, another wing"


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
