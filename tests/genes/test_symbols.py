"""Old names find their gene, ambiguous ones are not guessed, and case is never changed."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.symbols import STATUSES, SymbolTable

TABLE = SymbolTable(
    {
        "NSD2": ("NSD2",),
        "KMT2D": ("KMT2D",),
        "BHLHE40": ("BHLHE40",),
        "DELEC1": ("DELEC1",),
        "WHSC1": ("NSD2",),
        "DEC1": ("BHLHE40", "DELEC1"),
    },
    "test",
)


def test_each_status() -> None:
    resolved = TABLE.resolve(["NSD2", "WHSC1", "DEC1", "1-Dec", "FOO1"])
    assert resolved["status"].tolist() == list(STATUSES)
    assert resolved["symbol"].tolist() == ["NSD2", "NSD2", "", "", ""]
    assert resolved["input"].tolist() == ["NSD2", "WHSC1", "DEC1", "1-Dec", "FOO1"]


@pytest.mark.parametrize("name", ["Nsd2", "nsd2", "Whsc1", "NSd2"])
def test_symbols_of_other_species_are_unknown(name: str) -> None:
    assert TABLE.resolve([name])["status"].tolist() == ["unknown"]


@pytest.mark.parametrize(
    "name",
    ["1-Mar", "2-Sep", "10-Sept", "Mar-01", "1-Dec", "01-MAR-2021", "2021-03-01", "Sep-2", "3/1/21",
     "2021-09-02 00:00:00"],
)  # fmt: skip
def test_dates_of_spreadsheets_are_called_so(name: str) -> None:
    assert TABLE.resolve([name])["status"].tolist() == ["date_mangled"]


@pytest.mark.parametrize(
    "name", ["MARC1", "SEPT2", "DEC1X", "MARCH1", "OCT4", "1", "12-LOX", "MAY"]
)
def test_names_that_only_resemble_a_date(name: str) -> None:
    assert TABLE.status(name) == "unknown"


def test_blanks_around_a_name_are_ignored_and_repeats_kept() -> None:
    resolved = TABLE.resolve([" NSD2", "NSD2\t", "NSD2"])
    assert resolved["symbol"].tolist() == ["NSD2"] * 3
    assert resolved["input"].tolist()[0] == " NSD2"


def test_nothing_to_resolve() -> None:
    resolved = TABLE.resolve([])
    assert resolved.columns.tolist() == ["input", "symbol", "status"]
    assert resolved.empty


@pytest.mark.parametrize("means", [("GONE",), (), ("NSD2", "GONE")])
def test_a_table_that_leads_nowhere_is_refused(means: tuple[str, ...]) -> None:
    with pytest.raises(InputFormatError, match="'OLD' stands for"):
        SymbolTable({"NSD2": ("NSD2",), "OLD": means}, "test")
