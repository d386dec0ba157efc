"""Therapies stand beside a mechanism whatever was seen of it."""

from __future__ import annotations

import pandas as pd

from resist_epi.report.mechanism_context import evidence_rows, therapy_section

OWN = pd.DataFrame(
    {
        "mechanism": ["Polycomb repression", "Polycomb repression", "Made up", "TCA cycle"],
        "verdict": ["no change seen", "opposite", "as expected", "not tested"],
    }
)


def test_therapies_stand_whatever_was_seen() -> None:
    section = therapy_section(OWN)
    assert {row["mechanism"] for row in section["rows"]} == {"Polycomb repression"}
    first = section["rows"][0]
    assert first["name"] == "tazemetostat"
    assert first["status"].startswith("withdrawn")
    assert (first["date"], first["region"]) == ("2026-03-09", "worldwide")
    assert section["as_of"].startswith("as of 20")
    assert "no advice" in section["caution"]


def test_what_was_stated_has_its_evidence_and_doubts() -> None:
    rows = evidence_rows(OWN)
    assert [row["mechanism"] for row in rows] == ["Polycomb repression", "TCA cycle"]
    assert "doi:" in rows[0]["sources"]
    assert rows[1]["evidence"].startswith("none")
    nsd2 = evidence_rows(pd.DataFrame({"mechanism": ["NSD2-linked metabolism"]}))[0]
    assert "tamoxifen" in nsd2["evidence"]
    assert "not verified" in nsd2["sources"]
