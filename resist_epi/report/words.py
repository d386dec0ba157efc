"""The run in words: what was done, under which assumptions, and a methods paragraph for a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resist_epi.genes.set_methods import METHODS as SET_METHODS
from resist_epi.model import differential, normalization
from resist_epi.model.method import Method
from resist_epi.model.normalization_method import Normalization
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.report.references import OPTION_SOURCES, Citations
from resist_epi.samples.facts import contrast_title, informed_by
from resist_epi.samples.presets import MarkPreset
from resist_epi.samples.question import Question
from resist_epi.stats.literature import BENJAMINI_1995, BOURGON_2010, MCCARTHY_2009, Reference

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
                text, place = kept["rule"], f"{where}: {kept['kept']} of {kept['of']}"
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


@dataclass(frozen=True)
class Methods:
    """A methods section: paragraphs with numbered citations, and what they cite."""

    paragraphs: tuple[str, ...]
    references: tuple[Reference, ...]


def methods(run: RunTables) -> Methods:
    """Write the methods section of this run, from what its tables say was done."""
    citations = Citations()
    version = str(run.provenance.get("version", "of unknown version"))
    text = [
        _opening(run, version),
        *(_mark_sentence(mark) for mark in run.marks),
        _test_sentences(run, citations),
    ]
    sets = {m.mark: m.gene_sets for m in run.marks if m.gene_sets is not None}
    if sets:
        text.append(_set_sentence(sets, citations))
    text.append(_limits(run, citations))
    return Methods(tuple(text), tuple(citations.references))


def _opening(run: RunTables, version: str) -> str:
    python = run.provenance.get("python", "")
    libraries: Mapping[str, str] = run.provenance.get("libraries", {})
    tools = ", ".join(f"{name} {v}" for name, v in libraries.items())
    n, marks = len(run.quality), [m.mark for m in run.marks]
    return (
        f"Differential {join_words(marks)} was analysed with resist_epi {version}"
        + (f" (Python {python}; {tools})" if python else "")
        + f" in {n} librar{'y' if n == 1 else 'ies'}. The design was"
        f" {run.provenance.get('parameters', {}).get('design', Question.formula)}."
    )


def _mark_sentence(mark: MarkTables) -> str:
    regions = join_words([regions_in_words(k, mark.preset) for k in mark.results])
    facts = mark.main.facts
    quantity = facts["quantity"]["name"]
    kept = [
        f"{sheet.facts['filter']['kept']} of {sheet.facts['filter']['of']}"
        f" {KIND_WORDS.get(kind, kind)}"
        for kind, sheet in mark.results.items()
    ]
    return (
        f"{mark.mark} was quantified as {QUANTITY_WORDS.get(quantity, quantity)} in {regions}."
        f" The contrast was {contrast_title(facts)}, informed by {informed_by(facts)}."
        f" {capital(mark.main.header['units'])}."
        f" Of these regions {join_words(kept)} held enough signal."
    )


def _test_sentences(run: RunTables, citations: Citations) -> str:
    parts = []
    for scaling, marks in _distinct(run, "normalization"):
        name = scaling["name"]
        known = normalization.METHODS.get(name, Normalization)
        parts.append(
            f"Normalisation was by {name.replace('_', ' ')}"
            f"{citations.cite(*known.references)}{marks}, which assumes that"
            f" {scaling['assumption']}."
        )
    for mark in run.marks:
        if "spike in checks" in mark.main.facts:
            parts.append(f"{capital(mark.main.facts['spike in checks']['said'])} ({mark.mark}).")
    untested = [m.mark for m in run.marks if "no test" in m.main.facts]
    for method, marks in _distinct(run, "method", skip=untested):
        test = differential.METHODS.get(method["name"], Method)
        parts.append(f"Test{marks}: {method['summary']}{citations.cite(*test.references)}.")
        parts += [
            f"{capital(text)}{citations.cite(*OPTION_SOURCES.get(option, ()))}."
            for option, text in method["options"].items()
        ]
    if len(untested) < len(run.marks):
        level = run.marks[0].main.question.fdr
        parts.append(
            "Regions with too little signal were left out without regard to the groups"
            f"{citations.cite(BOURGON_2010)}, and P values were adjusted by the method of"
            f" Benjamini and Hochberg{citations.cite(BENJAMINI_1995)}; a region is said to gain or"
            f" lose the mark where the adjusted P is at most {level:g}{_threshold(run, citations)}."
            " Fold changes are unshrunken"
            " log2 ratios with 95% intervals."
        )
    if untested:
        parts.append(
            f"{join_words(untested)} could not be tested for lack of replicates; fold changes are"
            " given without P"
            f"{_estimators([m for m in run.marks if m.mark in untested])}."
        )
    return " ".join(parts)


def _estimators(marks: Sequence[MarkTables]) -> str:
    """By which method's fit fold changes were estimated, where there is no test to say it."""
    each = [
        f"{m.main.facts['method']['name']}, {m.main.header['fold changes']}"
        for m in marks
        if "fold changes" in m.main.header
    ]
    return f" ({'; '.join(dict.fromkeys(each))})" if each else ""


def _threshold(run: RunTables, citations: Citations) -> str:
    tau = run.marks[0].main.question.lfc_threshold
    if not tau:
        return ""
    cited = citations.cite(MCCARTHY_2009)
    return f" in a test against absolute log2 fold changes of at most {tau:g}{cited}"


# Papers as the headers of tables name them: "(Wu & Smyth 2012)".
_IN_BRACKETS = re.compile(r" \([A-Z]\w+(?: et al\.)?(?:,? (?:& )?[A-Z]\w+)* \d{4}\)")


def _set_sentence(sets: Mapping[str, Sheet], citations: Citations) -> str:
    first = next(iter(sets.values()))
    how, test = first.header.get("gene sets", ""), first.header.get("gene set test")
    if test not in SET_METHODS:
        return f"Gene sets were described gene by gene ({how})."
    cited = citations.cite(*SET_METHODS[test].references)
    if _IN_BRACKETS.search(how):
        how, cited = _IN_BRACKETS.sub(lambda _: cited, how, count=1), ""
    return f"{_sets_with_p(sets, test)} gene sets were tested with {how}{cited}."


def _sets_with_p(sets: Mapping[str, Sheet], test: object) -> str:
    """How many sets have a P, by mark where marks differ: `9 (A) and 16 (B) of 28`."""
    same = {mark: s.table for mark, s in sets.items() if s.header.get("gene set test") == test}
    tested = {mark: int(table["pvalue"].notna().sum()) for mark, table in same.items()}
    total = max(len(table) for table in same.values())
    numbers = set(tested.values())
    by_mark = join_words([f"{n} ({mark})" for mark, n in tested.items()])
    said = by_mark if len(numbers) > 1 else f"{numbers.pop()}"
    return said if said == f"{total}" else f"{said} of {total}"


def _limits(run: RunTables, citations: Citations) -> str:
    text = "All calls describe groups of units, not single ones."
    if not keeps_global(run.marks[0].main.facts):
        text += " No spike-in was used, so a global change of a mark is not identifiable."
    for mark in run.marks:
        if mark.preset.caution:
            text += f" {mark.preset.caution}{citations.cite(*mark.preset.references)}."
    return text


def _distinct(
    run: RunTables, key: str, *, skip: Sequence[str] = ()
) -> list[tuple[Mapping[str, Any], str]]:
    """Distinct facts under a key, each with the marks that it holds for if not for all."""
    marks = [m for m in run.marks if m.mark not in skip]
    found: list[tuple[Mapping[str, Any], list[str]]] = []
    for mark in marks:
        own = {k: v for k, v in mark.main.facts[key].items() if k != "because"}
        same = next((names for facts, names in found if facts == own), None)
        if same is None:
            found.append((own, [mark.mark]))
        else:
            same.append(mark.mark)
    return [
        (facts, "" if len(names) == len(marks) else f" ({join_words(names)})")
        for facts, names in found
    ]


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def capital(text: str) -> str:
    """The text, its first letter large."""
    return text[:1].upper() + text[1:]
