"""The table of assays: spellings, and a reason for each default."""

from __future__ import annotations

import pytest

from resist_epi.samples.assays import ASSAYS, DEFAULT, Assay, assay_named, assay_problem

EVERY = list(ASSAYS.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((t, "CUT&Tag") for t in ("CUT&Tag", "cutandtag", "cut-and-tag", "CUT & TAG", "CutnTag")),
        *((t, "CUT&RUN") for t in ("CUT&RUN", "cut_run", "Cut and Run", "cut&run")),
        *((t, "ChIP-seq") for t in ("ChIP-seq", "chipseq", "ChIP", "X-ChIP-seq")),
    ],
)
def test_spellings(text: str, name: str) -> None:
    found = assay_named(text)
    assert found is not None
    assert found.name == name
    assert assay_problem(text) is None


def test_an_unknown_assay_is_a_problem_with_the_known_ones() -> None:
    assert assay_problem("") is None
    text = str(assay_problem("ATAC-seq"))
    assert "'ATAC-seq'" in text
    assert all(name in text for name in ASSAYS)
    assert "did you mean" in str(assay_problem("CUT&Tug"))


@pytest.mark.parametrize("assay", EVERY, ids=list(ASSAYS))
def test_every_default_has_its_reason(assay: Assay) -> None:
    assert assay.why_count_as
    assert assay.why_duplicates
    assert assay.why_spike_in
    assert bool(assay.why_fragment_length) == (assay.fragment_length is not None)
    assert (assay.count_as == "fragment") == (assay.fragment_length is not None)
    assert assay.duplicates or not assay.duplicates_are_signal
    assert assay.references
    sentence = assay.sentence()
    assert sentence.startswith(f"{assay.name}, by default: ")
    for reason in (assay.why_count_as, assay.why_duplicates, assay.why_spike_in):
        assert reason in sentence


def test_e_coli_is_no_spike_in_of_chip_and_comes_last_elsewhere() -> None:
    assert "E. coli" not in ASSAYS[DEFAULT].spike_in
    assert all(a.spike_in[-1] == "E. coli" for a in EVERY if a.name != DEFAULT)


def test_no_spelling_means_two_assays() -> None:
    spelled = [alias for assay in EVERY for alias in assay.aliases]
    assert len(spelled) == len(set(spelled))
