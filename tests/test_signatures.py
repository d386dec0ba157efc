"""What travels together is one record: no function but the command line's takes many parameters."""

from __future__ import annotations

from functools import cache

import structure

# Longer ones, `MODULE:FUNCTION` with the reason and how many they have: the number may only fall.
LONGER: dict[str, tuple[int, str]] = {}


@cache
def counted() -> dict[str, int]:
    """Parameters of every function."""
    return {
        f"{name}:{function.name}": len(structure.parameters(function))
        for name, module in structure.read_modules().items()
        if module.room != "cli"  # an option is a parameter there
        for function in module.functions()
    }


def test_functions_take_few_parameters() -> None:
    assert len(counted()) > 1000
    allowed = {name: LONGER.get(name, (structure.MOST_PARAMETERS, ""))[0] for name in counted()}
    assert {name: n for name, n in counted().items() if n > allowed[name]} == {}


def test_exceptions_are_still_needed() -> None:
    for name, (n, reason) in LONGER.items():
        assert reason
        assert structure.MOST_PARAMETERS < counted()[name] == n, f"{name} has {counted()[name]} now"
