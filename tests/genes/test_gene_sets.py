"""Gene sets hold each gene once, and are brought up to date with a report."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_sets import GeneSet, map_gene_sets
from resist_epi.genes.symbols import SymbolTable

TABLE = SymbolTable(
    {
        "NSD2": ("NSD2",),
        "A": ("A",),
        "B": ("B",),
        "WHSC1": ("NSD2",),
        "MMSET": ("NSD2",),
        "AB": ("A", "B"),
    },
    "test",
)


def test_a_gene_stands_once() -> None:
    assert GeneSet("S", "", ("A", "B", " A ", "")).genes == ("A", "B")


@pytest.mark.parametrize(("name", "genes"), [("", ("A",)), ("S", ()), ("S", (" ",))])
def test_empty_sets_are_refused(name: str, genes: tuple[str, ...]) -> None:
    with pytest.raises(InputFormatError, match="at least one gene"):
        GeneSet(name, "", genes)


def test_aliases_become_current_and_the_rest_is_reported() -> None:
    sets = {"S": GeneSet("S", "src", ("WHSC1", "A", "AB", "Nsd2", "2-Sep"))}
    mapped, report = map_gene_sets(sets, TABLE)
    assert mapped["S"].genes == ("NSD2", "A", "AB", "Nsd2", "2-Sep")
    assert mapped["S"].source == "src"
    (row,) = report.to_dict("records")
    assert row == {
        "set": "S",
        "n_genes": 5,
        "current": 1,
        "alias": 1,
        "ambiguous": 1,
        "date_mangled": 1,
        "unknown": 1,
        "renamed": "WHSC1>NSD2",
        "unresolved": "AB,Nsd2,2-Sep",
    }


def test_two_old_names_of_one_gene_become_one() -> None:
    mapped, _ = map_gene_sets({"S": GeneSet("S", "", ("WHSC1", "NSD2", "MMSET"))}, TABLE)
    assert mapped["S"].genes == ("NSD2",)


def test_mapping_twice_changes_nothing() -> None:
    once, _ = map_gene_sets({"S": GeneSet("S", "", ("WHSC1", "A"))}, TABLE)
    assert map_gene_sets(once, TABLE)[0] == once


def test_no_sets() -> None:
    mapped, report = map_gene_sets({}, TABLE)
    assert mapped == {}
    assert report.empty
