"""Columns of peak files stay as they are, beside their regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import GenomeMismatchError
from resist_epi.genome.builtin import load_genome
from resist_epi.genome.given_columns import read_regions_as_given


def read(tmp_path: Path, name: str, text: str) -> tuple[list[str], dict[str, list[str]]]:
    path = tmp_path / name
    path.write_text(text)
    regions, given = read_regions_as_given(path)
    assert given.index.tolist() == regions["region_id"].tolist()
    return regions["chrom"].tolist(), {str(c): given[c].tolist() for c in given}


def test_rows_follow_their_regions_and_texts_stay(tmp_path: Path) -> None:
    text = (
        '"chr"\t"start"\t"end"\t"My score"\t"notes"\nchr10\t5\t9\t1.50\tlate\nchr2\t7\t9\t1e-3\t.\n'
    )
    assert read(tmp_path, "a.tsv", text) == (
        ["chr2", "chr10"],
        {"My score": ["1e-3", "1.50"], "notes": [".", "late"]},
    )


@pytest.mark.parametrize(
    ("name", "row", "names"),
    [
        ("a.bed", "chr1 1 5 one 7 +", ["name", "score"]),
        ("a.bed", "chr1 1 5 one 7 + x 3", ["name", "score", "column_7", "column_8"]),
        (
            "a.narrowPeak",
            "chr1 1 5 one 7 + 2.5 3 4 1",
            ["name", "score", "signalValue", "pValue", "qValue", "peak"],
        ),
        (
            "a.broadPeak",
            "chr1 1 5 one 7 + 2.5 3 4",
            ["name", "score", "signalValue", "pValue", "qValue"],
        ),
        ("a.bed", "chr1 1 5", []),
    ],
)
def test_columns_without_a_header(tmp_path: Path, name: str, row: str, names: list[str]) -> None:
    chroms, given = read(tmp_path, name, row.replace(" ", "\t") + "\n")
    assert chroms == ["chr1"]
    assert list(given) == names


def test_a_header_in_a_comment_and_macs(tmp_path: Path) -> None:
    head = "# Command line: callpeak\n# d = 200\n\n"
    columns = "chr\tstart\tend\tlength\tabs_summit\tpileup\tfold_enrichment\tname\n"
    _, given = read(tmp_path, "p_peaks.xls", f"{head}{columns}chr1\t6\t9\t4\t7\t12.00\t3.10\tp1\n")
    assert given["pileup"] == ["12.00"]
    assert given["fold_enrichment"] == ["3.10"]
    _, given = read(tmp_path, "c.bed", "#chrom start end Depth\nchr1 1 5 0.10\nchr1 1 5 0.20\n")
    assert given == {"Depth": ["0.10", "0.20"]}  # two of one place keep their order


def test_an_empty_file(tmp_path: Path) -> None:
    assert read(tmp_path, "e.bed", "") == ([], {})


def test_columns_of_one_name_and_quotes_within_texts_are_kept(tmp_path: Path) -> None:
    head = "chr\tstart\tend\tval\tval\tval_2\tval\n"
    _, given = read(tmp_path, "a.tsv", head + 'chr1\t1\t5\t1\t"2 x"\ta "b"\t"\n')
    assert given == {"val": ["1"], "val_3": ["2 x"], "val_2": ['a "b"'], "val_4": ['"']}


def test_chromosomes_are_named_as_the_assembly_names_them(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_text("10\t1\t5\tlate\nMT\t1\t5\tlast\nGL1\t1\t5\tnone\n2\t1\t5\tfirst\n")
    regions, given = read_regions_as_given(path, load_genome("hg38"))
    named = dict(zip(regions["chrom"], given["name"], strict=True))
    assert named == {"chr2": "first", "chr10": "late", "chrM": "last", "GL1": "none"}


def test_peaks_of_another_assembly_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_text("chr22\t100\t90000000\n")
    with pytest.raises(GenomeMismatchError, match=r"a\.bed.*past the end of chr22 in hg38"):
        read_regions_as_given(path, load_genome("hg38"))
