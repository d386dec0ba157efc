"""SEG files of several programs, and what is wrong with a bad one."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from resist_epi.dna.seg import read_seg, write_seg
from resist_epi.errors import InputFormatError

DNACOPY = """\
ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean
T1\tchr1\t1\t1000\t10\t0.1
T1\tchr1\t1001\t3000\t20\t-0.5
T2\tchr2\t501\t900\t4\t1.25
"""
VARIANTS = {
    "dnacopy": DNACOPY,
    "tcga": DNACOPY.replace("ID", "Sample", 1)
    .replace("loc.start\tloc.end", "Start\tEnd")
    .replace("num.mark\tseg.mean", "Num_Probes\tSegment_Mean")
    .replace("chrom\t", "Chromosome\t"),
    "r_quoted": DNACOPY.replace("ID\tchrom", '"ID"\t"chrom"').replace("T1", '"T1"'),
    "commas": DNACOPY.replace("\t", ","),
    "blanks": DNACOPY.replace("\t", "  "),
    "no_header": DNACOPY.split("\n", 1)[1],
    "comments": "#segments\ntrack type=seg\n" + DNACOPY + "\n\n",
    "windows": DNACOPY.replace("\n", "\r\n"),
    "unsorted": "\n".join([DNACOPY.split("\n")[i] for i in (0, 3, 2, 1)]),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_dialect_says_the_same(variant: str, tmp_path: Path) -> None:
    path = tmp_path / "x.seg"
    path.write_bytes(VARIANTS[variant].encode())
    table = read_seg(path)
    assert table["sample"].tolist() == ["T1", "T1", "T2"]
    assert table["start"].tolist() == [0, 1000, 500]
    assert table["end"].tolist() == [1000, 3000, 900]
    np.testing.assert_allclose(table["log2_ratio"], [0.1, -0.5, 1.25])
    assert table["n_bins"].tolist() == [10, 20, 4]
    assert table["copies"].isna().all()


def test_absolute_copies_gzip_and_missing_values(tmp_path: Path) -> None:
    path = tmp_path / "x.seg.gz"
    text = "sample,chr,startpos,endpos,Copy_Number\nA,1,1,10,2\nA,1,11,20,NA\nA,1,21,30,4\n"
    path.write_bytes(gzip.compress(text.encode()))
    table = read_seg(path)
    assert table["copies"].tolist() == [2, 4]
    assert table["log2_ratio"].isna().all()
    assert table["n_bins"].isna().all()


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "no segments"),
        ("ID\tchrom\tloc.start\n", 1, "no column for end"),
        ("ID\tchrom\tloc.start\tloc.end\tn\nA\t1\t1\t5\t2\n", 1, r"no column for seg\.mean"),
        (DNACOPY.replace("1.25", "gain"), 4, "log2_ratio is no number.*'gain'"),
        (DNACOPY.replace("501\t900", "501\t400"), 4, "ends before it starts"),
        (DNACOPY.replace("1001\t3000", "900\t3000"), 3, "overlaps another"),
        (DNACOPY.replace("\t1.25", ""), 4, "too few fields"),
        (DNACOPY.replace("1001", "x"), 3, "start is no number"),
        (DNACOPY.replace("1.25", "inf"), 4, "no number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    text: str, line: int | None, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.seg"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=says) as caught:
        read_seg(path)
    assert caught.value.line == line
    assert "bad.seg" in str(caught.value)


def test_written_segments_read_back(tmp_path: Path) -> None:
    first = tmp_path / "in.seg"
    first.write_text(DNACOPY)
    table = read_seg(first)
    write_seg(tmp_path / "out.seg", table)
    again = read_seg(tmp_path / "out.seg")
    assert again.equals(table)


@pytest.mark.parametrize("start", ["1_001", "\uff11\uff12", "9" * 25, "1.5", "0x1F", ""])
def test_a_start_is_a_number_in_figures(tmp_path: Path, start: str) -> None:
    path = tmp_path / "x.seg"
    path.write_text(DNACOPY.replace("\t1001\t", f"\t{start}\t"))
    with pytest.raises(InputFormatError, match="line 3: the start is no number"):
        read_seg(path)


def test_a_quote_that_does_not_close_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.seg"
    path.write_text(DNACOPY.replace("T2\t", '"T2\t'))
    with pytest.raises(InputFormatError, match="line 4: the cells of this line"):
        read_seg(path)
