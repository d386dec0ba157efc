"""Gene sets hold each gene once, and find their genes under previous and alias symbols."""

from __future__ import annotations

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_sets import GeneSet, current_symbols, match_sets
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


def found(genes: tuple[str, ...], symbols: list[str]) -> list[int]:
    return match_sets({"S": GeneSet("S", "", genes)}, symbols, TABLE)["S"].tolist()


def test_aliases_are_understood_and_nothing_is_guessed() -> None:
    # Ambiguous, date-mangled and unknown names stay as they are, and case is never changed.
    names = ("WHSC1", "A", "AB", "Nsd2", "2-Sep")
    assert current_symbols(names, TABLE) == ["NSD2", "A", "AB", "Nsd2", "2-Sep"]
    assert found(names, ["B", "NSD2", "A", "SEPTIN2"]) == [1, 2]
    assert found(names, ["Nsd2", "AB", "2-Sep"]) == [0, 1, 2], "another species may know them"


def test_aliases_are_understood_on_both_sides() -> None:
    assert found(("NSD2",), ["A", "MMSET"]) == [1]
    assert found(("WHSC1",), ["A", "MMSET"]) == [1]
    assert found(("A",), ["AB"]) == [], "an ambiguous name is no member"


def test_two_old_names_of_one_gene_are_one_member() -> None:
    assert found(("WHSC1", "NSD2", "MMSET"), ["A", "NSD2"]) == [1]


def test_the_exact_symbol_wins_over_a_translated_one_and_the_first_of_two() -> None:
    assert found(("NSD2",), ["WHSC1", "NSD2", "NSD2"]) == [1]
    assert found(("WHSC1",), ["WHSC1", "NSD2"]) == [0, 1]


def test_translating_twice_changes_nothing() -> None:
    once = current_symbols(("WHSC1", "A"), TABLE)
    assert current_symbols(once, TABLE) == once


def test_no_sets_no_genes_and_no_table() -> None:
    assert match_sets({}, ["A"], TABLE) == {}
    assert found(("A",), []) == []
    assert found(("A",), [""]) == []
    alone = match_sets({"S": GeneSet("S", "", ("WHSC1", "A"))}, ["NSD2", "A"], None)
    assert alone["S"].tolist() == [1]
