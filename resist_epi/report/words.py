"""The run in words: what was done, and under which assumptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resist_epi.io.shown import count
from resist_epi.model import differential, normalization
from resist_epi.model.header import rule_in_words
from resist_epi.model.method import Method
from resist_epi.model.normalization_method import Normalization
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.samples.presets import MarkPreset

KIND_WORDS: dict[str, str] = {
    "promoters": "promoters",
    "genes": "gene bodies",
    "peaks": "consensus peaks",
    "bins": "genomic bins",
    "domains": "domains",
}

ONE_WORDS: dict[str, str] = {
    "promoters": "promoter",
    "genes": "gene body",
    "peaks": "consensus peak",
    "bins": "genomic bin",
    "domains": "domain",
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


def tested_in_words(sheet: Sheet) -> str:
    """`2,122 of 9,625`: regions with a P, of those that are there."""
    return f"{int(sheet.table['pvalue'].notna().sum()):,} of {len(sheet.table):,}"


def _shrinkage(sheet: Sheet, where: str) -> tuple[str, str]:
    found = sheet.facts.get("shrunken", {})
    if not found.get("of"):
        return str(sheet.header["shrunken fold changes"]), where
    return (
        "adaptive shrinkage (Stephens 2017); an s-value is the expected share of wrong signs among"
        f" the regions with at most this one. Regions with one of at most {found['at']:g}",
        f"{where}: {found['supported']:,} of {found['of']:,}",
    )


def _hidden(sheet: Sheet, where: str) -> tuple[str, str]:
    text, found = str(sheet.header["hidden factors"]), sheet.facts.get("hidden", {})
    if not found or found["found"]:
        return text, where
    return "none found: no pattern that units share is stronger than chance makes it", where


# What is one matter for all kinds of regions, whatever the numbers: said once.
ONCE: Mapping[str, Callable[[Sheet, str], tuple[str, str]]] = {
    "shrunken fold changes": _shrinkage,
    "hidden factors": _hidden,
}


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
                text, place = rule_in_words(kept), f"{where}: {tested_in_words(sheet)}"
            if text:
                if key in ONCE:
                    text, place = ONCE[key](sheet, where)
                by_text.setdefault(for_reading(text, sheet.facts), []).append(place)
        own = [
            Fact(text, "" if places == list(sheets) and key != "filter" else "; ".join(places))
            for text, places in by_text.items()
        ]
        if own:
            found.append((name, own))
    return found


# What stands in tables for programs -> what it is for people; the first that fits is taken.
READABLE: tuple[tuple[str, str], ...] = (
    (r" \([a-z]+_\w+(?:, [a-z]+_\w+)*\)", ""),  # a column or option, behind its words
    (r"\bdirection_from says which\b", "the table says which"),
    (r"tmm_enriched", "TMM where the mark is"),
    (r"tmm_rounds", "TMM of the regions that seem unchanged"),
    (r"\bmax_p\b", "the larger of the two P"),
    (r"\badafilter\b", "AdaFilter"),
    (r"\blocus_padj\b", "the adjusted P of the locus"),
    (r"\bmixed_padj\b", "the adjusted P of more called members"),
    (r"\bunadjusted_p(?:value|adj)\b", "P without hidden factors"),
    (r"\bsignal_pvalue\b", "the P of the whole signal"),
    (r"\bpvalue_unshared\b", "the P without shared carriers"),
    (r"\bpadj\b", "adjusted P"),
    (r"\bpvalue\b", "P"),
    (r"\|?log2FoldChange\|?", "log2 fold change"),
    (r"\bhigh_confidence\b", "high confidence"),
    (r"\bis True\b", "is yes"),
    (r"\bsmallest_effect\b", "the smallest effect"),
    (r"\bcalled_needed\b", "the number needed"),
    (r", with one sign\b", ", in the same direction"),
    (r"\brecovered_reads\b", "recovered reads"),
    (r"\bmean_signal\b", "mean signal"),
    (r"\bcoverage_sum\b", "summed coverage"),
    (r"\blibrary_size\b", "library size"),
    (r"\bspike_in\b", "spike-in"),
    (r"\bupper_quartile\b", "upper quartile"),
    (r"\bcommon_peaks\b", "common peaks"),
    (r"\breads_in_regions\b", "reads in regions"),
)


def for_reading(text: str, facts: Mapping[str, Any] | None = None) -> str:
    """A sentence of a table's header without the names of columns and options.

    Parameters
    ----------
    facts
        Of the table: the sides of its contrast are called by their names.

    Examples
    --------
    >>> for_reading("75 under TMM where the mark is (tmm_enriched); 66 under all, with one sign")
    '75 under TMM where the mark is; 66 under all, in the same direction'
    """
    for pattern, words in READABLE:
        text = re.sub(pattern, words, text)
    about = (facts or {}).get("contrast", {})
    for side in ("first", "second"):
        named = about.get(side)
        words = f"the group {named}" if named else f"the {side} group"
        text = re.sub(rf"\b(?:its|the) {side} side(?: of the contrast)?(?!\w)", words, text)
        text = re.sub(rf"\b{side} side of the contrast", words, text)
    return text


def unit_word(mark: MarkTables) -> str:
    """What a row of `Patient` is: a patient, or a biological unit where no human gene was found."""
    if not mark.main.facts["units"]["patients"]:
        return "unit"
    sets = None if mark.gene_sets is None else mark.gene_sets.table
    assembly = "" if mark.arms is None else str(mark.arms.header.get("assembly", ""))
    human = sets is None or (sets["n_tested"] > 0).any() or assembly in ("hg38", "hg19")
    return "patient" if human else "biological unit"


def why_no_test(facts: Mapping[str, Any]) -> str:
    """Why there is no test, without the contrast, which stands in the question.

    Examples
    --------
    >>> why_no_test({"no test": "contrast Condition:a-b: one side has 1 unit (a minus b), so no"})
    'one side has 1 unit, so no'
    """
    text = re.sub(r"^contrast .*?: (?=\w+ side)", "", str(facts.get("no test", "")))
    return re.sub(r" \([^()]*\)", "", text)


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


def counted_regions(n: int, kind: str) -> str:
    """`1 domain`, `2,000 gene bodies`.

    Parameters
    ----------
    kind
        Of `KIND_WORDS`; another one stays as it is.
    """
    return count(n, ONE_WORDS.get(kind, kind), KIND_WORDS.get(kind, kind))


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def capital(text: str) -> str:
    """The text, its first letter large."""
    return text[:1].upper() + text[1:]
