"""GMT files, gzipped or not; a malformed line is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genes.gene_sets import GeneSet, match_sets, read_gmt

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
        ("ONE\tsource\tA\nTWO\n", r"sets.gmt, line 2: not a line of a GMT file"),
        ("ONE A B\n", r"line 1: .*with tabs between; found ONE A B"),
        ("ONE\tsource\t\t\n", r"no gene sets in the file"),
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


def test_sets_without_genes_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("ONE\tsource\tA\nEMPTY\tsource\nBLANK\tsource\t\t\n")
    assert list(read_gmt(path)) == ["ONE"]
    assert "2 sets without genes are left out: EMPTY, BLANK" in caplog.text


def test_a_gene_that_stands_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text("ONE\tsource\tA\tB\tA\tB\n")
    assert read_gmt(path)["ONE"].genes == ("A", "B")


def test_sets_of_ids_match_without_versions() -> None:
    sets = {
        "IDS": GeneSet("IDS", "x", ("ENSG00000000003.15", "ENSG00000000005")),
        "SYMBOLS": GeneSet("SYMBOLS", "x", ("B", "A")),
    }
    ids = ["ENSG00000000005.6", "ENSG00000000003", "ENSG00000000419"]
    found = match_sets(sets, ["A", "B", "C"], None, gene_ids=ids)
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "IDS": [0, 1],
        "SYMBOLS": [0, 1],
    }
