"""The run in words: what was done, under which assumptions, and a methods paragraph for a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resist_epi.genes.set_methods import METHODS as SET_METHODS
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.report.references import (
    METHOD_SOURCES,
    NORMALIZATION_SOURCES,
    OPTION_SOURCES,
    Citations,
)
from resist_epi.samples.presets import MarkPreset
from resist_epi.stats.literature import Reference

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
    ("threshold", "Threshold"),
    ("fdr", "Level"),
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
            if text := sheet.header.get(key):
                by_text.setdefault(text, []).append(where)
        if key == "filter":
            by_text = _rules_with_numbers(by_text)
        own = [
            Fact(text, "" if len(places) == len(sheets) and key != "filter" else "; ".join(places))
            for text, places in by_text.items()
        ]
        if own:
            found.append((name, own))
    return found


def _rules_with_numbers(by_text: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The filter's rule, and where it kept how many: `NUMBERS: RULE` of the headers, turned."""
    turned: dict[str, list[str]] = {}
    for text, places in by_text.items():
        numbers, _, rule = text.partition(": ")
        kept = numbers.removesuffix(" regions tested")
        turned.setdefault(rule or text, []).extend(f"{place}: {kept}" for place in places)
    return turned


def group_names(contrast: str) -> tuple[str, str]:
    """The two sides of a contrast in words; empty for a slope.

    Examples
    --------
    >>> group_names("poor minus good; positive = more mark in poor")
    ('poor', 'good')
    """
    left, found, right = contrast.split("; positive", 1)[0].partition(" minus ")
    return (left, right) if found else ("", "")


def gain_in_words(contrast: str) -> str:
    """What a gain means, for axes: `more in poor`."""
    a, _ = group_names(contrast)
    if a:
        return f"more in {a}"
    return "higher hazard with more mark" if is_hazard(contrast) else "rising with the covariate"


def is_hazard(contrast: str) -> bool:
    """Whether a contrast in words is one of time to progression."""
    return "hazard" in contrast


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
    first = run.marks[0].main.header
    text = [
        _opening(run, version),
        *(_mark_sentence(mark) for mark in run.marks),
        _test_sentences(run, citations),
    ]
    sets = next((m.gene_sets for m in run.marks if m.gene_sets is not None), None)
    if sets is not None:
        text.append(_set_sentence(sets, citations))
    text.append(_limits(run, first, citations))
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
        f" {run.provenance.get('parameters', {}).get('design', '~ Condition')}."
    )


def _mark_sentence(mark: MarkTables) -> str:
    regions = join_words([regions_in_words(k, mark.preset) for k in mark.results])
    header = mark.main.header
    quantity = header.get("quantity", "signal").partition(" (")[0]
    contrast = header.get("contrast", "").split("; positive")[0]
    informed = header.get("contrast", "").rpartition("; informed by ")[2]
    kept = [
        f"{sheet.header['filter'].partition(' regions tested')[0]} {KIND_WORDS.get(kind, kind)}"
        for kind, sheet in mark.results.items()
        if "filter" in sheet.header
    ]
    return (
        f"{mark.mark} was quantified as {QUANTITY_WORDS.get(quantity, quantity)} in {regions}."
        + (f" The contrast was {contrast}" if contrast else "")
        + (f", informed by {informed}." if informed else ".")
        + (f" {_capital(header['units'])}." if "units" in header else "")
        + (f" Of these regions {join_words(kept)} held enough signal." if kept else "")
    )


def _test_sentences(run: RunTables, citations: Citations) -> str:
    parts = []
    for text, marks in _distinct(run, "normalization"):
        name, _, assumption = text.partition(" (chosen: ")[0].partition(": ")
        parts.append(
            f"Normalisation was by {name.replace('_', ' ')}"
            f"{citations.cite(*NORMALIZATION_SOURCES.get(name, ()))}{marks}, which {assumption}."
        )
    untested = [m.mark for m in run.marks if "no test" in m.main.header]
    for text, marks in _distinct(run, "method", skip=untested):
        name, _, rest = text.partition(": ")
        summary, *more = rest.split("; ")
        parts.append(f"Test{marks}: {summary}{citations.cite(*METHOD_SOURCES.get(name, ()))}.")
        parts += [_option_sentence(o, citations) for o in more if not o.startswith("chosen")]
    if len(untested) < len(run.marks):
        level = run.marks[0].main.header.get("fdr", "0.05").split(" ")[0]
        parts.append(
            "Regions with too little signal were left out without regard to the groups"
            f"{citations.cite('bourgon2010')}, and P values were adjusted by the method of"
            f" Benjamini and Hochberg{citations.cite('benjamini1995')}; a region is said to gain or"
            f" lose the mark where the adjusted P is at most {level}. Fold changes are unshrunken"
            " log2 ratios with 95% intervals."
        )
    if untested:
        parts.append(
            f"{join_words(untested)} could not be tested for lack of replicates; fold changes are"
            " given without P."
        )
    return " ".join(parts)


def _option_sentence(option: str, citations: Citations) -> str:
    source = next((keys for word, keys in OPTION_SOURCES.items() if word in option), ())
    return f"{_capital(option)}{citations.cite(*source)}."


def _set_sentence(sets: Sheet, citations: Citations) -> str:
    how, test = sets.header.get("gene sets", ""), sets.header.get("gene set test")
    if test not in SET_METHODS:
        return f"Gene sets were described gene by gene ({how})."
    cited = citations.cite(*SET_METHODS[test].references)
    return f"{len(sets.table)} gene sets were tested with {how}{cited}."


def _limits(run: RunTables, header: Mapping[str, str], citations: Citations) -> str:
    text = "All calls describe groups of units, not single ones."
    if not header.get("normalization", "").startswith("spike_in"):
        text += " No spike-in was used, so a global change of a mark is not identifiable."
    marks = {m.mark.lower() for m in run.marks}
    if "h3k36me3" in marks:
        text += (
            " A gain of H3K36me3 over a gene body is consistent with more transcription; it is not"
            " by itself evidence of NSD2 activity, whose principal product is H3K36me2"
            f"{citations.cite('kuo2011')}."
        )
    return text


def _distinct(run: RunTables, key: str, *, skip: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Distinct sentences under a key, each with the marks that it holds for if not for all."""
    marks = [m for m in run.marks if m.mark not in skip]
    by_text: dict[str, list[str]] = {}
    for mark in marks:
        if text := mark.main.header.get(key):
            by_text.setdefault(text, []).append(mark.mark)
    return [
        (text, "" if len(names) == len(marks) else f" ({join_words(names)})")
        for text, names in by_text.items()
    ]


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
