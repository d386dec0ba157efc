"""README explains every column that results have, and a page those of every table."""

from __future__ import annotations

import re

import column_page
import pytest

from resist_epi.model.unit_values import MEAN, VALUE
from resist_epi.schema import (
    LOCI,
    RESULTS,
    SHRUNKEN,
    STABILITY,
    beside,
    comparison,
    findings,
    names,
    regions,
    sheet,
    study,
)
from resist_epi.schema.column import Column
from resist_epi.schema.dictionary import TABLES
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


def test_the_page_of_columns_is_that_of_the_schema() -> None:
    written = column_page.PAGE.read_text("utf-8")
    assert written == column_page.page(), "python validation/column_page.py --write"


def test_no_table_of_the_schema_is_left_out() -> None:
    told = {column for table in TABLES for part in table.parts for column in part.columns}
    for module in (beside, comparison, findings, regions, sheet, study):
        for name, columns in vars(module).items():
            if isinstance(columns, tuple) and columns and isinstance(columns[0], Column):
                assert set(columns) <= told, f"{module.__name__}.{name} is in no table"
