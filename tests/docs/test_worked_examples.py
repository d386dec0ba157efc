"""The worked pages on contrasts, on simulated data with a known truth, give what they say."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


@pytest.mark.parametrize("page", ["interaction.md", "three_groups.md"])
def test_a_worked_page_gives_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(
        str(EXAMPLES / page),
        module_relative=False,
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert tried >= 10
    assert failed == 0
