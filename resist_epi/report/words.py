"""The run in words: what was done, and under which assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resist_epi.model import differential, normalization
from resist_epi.model.header import rule_in_words
from resist_epi.model.method import Method
from resist_epi.model.normalization_method import Normalization
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.samples.presets import MarkPreset

KIND_WORDS: dict[str, str] = {
    "promoters": "promoters",
    "genes": "gene bodies",
    "peaks": "consensus peaks",
    "bins": "genomic bins",
    "domains": "domains",
}

QUANTITY_WORDS: dict[str, str] = {
    "reads": "reads",
    "recovered_reads": "recovered reads",
    "coverage_sum": "summed coverage",
    "mean_signal": "mean signal per base",
}

# Names of the header's sentences, in the order in which a reader wants them.
FACTS: tuple[tuple[str, str], ...] = (
    ("contrast", "Comparison"),
    ("units", "Biological units"),
    ("quantity", "Quantity"),
    ("normalization", "Normalisation"),
    ("method", "Test"),
    ("filter", "Regions tested"),
    ("hidden factors", "Hidden factors"),
    ("unadjusted", "Without hidden factors"),
    ("threshold", "Threshold"),
    ("fdr", "Level"),
    ("shrunken fold changes", "Shrunken fold changes"),
    ("loci", "Called loci"),
    ("stability", "Calls without each unit"),
    ("direction", "Direction of a domain"),
    ("no test", "No test"),
    ("relabelling", "Relabelled units"),
    ("relabelling at the extremes", "Small P under relabelling"),
    ("carriers", "Changes in some units"),
)


@dataclass(frozen=True)
class Fact:
    """One thing that was done, with the marks and kinds where it holds.

    Attributes
    ----------
    text
        The header's own sentence.
    where
        Empty where it holds for the whole run.
    """

    text: str
    where: str


def facts(run: RunTables) -> list[tuple[str, list[Fact]]]:
    """What was run, in the words of the tables' headers: by subject, what all share said once."""
    sheets = {
        f"{mark.mark} {KIND_WORDS.get(kind, kind)}": sheet
        for mark in run.marks
        for kind, sheet in mark.results.items()
    }
    found = []
    for key, name in FACTS:
        by_text: dict[str, list[str]] = {}
        for where, sheet in sheets.items():
            text, place = sheet.header.get(key), where
            if key == "filter":  # one rule, and where it kept how many
                kept = sheet.facts["filter"]
                text, place = rule_in_words(kept), f"{where}: {kept['kept']} of {kept['of']}"
            if text:
                by_text.setdefault(text, []).append(place)
        own = [
            Fact(text, "" if len(places) == len(sheets) and key != "filter" else "; ".join(places))
            for text, places in by_text.items()
        ]
        if own:
            found.append((name, own))
    return found


def header_lines(header: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The sentences above a table, for reading: what is there for programs is left out."""
    lines = []
    for name, value in header.items():
        if isinstance(value, list):
            lines += [(name, str(one)) for one in value]
        elif not isinstance(value, dict):
            lines.append((name, str(value)))
    return lines


def change_in_words(facts: Mapping[str, Any]) -> tuple[str, str]:
    """What `log2FoldChange` is the logarithm of, and what a gain means, for axes.

    Examples
    --------
    >>> change_in_words({"contrast": {"kind": "difference", "first": "poor", "second": "good"}})
    ('fold change, poor / good', 'more in poor')
    """
    contrast = facts.get("contrast", {})
    if contrast.get("kind") == "difference":
        first, second = contrast["first"], contrast["second"]
        return f"fold change, {first} / {second}", f"more in {first}"
    if contrast.get("kind") == "coefficient":
        return f"coefficient {contrast['name']}", "above 0"
    method = differential.METHODS.get(facts.get("method", {}).get("name", ""), Method)
    return method.effect, method.gain


def keeps_global(facts: Mapping[str, Any]) -> bool:
    """Whether the normalisation can tell a global change of the mark."""
    name = facts.get("normalization", {}).get("name", "")
    return normalization.METHODS.get(name, Normalization).keeps_global


def regions_in_words(kind: str, chosen: MarkPreset) -> str:
    """How regions of a kind are made, for methods and captions.

    Examples
    --------
    >>> from resist_epi.samples.presets import preset
    >>> regions_in_words("genes", preset("H3K36me3"))
    'gene bodies (TSS + 500 bp to TES; genes of at least 2,000 bp)'
    """
    if kind == "promoters":
        return (
            f"promoters ({chosen.upstream:,} bp upstream to {chosen.downstream:,} bp downstream of"
            " each TSS, overlapping windows of a gene merged)"
        )
    if kind == "genes":
        return (
            f"gene bodies (TSS + {chosen.body_offset:,} bp to TES; genes of at least"
            f" {chosen.min_body:,} bp)"
        )
    if kind == "peaks":
        return "consensus peaks (called over all samples, blind to the groups)"
    if kind == "domains":
        return (
            "domains (windows of 2 and 10 kb above background, found and merged by location, blind"
            " to the groups, one P each by Simes' method)"
        )
    return KIND_WORDS.get(kind, kind)


def main_regions(mark: MarkTables) -> str:
    """The regions that speak for a mark's genes, in words: whose its numbers of calls are."""
    kind = next(iter(mark.results))
    return KIND_WORDS.get(kind, kind)


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def capital(text: str) -> str:
    """The text, its first letter large."""
    return text[:1].upper() + text[1:]
