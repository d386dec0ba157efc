"""From analyses, or the tables and counts of several marks, to switches between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pandas as pd

from resist_epi.errors import DesignError
from resist_epi.io.header import Header
from resist_epi.mechanism.switches import MarkTest, mark_switches, third_marks
from resist_epi.model.analysis import Analysis
from resist_epi.samples.facts import contrast_title, facts_of
from resist_epi.samples.levels import near_spellings
from resist_epi.samples.presets import PRESETS, find_preset
from resist_epi.samples.question import Question


def opposing_pairs() -> Iterator[tuple[str, str]]:
    """Pairs that a run looks for, repressive mark first; the first that it finds is used."""
    ranked = sorted(PRESETS.values(), key=lambda known: known.switch_rank)
    repressive, active = ([p.mark for p in ranked if p.role == r] for r in ("repressive", "active"))
    return product(repressive, active)


def is_opposing(mark: str) -> bool:
    """Whether a mark may have a part in a switch, or be the third mark beside one."""
    found = find_preset(mark)
    return found is not None and (found.role is not None or found.third is not None)


def mark_test(mark: str, analysis: Analysis) -> MarkTest:
    """Return what a two-mark test needs of an analysis."""
    return MarkTest(mark, analysis.results, analysis.fit, analysis.contrast, analysis.units)


def switches_of_study(
    analyses: Mapping[str, Analysis], *, fdr: float = Question.fdr
) -> pd.DataFrame | None:
    """As `switches.mark_switches`, of a study; None where no two marks have opposite roles.

    Parameters
    ----------
    analyses
        Mark as the sheet calls it -> analysis of the regions that speak for its genes.
    """
    known = {name: find_preset(name) for name in analyses}
    present = {own.mark: analyses[name] for name, own in known.items() if own is not None}
    for repressive, active in opposing_pairs():
        if repressive in present and active in present:
            tests = {name: mark_test(name, a) for name, a in present.items()}
            others = [m for m in third_marks() if m in present and m not in (repressive, active)]
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
        If the tables are of other marks than they are called, of different contrasts or
        thresholds, or as `switches.mark_switches`.
    """
    _check_marks(tables)
    _check_contrasts(tables)
    threshold = _threshold(tables)
    tests = []
    for mark, results in tables.items():
        made = MarkTest(mark, results)
        if analyses and mark in analyses:
            made = replace(mark_test(mark, analyses[mark]), results=results)
        tests.append(made)
    third = tests[2] if len(tests) > 2 else None
    table = mark_switches(tests[0], tests[1], third=third, method=method, fdr=fdr)
    first = next(iter(tables.values())).attrs.get("header", {})
    about = {"contrast": first.get("contrast"), "facts": facts_of(first)}
    found = table.attrs["header"] | {}
    if about["contrast"] and about["facts"].get("contrast") is not None:
        own = {"contrast": about["facts"]["contrast"]} | found.get("facts", {})
        found = {"contrast": about["contrast"]} | found | {"facts": own}
    if threshold:
        found["threshold"] = (
            f"each mark was tested against |log2FoldChange| <= {threshold:g} (treat)"
        )
    table.attrs["header"] = Header(found)
    return table


def _threshold(tables: Mapping[str, pd.DataFrame]) -> float:
    """The threshold that every table was tested against, 0 for none.

    Raises
    ------
    DesignError
        If they differ.
    """
    asked = {mark: table.attrs.get("header", {}).get("question") for mark, table in tables.items()}
    known = {m: float(q.get("lfc_threshold", 0)) for m, q in asked.items() if isinstance(q, dict)}
    if len(set(known.values())) > 1:
        said = ", ".join(f"{mark}: {value:g}" for mark, value in known.items())
        raise DesignError(
            f"the tables were tested against different thresholds of log2FoldChange ({said}), so"
            " their P do not answer one question; make them with one --lfc-threshold of `diff`"
        )
    return next(iter(known.values()), 0.0)


def _check_marks(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables in the wrong order, or one mark's twice: every switch would be turned round."""
    own = {m: str(facts_of(t.attrs.get("header", {})).get("mark", "")) for m, t in tables.items()}
    for called, mark in own.items():
        others = [name for name in tables if name != called]
        swapped = [n for n in others if mark and not _alike(mark, called) and _alike(mark, n)]
        twice = [n for n in others if mark and _alike(mark, own[n])]
        if swapped or twice:
            reason = f"and so are those of {twice[0]}" if twice else "which another is called"
            raise DesignError(
                f"the results that are called {called} are of {mark}, as their header says,"
                f" {reason}; give the tables in the order of their names ({', '.join(tables)})"
            )


def _alike(one: str, other: str) -> bool:
    return one == other or bool(near_spellings([one, other], separators=True))


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
