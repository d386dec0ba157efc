"""The methods section of a paper: what a run did, with the papers that it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resist_epi.genes.set_methods import METHODS as SET_METHODS
from resist_epi.model import differential, normalization
from resist_epi.model.agreement import in_words, papers
from resist_epi.model.method import Method
from resist_epi.model.normalization_method import Normalization
from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.report.methods_findings import between_marks, within_regions
from resist_epi.report.references import OPTION_SOURCES, Citations
from resist_epi.report.words import (
    KIND_WORDS,
    QUANTITY_WORDS,
    capital,
    for_reading,
    join_words,
    keeps_global,
    main_regions,
    regions_in_words,
    tested_in_words,
)
from resist_epi.samples.assays import assay_named
from resist_epi.samples.facts import contrast_title, informed_by
from resist_epi.samples.question import Question
from resist_epi.stats.best_supported import IN_WORDS, SUPPORTED
from resist_epi.stats.literature import (
    BENJAMINI_1995,
    BOURGON_2010,
    HORN_1965,
    LU_2019,
    MCCARTHY_2009,
    STEPHENS_2017,
    TUSHER_2001,
    WU_2010,
    Reference,
)


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
        *_assays(run.marks, citations),
        _test_sentences(run, citations),
        *within_regions([m for m in run.marks if "no test" not in m.main.facts], citations),
    ]
    sets = {m.mark: m.gene_sets for m in run.marks if m.gene_sets is not None}
    if sets:
        text.append(" ".join([_set_sentence(sets, citations), *_named_set(run.marks, citations)]))
    text += between_marks(run, citations)
    text.append(_limits(run, citations))
    facts = run.marks[0].main.facts
    return Methods(tuple(for_reading(p, facts) for p in text), tuple(citations.references))


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
        f"{tested_in_words(sheet)} {KIND_WORDS.get(kind, kind)}"
        for kind, sheet in mark.results.items()
    ]
    return (
        f"{mark.mark} was quantified as {QUANTITY_WORDS.get(quantity, quantity)} in {regions}."
        f" The contrast was {contrast_title(facts)}, informed by {informed_by(facts)}."
        f" {capital(mark.main.header['units'])}."
        f" Of these regions {join_words(kept)} held enough signal."
    )


def _assays(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """What was done with the reads of each assay by default, and why."""
    of_reads = [m for m in marks if m.main.facts["quantity"]["name"] == "reads"]
    said: dict[str, list[str]] = {}
    for mark in of_reads:
        for words in mark.main.facts.get("assays", {}).get("words", ()):
            said.setdefault(words, []).append(mark.mark)
    parts = []
    for words, named in said.items():
        assay = assay_named(words.split(",")[0])
        cited = citations.cite(*assay.references) if assay is not None else ""
        where = "" if len(named) == len(marks) else f" ({join_words(named)})"
        parts.append(f"{capital(words)}{cited}{where}.")
    if parts:
        yield " ".join(parts)


def _test_sentences(run: RunTables, citations: Citations) -> str:
    untested = [m for m in run.marks if "no test" in m.main.facts]
    tested = [m for m in run.marks if m not in untested]
    parts = [*_normalisations(run, citations)]
    if tested:
        parts += [*_tests(tested, citations), *_hidden(tested, citations)]
        level = run.marks[0].main.question.fdr
        parts.append(
            "Regions with too little signal were left out without regard to the groups"
            f"{citations.cite(BOURGON_2010)}, and P values were adjusted by the method of"
            f" Benjamini and Hochberg{citations.cite(BENJAMINI_1995)}; a region is said to gain or"
            f" lose the mark where the adjusted P is at most {level:g}{_threshold(run, citations)}."
            " Fold changes are unshrunken"
            " log2 ratios with 95% intervals."
        )
        parts += _shrunken(tested, citations)
        parts += _relabelled(tested, citations)
    if untested:
        parts.append(
            f"{join_words([m.mark for m in untested])} could not be tested for lack of replicates;"
            f" fold changes are given without P{_estimators(untested)}."
        )
    return " ".join(parts)


def _normalisations(run: RunTables, citations: Citations) -> Iterator[str]:
    """What the results rest on, and what they were held against."""
    for name, assumption in _each(run.marks, "normalization", "name", "assumption"):
        known = normalization.METHODS.get(name, Normalization)
        where = _where(run.marks, "normalization", name=name, assumption=assumption)
        yield (
            f"Normalisation was by {in_words(name)}{citations.cite(*known.references)}{where},"
            f" which assumes that {assumption}."
        )
    for mark in run.marks:
        if "spike in checks" in mark.main.facts:
            yield f"{capital(mark.main.facts['spike in checks']['said'])} ({mark.mark})."
    compared = [m.normalization.table for m in run.marks if m.normalization is not None]
    others: dict[str, None] = {}
    for table in compared:
        if table["n_shared"].notna().any():
            others |= dict.fromkeys(map(str, table["normalization"].unique()[1:]))
    if others:
        said = [f"{in_words(name)}{citations.cite(*papers(name))}" for name in others]
        yield f"Tests were repeated under {join_words(said)}, and calls compared."


def _tests(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """The tests, and what their fits did besides: where regions differ in it, of which."""
    for name, summary in _each(marks, "method", "name", "summary"):
        test = differential.METHODS.get(name, Method)
        where = _where(marks, "method", name=name, summary=summary)
        yield f"Test{where}: {summary}{citations.cite(*test.references)}."
    said: dict[tuple[str, str], None] = {}
    for _, _, sheet in _sheets(marks):
        said |= dict.fromkeys(sheet.facts["method"]["options"].items())
    for option, text in said:
        places = [
            (mark, kind)
            for mark, kind, sheet in _sheets(marks)
            if sheet.facts["method"]["options"].get(option) == text
        ]
        cited = citations.cite(*OPTION_SOURCES.get(option, ()))
        yield f"{capital(text)}{cited}{_places(marks, places)}."


def _hidden(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """What came of the search for hidden factors, where there was one."""
    looked = {(m, k): s.facts["hidden"] for m, k, s in _sheets(marks) if "hidden" in s.facts}
    if not looked:
        return
    cited = citations.cite(HORN_1965, *OPTION_SOURCES["hidden"])
    about = "Hidden factors, patterns that units share in most regions, were looked for in the"
    found = [place for place, facts in looked.items() if facts["found"] and not facts["adjusted"]]
    adjusted = [place for place, facts in looked.items() if facts["adjusted"]]
    came = []
    if adjusted:
        came.append(f"the design holds those found{_places(marks, adjusted)}")
    if found:
        came.append(f"those found{_places(marks, found)} were not adjusted for")
    yield f"{about} residuals{cited}: {join_words(came) or 'there was none'}."


def _shrunken(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """What stands beside the fold changes, how many changes are supported, and what is on top."""
    found = {m.mark: m.main.facts.get("shrunken", {}) for m in marks}
    found = {mark: facts for mark, facts in found.items() if facts.get("of")}
    if not found:
        return
    each = [
        f"{facts['supported'] or 'none'} of {facts['of']} ({mark})" for mark, facts in found.items()
    ]
    yield (
        "Beside them stand fold changes after adaptive shrinkage"
        f"{citations.cite(STEPHENS_2017)}, from errors with which a normal test would have the P of"
        f" the test{citations.cite(LU_2019)}, and s-values, the expected share of wrong signs among"
        " the regions with at most this one; of the main regions"
        f" {join_words(each)} had one of at most {SUPPORTED:g}. Lists and labels show the"
        f" {IN_WORDS}."
    )


def _relabelled(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """How many calls there are where the labels mean nothing."""
    counts: dict[str, list[str]] = {}
    for mark in marks:
        facts = mark.main.facts
        counted = facts.get("relabelling")
        if not counted:
            continue
        method = facts["method"]["name"]
        other = differential.METHODS.get(method, Method).relabelled_by
        how = f"{counted['n']:,} {'' if counted['complete'] else 'random '}relabellings of the"
        how += f" units{citations.cite(TUSHER_2001)}"
        how += f", by {other} in place of {method}" if other not in (None, method) else ""
        counts.setdefault(how, []).append(
            f"{counted['median']:.0f} {main_regions(mark)} of {mark.mark} were called"
            f" ({counted['observed']:,} under the true labels)"
        )
    for how, said in counts.items():
        yield f"Under {how}, a median of {join_words(said)}."


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


def _named_set(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """How the set named in advance was tested, where any of its genes was."""
    tables = {m.mark: m.pre_specified.table for m in marks if m.pre_specified is not None}
    tested = {mark: t[t["fry_pvalue"].notna()] for mark, t in tables.items()}
    tested = {mark: table for mark, table in tested.items() if len(table)}
    if tested:
        n = max(int(table["n_random"].max()) for table in tested.values())
        where = "" if len(tested) == len(marks) else f" ({join_words(list(tested))})"
        yield (
            f"The set named in advance was tested with fry{citations.cite(WU_2010)} and against"
            f" {n:,} random sets of genes like its own{where}."
        )


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


def _sheets(marks: Sequence[MarkTables]) -> Iterator[tuple[str, str, Sheet]]:
    """Mark, kind and results, of all kinds of regions."""
    for mark in marks:
        for kind, sheet in mark.results.items():
            yield mark.mark, kind, sheet


def _each(marks: Sequence[MarkTables], key: str, *names: str) -> list[tuple[str, ...]]:
    """Distinct values of these facts under a key, in the order of the results."""
    rows = [tuple(str(s.facts[key][n]) for n in names) for _, _, s in _sheets(marks)]
    return list(dict.fromkeys(rows))


def _where(marks: Sequence[MarkTables], key: str, **values: str) -> str:
    """The results whose facts under a key have these values, as `_places` names them."""
    places = [
        (mark, kind)
        for mark, kind, sheet in _sheets(marks)
        if all(sheet.facts[key][name] == value for name, value in values.items())
    ]
    return _places(marks, places)


def _places(marks: Sequence[MarkTables], places: Sequence[tuple[str, str]]) -> str:
    """Marks and kinds in brackets; of a mark with all its kinds the mark, of all marks nothing."""
    said, whole = [], 0
    for mark in marks:
        own = [kind for name, kind in places if name == mark.mark]
        if len(own) == len(mark.results):
            said.append(mark.mark)
            whole += 1
        elif own:
            said.append(f"{mark.mark} {join_words([KIND_WORDS.get(k, k) for k in own])}")
    return "" if whole == len(marks) else f" ({'; '.join(said)})"
