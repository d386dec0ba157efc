"""Contacts of a BEDPE file."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.genome.contacts import CONTACT_COLUMNS, read_contacts


def test_anchors_are_read_and_unknown_ones_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.bedpe"
    path.write_text(
        "# loops\nchr1\t10\t20\tchr1\t500\t600\tloop1\t7\nchr2\t1\t9\tchr1\t3\t4\tx\t1\n"
        ".\t-1\t-1\tchr1\t3\t4\ty\t1\n"
    )
    found = read_contacts(path)
    assert tuple(found.columns) == CONTACT_COLUMNS
    assert found.to_numpy().tolist() == [
        ["chr1", 10, 20, "chr1", 500, 600],
        ["chr2", 1, 9, "chr1", 3, 4],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("chr1\t1\t2\n", "BEDPE"),
        ("chr1\t1\t2\tchr1\t9\t5\n", "start2 is not below end2"),
        ("chr1\t1\t2\tchr1\tx\t5\n", "line 1"),
        ("", "no contacts"),
        (".\t-1\t-1\tchr1\t5\t6\n", "no contact has two known anchors"),
        ("chr1\t-7\t9\tchr1\t5\t6\n", "line 1: start1 is negative"),
        ("\t1\t9\tchr1\t5\t6\n", "line 1: chrom1 is empty"),
    ],
)
def test_what_is_no_contact_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.bedpe").write_text(text)
    with pytest.raises(InputFormatError, match=said):
        read_contacts(tmp_path / "a.bedpe")
