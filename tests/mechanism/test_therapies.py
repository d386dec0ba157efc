"""Therapies stand with a state, a status, its date and a source, and say when they are old."""

from __future__ import annotations

import re
from datetime import date, timedelta

from resist_epi.mechanism.builtin import load_mechanisms
from resist_epi.mechanism.therapies import (
    KEEPS,
    as_of_words,
    load_therapies,
    therapies_as_of,
    therapies_of,
)

SOURCE = re.compile(r"https://|doi:|PubMed|PMC|\b20\d\d\b|not looked up")


def test_every_therapy_names_mechanisms_and_says_where_its_status_stands() -> None:
    names = {m.name for m in load_mechanisms()}
    for t in load_therapies():
        assert set(t.mechanisms) <= names, t.name
        assert all((t.name, t.kind, t.state, t.status, t.region, t.source)), t.name
        assert re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", t.status_date), t.name
        assert t.status_date <= therapies_as_of().isoformat(), t.name
        assert SOURCE.search(t.source), t.name
        assert t.verified or "not verified in full" in t.words
    assert sum(not t.verified for t in load_therapies()) <= 3
    assert len(load_therapies()) == len({(t.name, t.region) for t in load_therapies()})


def test_what_changed_in_2026_is_known() -> None:
    found = {(t.name, t.region): t for t in load_therapies()}
    assert found["tazemetostat", "worldwide"].status.startswith("withdrawn")
    assert found["vepdegestrant", "US"].status_date == "2026-05-01"
    assert "decision due 2026-12-18" in found["giredestrant with everolimus", "US"].status
    for t in load_therapies():
        undecided = "under review" in t.status or "opinion" in t.status
        assert not undecided or "found" in t.status or "due 2026-12" in t.status, t.name


def test_standard_treatment_stands_beside_the_cell_cycle() -> None:
    assert any("aromatase inhibitor" in t.name for t in therapies_of("cell_cycle"))
    assert [t.name for t in therapies_of("glycolysis")] == []
    assert "metformin" in [t.name for t in therapies_of("oxphos")]
    assert therapies_of("esr1") != therapies_of("esr1_retained")


def test_age_is_told_by_a_clock() -> None:
    day = therapies_as_of()
    fresh = as_of_words(lambda: day + KEEPS)
    assert fresh == f"as of {day.isoformat()}"
    old = as_of_words(lambda: day + KEEPS + timedelta(days=1))
    assert old.startswith(fresh)
    assert "more than six months ago" in old
    assert as_of_words(lambda: date(2026, 12, 1)) == fresh


def test_mechanisms_carry_their_therapies_in_words() -> None:
    by_name = {m.name: m for m in load_mechanisms()}
    assert (
        "tazemetostat (EZH2 inhibitor; H3K27me3 gained): withdrawn" in by_name["polycomb"].context
    )
    assert "biospace" in by_name["polycomb"].references
    assert by_name["tca"].context == by_name["tca"].references == ""
