"""The worked examples of the docs run as they stand there."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_example_of_the_designs_gives_what_it_says() -> None:
    failed, tried = doctest.testfile(
        str(DOCS / "guide" / "designs.md"), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert tried >= 40
    assert failed == 0
