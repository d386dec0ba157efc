"""What is said of a mechanism in a layer: every word once, and which a sign and evidence make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from resist_epi.genes.set_carriers import FEW_LOCI, FEWEST_CARRIERS

Evidence = Literal["gain", "loss", "mixed", "none", "too few", "untested"]

# What a layer may show of a set. `mixed`: more members are called than in matched sets, both ways.
EVIDENCE: tuple[Evidence, ...] = ("gain", "loss", "mixed", "none", "too few", "untested")

# Of fewer loci "none seen" says nothing; controls of fewer are no comfort.
FEWEST_LOCI, FEWEST_OF_CONTROL = FEW_LOCI, 15

# P of a row that by itself would not be called silent.
SEEN_ALONE = 0.05

# At which power a change that was not seen would have been.
POWER = 0.8


@dataclass(frozen=True)
class Verdict:
    """A word of the column `verdict`.

    Attributes
    ----------
    word
        As the table has it.
    meaning
        What it says, for docs and legends.
    clause
        How a sentence goes on after what was seen; empty where no change is claimed.
    """

    word: str
    meaning: str
    clause: str = ""

    @property
    def claims(self) -> bool:
        """Whether it says that something changes."""
        return bool(self.clause)


AS_EXPECTED = Verdict(
    "as expected",
    "the change that was stated",
    "consistent with what was stated",
)

ALLOWED = Verdict(
    "allowed for",
    "not the change that was stated first, but one that was said not to speak against it",
    "which was allowed for",
)

ONE_WAY = Verdict(
    "changes, one way",
    "a change was stated, but not its direction (mixed); the members go one way",
    "where a change was stated, but not its direction",
)

OPPOSITE = Verdict(
    "opposite",
    "the reverse of the change that was stated",
    "against what was stated",
)

NOT_PREDICTED = Verdict(
    "not predicted",
    "a change where none was stated, or of another kind",
    "for which no such change was predicted",
)

NO_SIGN = Verdict(
    "changes, none stated",
    "a change in a layer for which nothing was stated",
    "for which nothing was stated",
)

NONE_AS_EXPECTED = Verdict(
    "no change expected, none seen",
    "no change was stated, none is seen, and there are enough loci to see one",
)

NONE_ALLOWED = Verdict(
    "no change seen, as allowed for",
    "none is seen, which was said not to speak against the mechanism",
)

NONE_SEEN = Verdict(
    "no change seen",
    "a change was stated and none is seen; `smallest_effect` is what would have been",
)

TOO_FEW = Verdict(
    "too few to say",
    f"none that {FEWEST_CARRIERS} called loci carry, of fewer than {FEWEST_LOCI}: they say nothing"
    " either way",
)

NOT_TESTED = Verdict("not tested", "no test could be made; `untested` says why")

QUIET = Verdict("quiet", "a set that should not move does not")

MOVED = Verdict("moved at P < .05", "a set that should not move does: look there before a claim")

NO_COMFORT = Verdict(
    "too few to reassure",
    f"a set that should not move does not, but fewer than {FEWEST_OF_CONTROL} loci are no comfort",
)

VERDICTS: dict[str, Verdict] = {
    v.word: v
    for v in (
        *(AS_EXPECTED, ALLOWED, ONE_WAY, OPPOSITE, NOT_PREDICTED, NO_SIGN, NONE_AS_EXPECTED),
        *(NONE_ALLOWED, NONE_SEEN, TOO_FEW, NOT_TESTED, QUIET, MOVED, NO_COMFORT),
    )
}


def judge(main: str, allowed: str, seen: Evidence) -> Verdict:
    """What evidence says of a sign that was stated in advance.

    Parameters
    ----------
    main, allowed
        As of `expectations.Expectation`: `gain`, `loss`, `none`, `mixed` or empty.
    seen
        One of `EVIDENCE`.

    Examples
    --------
    >>> judge("gain", "mixed", "mixed").word, judge("gain", "", "mixed").word
    ('allowed for', 'not predicted')
    """
    nothing = seen == "none"
    rules: tuple[tuple[bool, Verdict], ...] = (
        (seen == "untested", NOT_TESTED),
        (seen == "too few", TOO_FEW),
        (nothing and main == "none", NONE_AS_EXPECTED),
        (nothing and allowed == "none", NONE_ALLOWED),
        (nothing, NONE_SEEN),
        (not main, NO_SIGN),
        (seen == main, AS_EXPECTED),
        (seen == allowed, ALLOWED),
        (main == "mixed", ONE_WAY),
        # A reverse sign is against what was stated, whatever else was allowed for.
        ({main, seen} == {"gain", "loss"}, OPPOSITE),
    )
    return next((verdict for holds, verdict in rules if holds), NOT_PREDICTED)


def judge_beside(pvalue: float, n_loci: int) -> Verdict:
    """What a control or marker set says.

    Examples
    --------
    >>> judge_beside(0.4, 6).word, judge_beside(0.4, 60).word, judge_beside(float("nan"), 60).word
    ('too few to reassure', 'quiet', 'not tested')
    """
    if math.isnan(pvalue):
        return NOT_TESTED
    if pvalue <= 0.05:
        return MOVED
    return QUIET if n_loci >= FEWEST_OF_CONTROL else NO_COMFORT


def evidence(direction: str, *, tested: bool, n_loci: int) -> Evidence:
    """What a row shows: its direction, or how little its silence says."""
    if not tested:
        return "untested"
    if direction in ("gain", "loss", "mixed"):
        return direction  # type: ignore[return-value]
    return "none" if n_loci >= FEWEST_LOCI else "too few"


def in_words(
    verdict: str,
    *,
    smallest: float,
    needed: float,
    untested: str,
    pvalue: float = math.nan,
    called: float = math.nan,
    matched: float = math.nan,
) -> str:
    """A verdict with what would have been seen, or why nothing was, as page and figure say it.

    Parameters
    ----------
    verdict
        A word of `VERDICTS`.
    smallest
        Columns `smallest_effect` and `called_needed` of the row; NaN where not known.
    untested
        The column of that name.
    pvalue
        Of the row: of .05 or less something is seen that cannot be claimed, and that is said.
    called, matched
        Columns `n_called` and `n_called_matched`: a set of which loci are called changes no more
        than sets like it, which is not the same as no change.

    Examples
    --------
    >>> in_words("no change seen", smallest=0.4, needed=3, untested="")
    'no change seen; a shift of 0.40 log2, or 3 members called, would have been'
    >>> in_words("not tested", smallest=1.0, needed=2, untested="no gene has a region")
    'not tested: no gene has a region'
    """
    if verdict == NOT_TESTED.word:
        return f"{verdict}: {untested}" if untested else verdict
    if verdict not in (NONE_SEEN.word, NONE_ALLOWED.word, NONE_AS_EXPECTED.word):
        return verdict
    if called > 0 and not math.isnan(matched):
        # More than in sets like it, and yet too few, or explained by exchanged labels.
        how = "that can be claimed" if called > matched else "beyond that of others"
        loci = "locus" if called == 1 else "loci"
        verdict += f" {how} ({called:.0f} {loci} called, {matched:.1f} in sets like it)"
    elif pvalue <= SEEN_ALONE:
        verdict += f" that can be claimed (P {pvalue:.2g} before it is adjusted)"
    parts = []
    if not math.isnan(smallest):
        parts.append(f"a shift of {smallest:.2f} log2")
    if not math.isnan(needed):
        parts.append(f"{needed:.0f} members called")
    comma = "," if len(parts) > 1 else ""
    return f"{verdict}; {', or '.join(parts)}{comma} would have been" if parts else verdict
