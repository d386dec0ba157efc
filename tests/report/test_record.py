"""The record of a run is read, or refused with what it should have been."""

from __future__ import annotations

from pathlib import Path

import pytest

from resist_epi.errors import InputFormatError
from resist_epi.report.record import read_record


def test_a_record_is_read(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    path.write_text('{"version": "1", "inputs": {}}')
    assert read_record(path)["version"] == "1"


@pytest.mark.parametrize("text", ["{", "[]", '{"inputs": []}'])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "provenance.json"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=r"not JSON|not a record"):
        read_record(path)
