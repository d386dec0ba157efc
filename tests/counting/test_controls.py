"""Inputs of a sheet: found, counted once under each library, and named where they are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resist_epi.counting.controls import (
    control_paths,
    count_controls,
    count_controls_in_tables,
    has_controls,
)
from resist_epi.counting.passes import Pass
from resist_epi.errors import SampleSheetError
from resist_epi.genome.regions import bed_regions
from resist_epi.samples.sheet import read_sheet
from tests.support.controls import write_inputs


def test_shared_inputs_are_counted_once_under_each_library(tmp_path: Path) -> None:
    sheet = read_sheet(write_inputs(tmp_path))
    said: list[str] = []
    regions = bed_regions([("chr1", 0, 5000), ("chr1", 400_000, 403_000)])
    counted = count_controls(sheet, regions, how=Pass(progress=said.append))
    assert len(said) == 2
    assert counted.samples == ("a", "b", "c")
    np.testing.assert_allclose(counted.values[:, 0], counted.values[:, 1])
    assert counted.values[1, 0] == pytest.approx(900)
    assert has_controls(sheet)


def test_several_tables_are_one_pass(tmp_path: Path) -> None:
    sheet = read_sheet(write_inputs(tmp_path))
    tables = {
        "promoters": bed_regions([("chr1", 0, 5000)]),
        "genes": bed_regions([("chr1", 400_000, 403_000), ("chr1", 1_000, 2_000)]),
    }
    said: list[str] = []
    found = count_controls_in_tables(sheet, tables, how=Pass(progress=said.append))
    assert len(said) == 2
    for name, table in tables.items():
        alone = count_controls(sheet, table)
        np.testing.assert_allclose(found[name].values, alone.values, rtol=1e-12)
        assert found[name].samples == alone.samples


def test_missing_inputs_are_named(tmp_path: Path) -> None:
    frame = {"SampleID": ["a", "b"], "Factor": "K", "Condition": ["x", "y"]}
    from resist_epi.samples.sheet import make_sheet

    with pytest.raises(SampleSheetError, match="no column ControlCoverage"):
        control_paths(make_sheet(pd.DataFrame(frame)))
    partly = make_sheet(pd.DataFrame({**frame, "ControlCoverage": ["x.bw", ""]}))
    assert not has_controls(partly)
    with pytest.raises(SampleSheetError, match="sample b, column ControlCoverage: empty"):
        control_paths(partly)
    reads = make_sheet(pd.DataFrame({**frame, "ControlCoverage": "", "bamControl": "x.bam"}))
    assert control_paths(reads)[0] == "bamControl"
