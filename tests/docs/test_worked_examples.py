"""The worked pages on simulated data with a known truth give what they say."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PAGES = [page for page in sorted(EXAMPLES.glob("*.md")) if ">>> " in page.read_text("utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_worked_page_gives_what_it_says(page: Path) -> None:
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tried >= 10
    assert failed == 0


def test_the_pages_are_found() -> None:
    assert {"interaction.md", "three_groups.md"} <= {page.name for page in PAGES}
