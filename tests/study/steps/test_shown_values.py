"""The values of units that a run keeps for its page: those of the test, of regions worth a look."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resist_epi.io.tables import read_table
from resist_epi.model.analysis import analyse
from resist_epi.model.unit_values import unit_values
from resist_epi.study.steps.outputs import Outputs
from resist_epi.study.steps.shown_values import shown_values, unit_groups, write_shown_values
from tests.support.builders import planted, sheet

GROUPS = ["good"] * 4 + ["poor"] * 4


def test_called_regions_stand_before_all_others_where_there_is_little_room() -> None:
    analysis = analyse(planted(n=200), sheet(GROUPS))
    results = analysis.results
    called = set(results.loc[results["direction"] != "none", "region_id"])
    assert 2 < len(called) < 100
    few = shown_values(analysis, most=8 * (len(called) + 5))
    assert len(few) == len(called) + 5
    assert called < set(few["region_id"])
    all_of_them = shown_values(analysis)
    assert all_of_them["region_id"].tolist() == results["region_id"].tolist()
    own = [c for c in all_of_them if c.startswith("value_")]
    np.testing.assert_allclose(all_of_them[own], unit_values(analysis)[own], rtol=1e-3)


def test_the_table_says_which_rows_and_which_groups(tmp_path: Path) -> None:
    analysis = analyse(planted(n=50), sheet(GROUPS))
    outputs = Outputs(tmp_path, "H3K27me3")
    write_shown_values(analysis, "promoters", outputs)
    table = read_table(tmp_path / "values" / "H3K27me3.promoters.tsv.gz")
    header = table.attrs["header"]
    assert header["rows"] == "all 50 regions"
    assert header["groups"] == {
        "column": "Condition",
        "of": {f"s{i}": group for i, group in enumerate(GROUPS)},
    }
    assert outputs.written == [tmp_path / "values" / "H3K27me3.promoters.tsv.gz"]


def test_units_along_a_number_and_in_combinations() -> None:
    rows = sheet(GROUPS, Treatment=list("abab") * 2, Age=[40, 50, 61, 70, 44, 52, 66, 71])
    slope = unit_groups(analyse(planted(n=50), rows, formula="~ Age", contrast="Age"))
    assert slope["column"] == "Age"
    assert slope["of"]["s2"] == 61
    both = unit_groups(
        analyse(
            planted(n=50),
            rows,
            formula="~ Treatment * Condition",
            coefficient="Treatment[T.b]:Condition[T.poor]",
        )
    )
    assert set(both["column"].split(", ")) == {"Condition", "Treatment"}
    assert len(set(both["of"].values())) == 4
