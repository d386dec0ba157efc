"""README explains every column that results have."""

from __future__ import annotations

import re

import pytest

from resist_epi.model.unit_values import MEAN, VALUE
from resist_epi.schema import LOCI, RESULTS, SHRUNKEN, STABILITY, names
from tests.support.texts import TOP

SECTION = "### How to read the results"


def section() -> str:
    """The part of README from its heading to the next paragraph of commands."""
    text = (TOP / "README.md").read_text("utf-8")
    assert SECTION in text
    return text.split(SECTION)[1].split("\nSeveral contrasts ")[0]


@pytest.mark.parametrize("column", names((*RESULTS[7:], *SHRUNKEN, *LOCI, *STABILITY)))
def test_a_column_of_results_is_explained_in_readme(column: str) -> None:
    assert f"`{column}`" in section()


def test_columns_that_come_with_an_option_or_a_normalisation_are_explained() -> None:
    text = section()
    for column in (f"{MEAN}GROUP", f"{VALUE}UNIT", "high_confidence"):
        assert re.search(rf"`{column}`", text)
