"""Every sign that may be stated, against everything that may be seen."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from resist_epi.mechanism.expectations import WORDS, Expectation
from resist_epi.mechanism.verdicts import (
    EVIDENCE,
    VERDICTS,
    evidence,
    in_words,
    judge,
    judge_beside,
)

NONE_SEEN, ALLOWED = "no change seen", "no change seen, as allowed for"

# Stated, then the verdict where gain, loss, mixed and none are seen.
PAIRS = {
    "": ("changes, none stated", "changes, none stated", "changes, none stated", NONE_SEEN),
    "gain": ("as expected", "opposite", "not predicted", NONE_SEEN),
    "gain|none": ("as expected", "opposite", "not predicted", ALLOWED),
    "gain|mixed": ("as expected", "opposite", "allowed for", NONE_SEEN),
    "gain|loss": ("as expected", "allowed for", "not predicted", NONE_SEEN),
    "loss": ("opposite", "as expected", "not predicted", NONE_SEEN),
    "loss|none": ("opposite", "as expected", "not predicted", ALLOWED),
    "loss|mixed": ("opposite", "as expected", "allowed for", NONE_SEEN),
    "loss|gain": ("allowed for", "as expected", "not predicted", NONE_SEEN),
    "none": ("not predicted",) * 3 + ("no change expected, none seen",),
    "none|gain": ("allowed for", "not predicted", "not predicted", "no change expected, none seen"),
    "none|loss": ("not predicted", "allowed for", "not predicted", "no change expected, none seen"),
    "none|mixed": (
        *("not predicted", "not predicted", "allowed for"),
        "no change expected, none seen",
    ),
    "mixed": ("changes, one way", "changes, one way", "as expected", NONE_SEEN),
    "mixed|none": ("changes, one way", "changes, one way", "as expected", ALLOWED),
    "mixed|gain": ("allowed for", "changes, one way", "as expected", NONE_SEEN),
    "mixed|loss": ("changes, one way", "allowed for", "as expected", NONE_SEEN),
}


@pytest.mark.parametrize("stated", PAIRS)
def test_every_sign_against_all_evidence(stated: str) -> None:
    expected = Expectation.parse(stated)
    found = [expected.verdict(seen).word for seen in ("gain", "loss", "mixed", "none")]
    assert found == list(PAIRS[stated])
    assert expected.verdict("too few").word == "too few to say"
    assert expected.verdict("untested").word == "not tested"


def test_no_sign_is_left_out_and_every_verdict_is_defined_once() -> None:
    signs = ["", *WORDS, *(f"{a}|{b}" for a, b in product(WORDS, WORDS) if a != b)]
    assert set(PAIRS) == set(signs)
    reached = {judge(*s.partition("|")[::2], seen).word for s in signs for seen in EVIDENCE}
    beside = {judge_beside(p, n).word for p in (0.01, 0.5, np.nan) for n in (4, 40)}
    assert reached | beside == set(VERDICTS)
    assert len({v.meaning for v in VERDICTS.values()}) == len(VERDICTS)


def test_a_change_is_claimed_by_exactly_those_that_say_so() -> None:
    for stated, words in PAIRS.items():
        assert [VERDICTS[w].claims for w in words] == [True, True, True, False], stated
    assert not any(VERDICTS[w].claims for w in ("not tested", "too few to say", "quiet"))


def test_silence_of_few_loci_says_nothing_and_a_call_of_few_does() -> None:
    assert evidence("none", tested=True, n_loci=7) == "too few"
    assert evidence("none", tested=True, n_loci=8) == "none"
    assert evidence("gain", tested=True, n_loci=4) == "gain"
    assert evidence("gain", tested=False, n_loci=40) == "untested"


def test_none_seen_carries_what_would_have_been_seen() -> None:
    known = {"smallest": 0.314, "needed": np.nan, "untested": ""}
    assert in_words("no change seen", **known).endswith("a shift of 0.31 log2 would have been")
    assert in_words("as expected", **known) == "as expected"


def test_a_set_with_called_loci_changes_no_more_than_sets_like_it() -> None:
    known = {"smallest": np.nan, "needed": np.nan, "untested": "", "called": 14.0, "matched": 18.2}
    said = in_words("no change seen", **known)
    few = "no change seen beyond that of others (14 loci called, 18.2 in sets like it)"
    assert said == few
    more = in_words("no change seen", **known | {"matched": 0.2})
    assert more == "no change seen that can be claimed (14 loci called, 0.2 in sets like it)"
    one = in_words("no change seen", **known | {"called": 1.0, "matched": 0.2})
    assert "(1 locus called, 0.2" in one
    assert in_words("no change seen", **known | {"called": 0.0}) == "no change seen"
    assert in_words("as expected", **known) == "as expected"


def test_a_small_p_that_does_not_stand_adjustment_is_not_called_silence() -> None:
    known = {"smallest": 0.65, "needed": np.nan, "untested": ""}
    said = in_words("no change expected, none seen", **known, pvalue=0.014)
    assert said.startswith(
        "no change expected, none seen that can be claimed (P 0.014 before it is adjusted); a shift"
    )
    assert "claimed" not in in_words("no change seen", **known, pvalue=0.06)


def test_the_docs_give_every_verdict() -> None:
    page = (Path(__file__).parents[2] / "docs" / "guide" / "mechanisms.md").read_text("utf-8")
    for verdict in VERDICTS.values():
        assert f"| {verdict.word} | {verdict.meaning} |" in page
