"""From analyses, or the tables and counts of several marks, to switches between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError
from resist_epi.mechanism.switches import MarkTest, mark_switches, third_marks
from resist_epi.model.analysis import Analysis, analyse, check_same
from resist_epi.model.normalization_data import NormalizationInputs
from resist_epi.samples.presets import PRESETS, find_preset
from resist_epi.samples.sheet import SampleSheet


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
    analyses: Mapping[str, Analysis], *, fdr: float = 0.05
) -> pd.DataFrame | None:
    """Find the switches of a study that has two opposing marks.

    Parameters
    ----------
    analyses
        Mark as the sheet calls it -> analysis of the regions that speak for its genes.

    Returns
    -------
    DataFrame or None
        As `switches.mark_switches`; None where no two marks of opposite roles are there.

    Raises
    ------
    ResistEpiError
        As `switches.mark_switches`.
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
    counts: Mapping[str, tuple[CountMatrix, SampleSheet]],
    *,
    formula: str = "~ Condition",
    contrast: str | None = None,
    test: str | None = None,
    normalize: str | None = None,
    inputs: Mapping[str, NormalizationInputs] | None = None,
    method: str | None = None,
    fdr: float = 0.05,
) -> pd.DataFrame:
    """Find the switches of two or three tables of results.

    Parameters
    ----------
    tables
        Mark -> the contract's result columns: repressive, active, and perhaps a third mark.
    counts
        Mark -> matrix and sheet that its results were made from, which say how far the marks'
        errors are correlated; the fit is made again with the options given here, and must give
        the same fold changes. May be empty.
    formula, contrast, test, normalize
        As in `analysis.analyse`, whose `method` is `test` here.
    inputs
        Mark -> what its normalisation needs besides the counts.
    method
        As in `switches.mark_switches`.

    Raises
    ------
    DesignError
        If the tables' headers name different contrasts, or as `switches.mark_switches`.
    InputFormatError
        If counts and results do not belong together.
    """
    _check_contrasts(tables)
    tests = []
    for mark, results in tables.items():
        if mark not in counts:
            tests.append(MarkTest(mark, results))
            continue
        analysis = analyse(
            *counts[mark],
            formula=formula,
            contrast=contrast,
            method=test,
            normalize=normalize,
            inputs=(inputs or {}).get(mark),
            fdr=fdr,
        )
        check_same(results, analysis.results)
        made = mark_test(mark, analysis)
        tests.append(MarkTest(mark, results, made.fit, made.contrast, made.units))
    third = tests[2] if len(tests) > 2 else None
    return mark_switches(tests[0], tests[1], third=third, method=method, fdr=fdr)


def _check_contrasts(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables whose headers say that gain means different things."""
    said = {}
    for mark, table in tables.items():
        for line in table.attrs.get("header", ()):
            if line.startswith("contrast: "):
                said[mark] = line.removeprefix("contrast: ").split(";")[0]
    if len(set(said.values())) > 1:
        raise DesignError(
            "the tables are of different contrasts ("
            + ", ".join(f"{mark}: {words}" for mark, words in said.items())
            + "); give tables of the same one"
        )
