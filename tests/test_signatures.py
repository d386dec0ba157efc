"""What travels together is one record: no function but the command line's takes many parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "resist_epi"

MOST = 8

# Longer ones, with the reason and how many they have: the number may only fall.
LONGER = {
    "counting/files.py:count_tables": (10, "being shortened"),
    "domains/count_bins.py:count_domain_bins": (10, "being shortened"),
    "domains/of_sheet.py:sheet_domain_bins": (9, "being shortened"),
    "genes/enrichment.py:enrich": (14, "being shortened"),
    "mechanism/mechanisms.py:mechanism_table": (10, "being shortened"),
    "plots/locus.py:plot_locus": (10, "being shortened"),
    "stats/groups/permutation.py:null_calls": (9, "being shortened"),
    "study/count_sheet.py:count_sheet": (11, "being shortened"),
}


def parameters() -> Iterator[tuple[str, int]]:
    """`FOLDER/FILE.py:FUNCTION` and how many parameters it has, but for self and cls."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] == "cli":  # an option is a parameter there
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                n = sum(a.arg not in ("self", "cls") for a in given)
                yield f"{place.as_posix()}:{node.name}", n


COUNTED = dict(parameters())


def test_functions_take_few_parameters() -> None:
    many = {name: n for name, n in COUNTED.items() if n > LONGER.get(name, (MOST, ""))[0]}
    assert not many


@pytest.mark.parametrize("name", LONGER)
def test_exceptions_are_still_needed(name: str) -> None:
    n, reason = LONGER[name]
    assert reason
    assert MOST < COUNTED[name] == n, f"{name} has {COUNTED[name]} parameters now"
