"""Headers stay with every part of a table and are copied for none."""

from __future__ import annotations

import copy
import json
import pickle

import pandas as pd
import pytest

from resist_epi.io.header import Header

LINES = {"contrast": "poor minus good", "facts": {"scale": [1, 2]}}


def test_parts_of_a_table_share_its_header() -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    table.attrs["header"] = Header(LINES)
    parts = [table["a"], table.iloc[:1], table.copy(), table.assign(c=1), table[table["a"] > 1]]
    assert all(part.attrs["header"] is table.attrs["header"] for part in parts)


def test_tables_of_one_header_are_joined_with_it_and_of_two_without() -> None:
    tables = [pd.DataFrame({"a": [1]}) for _ in range(2)]
    for table in tables:
        table.attrs["header"] = Header(LINES)
    assert pd.concat(tables).attrs["header"] == LINES
    tables[1].attrs["header"] = Header({"contrast": "other"})
    assert "header" not in pd.concat(tables).attrs


def test_it_reads_as_the_mapping_that_it_was_made_of() -> None:
    given = dict(LINES)
    header = Header(given)
    given.clear()  # what was handed over is no longer ours
    assert header == LINES == dict(header)
    assert list(header) == list(LINES)
    assert len(header) == 2
    assert header.get("none", "") == ""
    assert json.dumps(dict(header)) == json.dumps(LINES)
    assert header | {"contrast": "x"} == LINES | {"contrast": "x"}
    assert {"contrast": "x"} | header == LINES
    assert pickle.loads(pickle.dumps(header)) == header
    assert copy.copy(header) is copy.deepcopy(header) is header
    assert not Header({})


def test_it_refuses_to_be_changed() -> None:
    header = Header(LINES)
    with pytest.raises(TypeError, match="shared by all parts of its table"):
        header["fdr"] = "0.1"
    assert header == LINES
