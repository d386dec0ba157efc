"""The worked examples of the docs run as they stand there."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

# Pages that are examples throughout: so many statements, at least.
LEAST = {"interaction.md": 10, "three_groups.md": 10}


def test_every_example_of_the_designs_gives_what_it_says() -> None:
    failed, tried = doctest.testfile(
        str(DOCS / "guide" / "designs.md"), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert tried >= 40
    assert failed == 0


@pytest.mark.parametrize("page", sorted((DOCS / "examples").glob("*.md")), ids=lambda p: p.name)
def test_every_worked_page_gives_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert tried >= LEAST.get(page.name, 0)
    assert failed == 0
