"""Gene sets hold each gene once, and find their genes under previous and alias symbols."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_sets import GeneSet, current_symbols, match_sets, read_gmt
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


TEXT = "# a comment\nONE\tsource of one\tA\tB\n\nTWO\t\tB\tC\t\n"


EXPECTED = {
    "ONE": GeneSet("ONE", "source of one", ("A", "B")),
    "TWO": GeneSet("TWO", "", ("B", "C")),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("end_of_line", ["\n", "\r\n", "\r"])
def test_sets_are_read(end_of_line: str, packed: bool, tmp_path: Path) -> None:
    data = TEXT.replace("\n", end_of_line).encode()
    path = tmp_path / "sets.gmt"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert read_gmt(path) == EXPECTED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ONE\tsource\tA\nTWO\tsource\n", r"sets.gmt, line 2: not a line of a GMT file"),
        ("ONE A B\n", r"line 1: .*with tabs between; found ONE A B"),
        ("ONE\tsource\t\t\n", r"line 1: not a line"),
        ("\tsource\tA\n", r"line 1: not a line"),
        ("ONE\ts\tA\n#\nONE\ts\tB\n", r"line 3: the gene set 'ONE' stands twice"),
        ("# nothing\n", r"no gene sets in the file"),
        ("", r"no gene sets in the file"),
    ],
)
def test_malformed_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=message):
        read_gmt(path)


@pytest.mark.real
def test_msigdb_files_load(real_data: Path) -> None:
    hallmark = read_gmt(real_data / "gene_sets" / "msigdb_v2023.1_hallmark_symbols.gmt.gz")
    assert len(hallmark) == 50
    assert len(hallmark["HALLMARK_ESTROGEN_RESPONSE_EARLY"]) == 200
