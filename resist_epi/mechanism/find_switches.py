"""From analyses, or the tables and counts of several marks, to switches between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.mechanism.switches import THIRD_MARKS, MarkTest, mark_switches
from resist_epi.model.analysis import Analysis
from resist_epi.samples.facts import contrast_title, facts_of
from resist_epi.samples.presets import PRESETS
from resist_epi.samples.question import Question

# Pairs that a run looks for, repressive mark first; the first that it finds is used.
OPPOSING = (
    ("H3K27me3", "H3K36me3"),
    ("H3K27me3", "H3K36me2"),
    ("H3K27me3", "H3K27ac"),
    ("H3K27me3", "H3K4me3"),
)


def is_opposing(mark: str) -> bool:
    """Whether a mark has a part in `OPPOSING`, or is a third mark."""
    return _preset_name(mark) in {m for pair in OPPOSING for m in pair} | set(THIRD_MARKS)


def mark_test(mark: str, analysis: Analysis) -> MarkTest:
    """Return what a two-mark test needs of an analysis."""
    return MarkTest(mark, analysis.results, analysis.fit, analysis.contrast, analysis.units)


def switches_of_study(
    analyses: Mapping[str, Analysis], *, fdr: float = Question.fdr
) -> pd.DataFrame | None:
    """Find the switches of a study that has two opposing marks.

    Parameters
    ----------
    analyses
        Mark as the sheet calls it -> analysis of the regions that speak for its genes.

    Returns
    -------
    DataFrame or None
        As `switches.mark_switches`; None where no two of `OPPOSING` are there.

    Raises
    ------
    ResistEpiError
        As `switches.mark_switches`.
    """
    present = {own: test for name, test in analyses.items() if (own := _preset_name(name))}
    for repressive, active in OPPOSING:
        if repressive in present and active in present:
            tests = {name: mark_test(name, a) for name, a in present.items()}
            others = [m for m in THIRD_MARKS if m in present and m != active]
            return mark_switches(
                tests[repressive],
                tests[active],
                third=tests[others[0]] if others else None,
                fdr=fdr,
            )
    return None


def switches_of_tables(
    tables: Mapping[str, pd.DataFrame],
    analyses: Mapping[str, Analysis] | None = None,
    *,
    method: str | None = None,
    fdr: float = Question.fdr,
) -> pd.DataFrame:
    """Find the switches of two or three tables of results.

    Parameters
    ----------
    tables
        Mark -> the contract's result columns: repressive, active, and perhaps a third mark.
    analyses
        Mark -> what its results came from, which says how far the marks' errors are correlated.
    method, fdr
        As in `switches.mark_switches`.

    Raises
    ------
    DesignError
        If the tables are of different contrasts, or as `switches.mark_switches`.
    """
    _check_contrasts(tables)
    tests = []
    for mark, results in tables.items():
        made = MarkTest(mark, results)
        if analyses and mark in analyses:
            made = replace(mark_test(mark, analyses[mark]), results=results)
        tests.append(made)
    third = tests[2] if len(tests) > 2 else None
    return mark_switches(tests[0], tests[1], third=third, method=method, fdr=fdr)


def _preset_name(mark: str) -> str | None:
    return next((name for name in PRESETS if name.lower() == mark.strip().lower()), None)


def _check_contrasts(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables in which gain means different things."""
    titles = {m: contrast_title(facts_of(t.attrs.get("header", {}))) for m, t in tables.items()}
    said = {mark: title for mark, title in titles.items() if title}
    if len(set(said.values())) > 1:
        raise DesignError(
            "the tables are of different contrasts ("
            + ", ".join(f"{mark}: {title}" for mark, title in said.items())
            + "); give tables of the same one"
        )
