"""How many regions of a mark are called, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resist_epi.io.shown import count
from resist_epi.report.gather import MarkTables, Sheet
from resist_epi.report.sections import calls
from resist_epi.report.words import (
    KIND_WORDS,
    change_in_words,
    counted_regions,
    join_words,
    why_no_test,
)


def mark_differs(mark: MarkTables) -> str:
    """What is called in the regions that speak for genes, how surely, and how many elsewhere."""
    kind = next(iter(mark.results))
    found, words = calls(mark.main), KIND_WORDS.get(kind, kind)
    if mark.main.facts.get("no test"):
        return (
            f"{mark.mark} could not be tested ({shortly(mark.main.facts)}): there are fold"
            f" changes of {found['all']:,} {words}, and no P"
        )
    tested, called = found["tested"], found["gain"] + found["loss"]
    level = f"a false discovery rate of {mark.main.question.fdr:.0%}"
    elsewhere = _elsewhere(mark)
    if not called:
        but = f", but at {elsewhere}" if elsewhere else ""
        return (
            f"{mark.mark} differs at none of {tested:,} {words} tested{but}, at {level}; that is no"
            " proof that nothing changes"
        )
    more, less = _ways(mark.main)
    text = (
        f"{mark.mark} differs at {called:,} of {tested:,} {words} tested ({found['gain']:,}"
        f" {more}, {found['loss']:,} {less}; {level})"
    )
    if loci := loci_in_words(found):
        text += f", at {loci}"
    return f"{text}; {_sure(found['sure'], called)}{f'; also at {elsewhere}' * bool(elsewhere)}"


def shortly(facts: Mapping[str, Any]) -> str:
    """The fact for which there is no test, without what follows from it."""
    return why_no_test(facts).split(", so ")[0]


def loci_in_words(found: Mapping[str, Any]) -> str:
    """At how many loci called regions lie, and how many are called when each is tested once.

    Parameters
    ----------
    found
        Of `sections.calls`. Empty where no loci are known.

    Examples
    --------
    >>> loci_in_words({"at": 28, "loci": 9}), loci_in_words({"at": 1, "loci": 1})
    ('28 loci (9 when each locus is tested once)', '1 locus')
    """
    at, called = found["at"], found["loci"]
    if at is None:
        return ""
    text = count(at, "locus", "loci")
    return text if called in (None, at) else f"{text} ({called:,} when each locus is tested once)"


def _sure(sure: int | None, called: int) -> str:
    if sure is None:
        return "whether with high confidence could not be determined"
    if called == 1:
        return f"{'not ' * (not sure)}with high confidence"
    if sure == called:
        return "all with high confidence"
    return f"{f'{sure:,}' if sure else 'none'} of the {called:,} with high confidence"


def _elsewhere(mark: MarkTables) -> str:
    """How many regions of other kinds are called: `5 gene bodies and 9 consensus peaks`."""
    others = list(mark.results.items())[1:]
    found = [(kind, calls(sheet)) for kind, sheet in others]
    return join_words(
        [counted_regions(n, kind) for kind, own in found if (n := own["gain"] + own["loss"])]
    )


def _ways(sheet: Sheet) -> tuple[str, str]:
    """How a gain and a loss are called in a sentence."""
    gain = change_in_words(sheet.facts)[1]
    return (
        (gain, gain.replace("more", "less", 1))
        if gain.startswith("more in")
        else (
            "gained",
            "lost",
        )
    )
