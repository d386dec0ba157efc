"""What a methods section says of domains, of subsets of units, of switches and of mechanisms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from resist_epi.genes.set_methods import METHODS as SET_METHODS
from resist_epi.report.gather import MarkTables, RunTables
from resist_epi.report.references import Citations
from resist_epi.report.words import capital, join_words, main_regions
from resist_epi.stats.literature import (
    BENJAMINI_1995,
    BENJAMINI_2008,
    JANSEN_2013,
    LIAN_2008,
    LUN_2014,
    SIMES_1986,
    WANG_2010,
    WANG_2022,
    Reference,
)

# How the tables name a test of two marks at once -> in words, and its papers.
JOINT_TESTS: dict[str, tuple[str, tuple[Reference, ...]]] = {
    "adafilter": ("AdaFilter", (WANG_2022,)),
    "max_p": (
        "the larger of two P, adjusted by the method of Benjamini and Hochberg,",
        (BENJAMINI_2008, BENJAMINI_1995),
    ),
}


def within_regions(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """How windows became domains with one P, and how changes in some units were looked for."""
    parts = [*_domains(marks, citations), *_some_units(marks, citations)]
    if parts:
        yield " ".join(parts)


def between_marks(run: RunTables, citations: Citations) -> Iterator[str]:
    """How switches and mechanisms were tested, and how many of them."""
    yield from _switches(run, citations)
    yield from _mechanisms(run, citations)


def _domains(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    found = [mark.mark for mark in marks if "domains" in mark.results]
    if found:
        where = "" if len(found) == len(marks) else f" ({join_words(found)})"
        yield (
            "The windows of a domain were tested one by one and their P combined by the method of"
            f" Simes{citations.cite(SIMES_1986)}, as csaw does{citations.cite(LUN_2014)}; adjusted"
            f" P are over domains{where}."
        )


def _some_units(marks: Sequence[MarkTables], citations: Citations) -> Iterator[str]:
    """The scan over subsets, where there was one, and what it calls of the main regions."""
    found = [(m, m.main.facts["carriers"]) for m in marks if "carriers" in m.main.facts]
    if found:
        each = [
            f"{facts['called']:,} {main_regions(mark)} of {mark.mark},"
            f" {facts['in some only']:,} of them in some only"
            for mark, facts in found
        ]
        yield (
            "Changes in some units of a group only were looked for by a scan over the units of"
            f" highest and of lowest residuals{citations.cite(LIAN_2008, WANG_2010)}, held against"
            f" simulated noise of the regions' own shape; it called {'; '.join(each)}."
        )


def _switches(run: RunTables, citations: Citations) -> Iterator[str]:
    """By which test of two marks; of a run before 0.3.0 the table does not say it."""
    if run.switches is None or "joint test" not in run.switches.header.get("facts", {}):
        return
    header, test = run.switches.header, run.switches.facts["joint test"]
    words, papers = JOINT_TESTS[test["name"]]
    yield (
        f"Switches, genes at which two marks go opposite ways ({header['switches']}), were called"
        f" by {words}{citations.cite(*papers)} among genes of opposite signs, since"
        f" {test['because']}; there were {header['genes']}."
    )


def _mechanisms(run: RunTables, citations: Citations) -> Iterator[str]:
    if run.mechanisms is None:
        return
    header, table = run.mechanisms.header, run.mechanisms.table
    own = table[table["kind"] == "mechanism"]
    total = own["mechanism"].nunique()
    tested = own["pvalue"].notna().groupby(own["layer"], sort=False).sum()
    each = [f"{n} had a P in {layer}" for layer, n in tested.items()]
    said = [
        f"{total} mechanisms of resistance to endocrine therapy, each a set of genes with the"
        f" changes that were stated before the data were seen, were looked at: {join_words(each)}."
    ]
    if header.get("tests"):
        said.append(f"Tests: {_cited(str(header['tests']), citations)}.")
    if header.get("direction"):
        by = f"padj is by the method of Benjamini and Hochberg{citations.cite(BENJAMINI_1995)}"
        said.append(f"A direction needs {header['direction']}; {by}.")
    if {"H3K27me3", "ER"} & set(own["layer"]):
        said.append(
            "Differences of ER and H3K27me3 by outcome under aromatase inhibitors were reported"
            " from 12 tumours, again from 10 others, and in the expression of nearby genes in 72"
            " patients; those of H3K4me3 were not as informative"
            f"{citations.cite(JANSEN_2013)}."
        )
    yield " ".join(map(capital, said))


def _cited(text: str, citations: Citations) -> str:
    """A text in which each test of gene sets has its papers where it is first named."""
    names = {name: known.references for name, known in SET_METHODS.items() if known.references}
    seen: set[str] = set()

    def with_papers(match: re.Match[str]) -> str:
        name = match[0]
        if name in seen:
            return name
        seen.add(name)
        return f"{name}{citations.cite(*names[name])}"

    return re.sub(rf"\b(?:{'|'.join(map(re.escape, names))})\b", with_papers, text)
