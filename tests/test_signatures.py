"""What travels together is one record: no function but the command line's takes many parameters."""

from __future__ import annotations

import structure

MODULES = structure.read_modules()

# Longer ones, `MODULE:FUNCTION` with the reason and how many they have: the number may only fall.
LONGER: dict[str, tuple[int, str]] = {}

COUNTED = {
    f"{name}:{function.name}": len(structure.parameters(function))
    for name, module in MODULES.items()
    if module.room != "cli"  # an option is a parameter there
    for function in module.functions()
}


def test_functions_take_few_parameters() -> None:
    assert len(COUNTED) > 1000
    allowed = {name: LONGER.get(name, (structure.MOST_PARAMETERS, ""))[0] for name in COUNTED}
    assert {name: n for name, n in COUNTED.items() if n > allowed[name]} == {}


def test_exceptions_are_still_needed() -> None:
    for name, (n, reason) in LONGER.items():
        assert reason
        assert structure.MOST_PARAMETERS < COUNTED[name] == n, f"{name} has {COUNTED[name]} now"
