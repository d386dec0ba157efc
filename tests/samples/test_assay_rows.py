"""Assays of the rows of a sheet."""

from __future__ import annotations

import pandas as pd
import pytest

from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.samples.assay_rows import (
    assay_facts,
    assays_in_words,
    assays_of,
    check_one_assay,
    dropped_signal,
)
from resist_epi.samples.assays import ASSAYS
from resist_epi.samples.sheet import SampleSheet, make_sheet


def sheet(*assays: str, conditions: str = "good good poor poor") -> SampleSheet:
    table = pd.DataFrame(
        {
            "SampleID": [f"s{i}" for i in range(4)],
            "Factor": "H3K27me3",
            "Condition": conditions.split(),
        }
    )
    return make_sheet(table.assign(assay=list(assays)) if assays else table)


def test_cells_get_the_assays_own_name_and_unknown_ones_are_refused_with_their_line() -> None:
    found = sheet("cutandtag", "CUT&Tag", "cut & tag", "CUTnTag")
    assert set(found.table["Assay"]) == {"CUT&Tag"}
    assert [a.name for a in assays_of(found)] == ["CUT&Tag"] * 4
    with pytest.raises(SampleSheetError) as caught:
        sheet("CUT&Tag", "DamID", "CUT&Tag", "ATAC")
    assert [p.split(":")[0] for p in caught.value.problems] == [
        "line 3, column Assay",
        "line 5, column Assay",
    ]
    assert "ChIP-seq, CUT&RUN, CUT&Tag" in caught.value.problems[0]


def test_without_the_column_chip_seq_is_taken_and_said() -> None:
    assert {a.name for a in assays_of(sheet())} == {"ChIP-seq"}
    assert assays_in_words(sheet())[1] == "the sheet has no column Assay, so ChIP-seq is taken"
    some = assays_in_words(sheet("chip", "", "chip", "na"))
    assert some[1] == "column Assay is empty for s1, s3, so ChIP-seq is taken there"
    facts = assay_facts(sheet(), of_reads=False)
    assert facts["names"] == ["ChIP-seq"]
    assert facts["words"][0] == "ChIP-seq"
    assert len(assays_in_words(sheet(*["CUT&RUN"] * 4))) == 1


def test_dropping_duplicates_that_are_signal_is_warned_of() -> None:
    chip, run = ASSAYS["ChIP-seq"], ASSAYS["CUT&RUN"]
    assert dropped_signal(None, [run]) == dropped_signal(True, [run]) == []
    assert dropped_signal(False, [chip]) == []
    (warning,) = dropped_signal(False, [chip, run, run])
    assert run.why_duplicates in warning


def test_assays_that_go_with_the_groups_are_refused_whatever_the_design() -> None:
    mixed = sheet("chip", "chip", "CUT&Tag", "CUT&Tag")
    with pytest.raises(DesignError, match=r"Assay goes with Condition.*leave the rows"):
        check_one_assay(mixed, ["Condition"])


def test_crossed_assays_need_a_design_that_holds_them() -> None:
    crossed = sheet("chip", "CUT&Tag", "chip", "CUT&Tag")
    with pytest.raises(DesignError, match=r"'~ Assay \+ Condition'") as caught:
        check_one_assay(crossed, ["Condition"])
    assert "ChIP-seq: s0, s2; CUT&Tag: s1, s3" in str(caught.value)
    assert "compare it with each assay alone" in check_one_assay(crossed, ["Assay", "Condition"])
    assert check_one_assay(sheet(), ["Condition"]) == ""
