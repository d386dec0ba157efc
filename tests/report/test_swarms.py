"""Values of every unit inside the page: as the table has them, and safe in any HTML."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import numpy as np
import pytest

from resist_epi.report.gather import Sheet
from resist_epi.report.swarms import pack_swarms, swarms_in_words
from tests.support.report_tables import NASTY, results, sheet, unit_values


def unpack(text: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(text)))


def test_values_come_back_in_log2_beside_their_row() -> None:
    table = results(300)
    kept = unit_values(table.iloc[20:60])
    data = unpack(pack_swarms(kept, sheet(table)))
    assert np.cumsum(data["rows"]).tolist() == list(range(20, 60))
    added = 0.05 * table["baseMean"].median()
    wanted = np.log2(kept.table.filter(like="value_").to_numpy() + added)
    found = np.reshape(data["values"], wanted.shape) + np.array(data["middle"])[:, None]
    np.testing.assert_allclose(found / 100, wanted, atol=0.0051)
    assert data["levels"] == ["good", "poor"]
    assert data["group"] == [0] * 6 + [1] * 6
    assert len(set(data["colours"])) == 2
    assert data["title"] == "log2 mean signal per base"


def test_units_along_a_number_and_without_any_group() -> None:
    table = results(20)
    kept = unit_values(table)
    ages = {f"P{i}": 40.0 + i for i in range(12)}
    slope = Sheet(kept.table, {"groups": {"column": "Age", "of": ages}})
    data = unpack(pack_swarms(slope, sheet(table)))
    assert data["x"] == list(ages.values())
    assert data["column"] == "Age"
    data = unpack(pack_swarms(Sheet(kept.table, {}), sheet(table)))
    assert data["levels"] == [""]


def test_a_value_that_is_not_known_leaves_the_region_out() -> None:
    table = results(20)
    kept = unit_values(table)
    holed = kept.table.copy()
    holed.loc[3, "value_P2"] = np.nan
    data = unpack(pack_swarms(Sheet(holed, kept.header), sheet(table)))
    assert 3 not in np.cumsum(data["rows"])
    assert len(data["rows"]) == 19


def test_names_and_empty_tables_do_no_harm() -> None:
    table = results(20)
    kept = unit_values(table)
    named = kept.table.rename(columns={"value_P0": f"value_{NASTY}"})
    text = pack_swarms(Sheet(named, kept.header), sheet(table))
    assert not set(text) & set("<>&\"'")
    assert unpack(text)["units"][0] == NASTY
    assert unpack(pack_swarms(Sheet(kept.table.iloc[:0], kept.header), sheet(table)))["rows"] == []
    assert pack_swarms(None, sheet(table)) == ""


@pytest.mark.parametrize(("n", "said"), [(20, "those of all regions"), (7, "for 7 of the 20")])
def test_the_page_says_of_which_regions(n: int, said: str) -> None:
    kept = unit_values(results(20).iloc[:n])
    assert said in swarms_in_words(kept, 20)
    assert swarms_in_words(None, 20) == ""
