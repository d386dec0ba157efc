"""Genes and regions of known direction, and what each normalisation makes of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.model.agreement import with_agreement, with_agreement_where_known
from resist_epi.model.analysis import Analysis, analyse
from resist_epi.model.known import COLUMNS, find_controls, read_known
from tests.support.builders import planted, regions, sheet


def write(folder: Path, text: str) -> Path:
    path = folder / "known.tsv"
    path.write_text(text.replace(" ", "\t"))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "symbol direction\nS1 gain\ns3 Loss\nS4 none\n",
        "gene_id direction more\ng1 gain x\ng3 loss y\ng4 none z\n",
        "#paper\nchrom start end direction\n"
        "chr1 1200 1300 gain\nchr1 3000 4000 loss\nchr1 4999 5000 none\n",
        "Gene Direction\nS1 gain\nS3 loss\nS4 NONE\n",
    ],
)
def test_genes_and_places_are_found(tmp_path: Path, text: str) -> None:
    found = find_controls(read_known(write(tmp_path, text)), regions(6))
    assert list(found.expected) == ["", "gain", "", "loss", "none", ""]
    assert found.note == "3 of 3 in known.tsv found"


def test_what_is_not_there_is_counted_and_said(tmp_path: Path) -> None:
    known = read_known(write(tmp_path, "symbol direction\nS1 gain\nXYZ gain\nABC none\n"))
    assert find_controls(known, regions(6)).note == "1 of 3 in known.tsv found, not XYZ, ABC"
    with pytest.raises(InputFormatError, match="none of the 3 known directions is of a region"):
        find_controls(known, regions(1))
    with pytest.raises(InputFormatError, match="none of the 3 known directions is of a region"):
        find_controls(known, regions(6).drop(columns="symbol"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("symbol direction\nS1 gain\nS2 up\n", "line 3.*gain, loss or none.*'up'"),
        ("#top\nsymbol direction\nS1 \n", "line 3"),
        ("symbol way\nS1 gain\n", "line 1.*symbol, gene_id or chrom start end, and direction"),
        ("chrom start direction\nchr1 1 gain\n", "line 1.*chrom start end"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFormatError) as error:
        read_known(write(tmp_path, text))
    assert re.search(message, str(error.value)), str(error.value)


def test_one_region_of_two_directions_is_refused(tmp_path: Path) -> None:
    known = read_known(write(tmp_path, "symbol direction\nS1 gain\nS2 none\nS1 loss\n"))
    with pytest.raises(InputFormatError, match=r"line 4.*S1 is loss here and gain in line 2"):
        find_controls(known, regions(6))


def test_a_direction_may_be_of_one_mark(tmp_path: Path) -> None:
    text = "symbol mark direction\nS1 H3K27me3 gain\nS1 H3K36me3 loss\nS2  none\n"
    known = read_known(write(tmp_path, text))
    for mark, direction in (("H3K27me3", "gain"), ("H3K36me3", "loss")):
        of_mark = known.of_mark(mark)
        assert of_mark is not None
        assert list(find_controls(of_mark, regions(3)).expected) == ["", direction, "none"]
    other = read_known(write(tmp_path, "symbol factor direction\nS1 ER gain\n"))
    assert other.of_mark("H3K27me3") is None
    assert "known_n" not in with_agreement(planted_analysis(), other)[1].table


def planted_analysis() -> Analysis:
    """The first 40 of 400 regions gain."""
    return analyse(planted(changed=40), sheet(["good"] * 4 + ["poor"] * 4))


def test_each_normalisation_is_held_against_what_is_known(tmp_path: Path) -> None:
    rows = [f"S{i} gain" for i in range(10)] + [f"S{i} none" for i in range(100, 120)]
    rows += ["S11 loss"]  # wrong on purpose
    known = read_known(write(tmp_path, "\n".join(["symbol direction", *rows, ""])))
    analysis = planted_analysis()
    found, agreement = with_agreement(analysis, known)
    each = agreement.table.groupby("normalization")[list(COLUMNS)].first()
    assert len(each) >= 3
    assert (each["known_n"] == 31).all()
    assert (each["known_right"] >= 28).all()
    assert each["known_right_sign"].to_numpy() == pytest.approx(10 / 11)
    assert np.abs(each["known_none_median"]).max() < 0.3
    assert "known directions (31 of 31 in known.tsv found): " in found.header["agreement"]
    assert "right under tmm_rounds (sign of 91% of those that change" in found.header["agreement"]
    assert "known_n" not in with_agreement(analysis)[1].table


def test_without_reference_known_directions_are_asked_all_the_same(tmp_path: Path) -> None:
    known = read_known(write(tmp_path, "symbol direction\nS1 gain\n"))
    analysis = planted_analysis()
    assert "agreement" not in with_agreement_where_known(analysis).header
    assert "1 of 1 right under" in with_agreement_where_known(analysis, known).header["agreement"]
