"""From the bins of windows above background to tested domains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray, IntArray
from resist_epi.counting.matrix import CountMatrix
from resist_epi.counting.units import merge_units
from resist_epi.domains.clusters import Combined, combine_windows, equal_size_weights
from resist_epi.domains.filter import settings_of
from resist_epi.domains.find import Domains
from resist_epi.domains.stored_bins import Bins
from resist_epi.domains.window_fits import fit_windows, windows_with_signal
from resist_epi.domains.windows import window_matrix
from resist_epi.errors import DesignError
from resist_epi.model.analysis import Analysis
from resist_epi.model.differential import contrast_statistics
from resist_epi.model.fit import Fit
from resist_epi.model.header import filter_in_words, shrunken_in_words, support_facts
from resist_epi.model.hidden_words import calls_in_words
from resist_epi.model.linear_models import FitOptions
from resist_epi.model.neighbours import loci_facts, loci_in_words, locus_adjusted
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import SHRUNKEN, names
from resist_epi.stats.multiple import benjamini_hochberg
from resist_epi.stats.rows import gathered


def with_windows(analysis: Analysis, bins: Bins, domains: Domains, sheet: SampleSheet) -> Analysis:
    """Test the windows of domains whose whole signal was analysed; P comes from the windows.

    Question, units, design, method and normalisation are those of the analysis: windows above
    background never estimate their own factors. Where a normalisation gives an offset a region,
    each window has that of its domain. Gives the same with the results of `domain_results`, and
    sentences in its header.

    Parameters
    ----------
    analysis
        Of `find.domain_matrix`, or of counts in the same regions.
    bins
        What the domains were found in, a column a library.
    sheet
        Rows of the libraries.

    Raises
    ------
    DesignError
        If the analysis is of other regions, or the windows cannot be tested.
    """
    return with_windows_of_several([analysis], bins, domains, sheet)[0]


def with_windows_of_several(
    analyses: Sequence[Analysis], bins: Bins, domains: Domains, sheet: SampleSheet
) -> list[Analysis]:
    """As `with_windows`, several contrasts of one fit, whose windows are fitted once.

    Parameters
    ----------
    analyses
        As `analysis.analyse_several` gives them.
    bins, domains, sheet
        As of `with_windows`.

    Raises
    ------
    DesignError
        As `with_windows`.
    """
    first = analyses[0]
    if not first.matrix.regions["region_id"].equals(domains.regions["region_id"]):
        raise DesignError("these results are not of the domains whose windows are to be tested")
    able = [analysis for analysis in analyses if analysis.tested]
    tests: list[WindowTests] = []
    if able and len(domains):
        windows = _normalized_windows(first, bins, domains, sheet)
        tests = tests_of_several(windows, domains, able, spend=True)
    made = dict(zip(map(id, able), tests, strict=False))
    return [_with_tests(a, made.get(id(a)), bins, domains) for a in analyses]


def _with_tests(
    analysis: Analysis, tests: WindowTests | None, bins: Bins, domains: Domains
) -> Analysis:
    """The analysis of domains with what their windows say."""
    results = domain_results(analysis.results, domains, tests, fdr=analysis.question.fdr)
    header, facts = _header(bins, domains), {}
    if tests is not None:
        facts["filter"] = _tested(analysis.facts["filter"], results, tests.rule)
        header["filter"] = filter_in_words(facts["filter"])
        header |= _calls_in_words(results, analysis.header)
        if "svalue" in results:
            facts["shrunken"] = support_facts(results)
            words = shrunken_in_words(facts["shrunken"], analysis.fit.method)
            header["shrunken fold changes"] = words
        if "locus_id" in results:
            facts["loci"] = loci_facts(results, fdr=analysis.question.fdr)
            header["loci"] = loci_in_words(facts["loci"])
    if tests is not None and tests.unadjusted is not None:
        header["unadjusted"], calls = calls_in_words(results, analysis.question.fdr)
        facts["hidden"] = {**analysis.facts["hidden"], "unadjusted_calls": calls}
    return analysis.with_more(results, header=header, facts=facts)


def _normalized_windows(
    analysis: Analysis, bins: Bins, domains: Domains, sheet: SampleSheet
) -> Iterator[tuple[IntArray, CountMatrix]]:
    """For each size, rows of its windows, and windows x units with the factors of the analysis."""
    matrix, windows, options = analysis.matrix, domains.windows, analysis.options
    columns = (*analysis.design.variables, *filter(None, (options.block, options.strata)))
    for size in np.unique(windows.size):
        rows = np.flatnonzero(windows.size == size)
        values = window_matrix(bins, windows.take(rows), quantity=matrix.quantity)
        merged, _, _ = merge_units(values, sheet, design_columns=columns)
        offsets = matrix.offsets
        merged = replace(
            merged,
            library_sizes=matrix.library_sizes,
            size_factors=matrix.size_factors,
            offsets=None if offsets is None else gathered(offsets, domains.member[rows]),
            metadata={"normalization": matrix.metadata.get("normalization")},
        )
        handed_on = [merged]
        del values, merged  # large: none is kept here while it is tested
        yield rows, handed_on.pop()


def _header(bins: Bins, domains: Domains) -> dict[str, str]:
    settings, found = settings_of(bins), bins.metadata["domains"]
    sizes = " and ".join(f"{size:,}" for size in settings.sizes)
    inputs = ", and as much above the local signal of the inputs" if found["inputs"] else ""
    return {
        "domains": (
            f"{len(domains)}, from {len(domains.windows)} of {found['windows']} windows of {sizes}"
            f" bp at least {settings.fold:g} times background and 3 deviations above it{inputs}, by"
            f" the mean of all samples; merged where at most {settings.gap} bp apart, cut at"
            f" {settings.max_width:,} bp; neither groups nor results have a say"
        ),
        "pvalue": (
            "Simes over the windows of a domain, window sizes with equal weight; padj over domains;"
            " log2FoldChange, lfcSE, interval, stat and signal_pvalue are of the domain's whole"
            " signal; best_ is the window of the lowest P, which exaggerates the change"
        ),
    }


def _tested(kept: Mapping[str, Any], results: pd.DataFrame, rule: str) -> dict[str, Any]:
    """The filter's facts: a domain is tested where its windows are."""
    n = int(results["pvalue"].notna().sum())
    return {**kept, "kept": n, "windows": rule}


def _calls_in_words(results: pd.DataFrame, said: Mapping[str, Any]) -> dict[str, str]:
    """What `direction` and the columns of several normalisations rest on."""
    called = results[results["direction"] != "none"]
    sign = np.where(called["direction"] == "gain", 1, -1)
    part = int((np.sign(called["log2FoldChange"]) == -sign).sum())
    turned = f"{part} of {len(called)} called domains have a log2FoldChange of the other sign"
    words = {
        "direction": f"{DIRECTION_RULE}; {turned}{', since a part of each changes' * (part > 0)}"
    }
    if "agreement" in said:
        words["agreement"] = f"of signal_pvalue, not of the windows' P: {said['agreement']}"
    if "high_confidence" in results and results["high_confidence"].notna().any():
        words["high_confidence"] = (
            "called, and the whole signal changes in the same direction under both normalisations,"
            " at one false discovery rate"
        )
    return words


DIRECTION_RULE = (
    "that of the windows that decide its P (window_direction); where these go both ways, that of"
    " the window of the lowest P (best_log2FoldChange). direction_from says which. log2FoldChange"
    " is of the domain's whole signal"
)


@dataclass(frozen=True)
class WindowTests:
    """What the windows of each domain say.

    Attributes
    ----------
    combined
        One P a domain, and the window with the lowest.
    effects
        (n_windows,) log2 fold changes; NaN where not tested.
    unweighted
        The same without weights of the units; None where there are none.
    unadjusted
        The same without hidden factors and weights; None where there are no such factors.
    rule
        What a window needs to be tested.
    """

    combined: Combined
    effects: FloatArray
    unweighted: Combined | None
    unadjusted: Combined | None = None
    rule: str = ""


def window_tests(
    matrices: Iterable[tuple[IntArray, CountMatrix]], domains: Domains, analysis: Analysis
) -> WindowTests:
    """Test every window and combine those of a domain; window sizes count equally.

    Parameters
    ----------
    matrices
        For each size of windows, their rows in `domains.windows` and windows x units, normalised
        with factors from elsewhere: windows above background never estimate their own. Each size
        has a fit of its own, since the variance depends on it.
    analysis
        Whose question is asked of the windows, by its method.
    """
    return tests_of_several(matrices, domains, [analysis], spend=False)[0]


def tests_of_several(
    matrices: Iterable[tuple[IntArray, CountMatrix]],
    domains: Domains,
    analyses: Sequence[Analysis],
    *,
    spend: bool,
) -> list[WindowTests]:
    """As `window_tests`, of several contrasts: each size of windows is fitted once.

    Parameters
    ----------
    analyses
        Of one fit of the domains' whole signal.
    spend
        Whether nobody else reads the matrices, as of `window_fits.fit_windows`.
    """
    first = analyses[0]
    found = [_Columns(len(domains.windows)) for _ in analyses]
    smaller = min((n for a in analyses for n in a.contrast.group_sizes), default=None)
    rule = ""
    for places, values in matrices:
        rows, matrix = places, values
        del values  # which is large
        least = len(matrix.samples) // 2 if smaller is None else smaller
        tested, rule = windows_with_signal(matrix, min_units=max(1, least))
        if not tested.any():
            continue
        if not tested.all():
            matrix, rows = matrix.select(regions=tested), rows[tested]
        plain = _without_factors(matrix, first)  # before the values are spent
        fitted = fit_windows(
            matrix, first.design, method=first.fit.method, options=first.options, spend=spend
        )
        for columns, analysis in zip(found, analyses, strict=True):
            columns.fill(rows, fitted, plain, analysis)
        del matrix, fitted, plain  # before the next size is made
    return [columns.combined(domains, rule) for columns in found]


class _Columns:
    """Statistics of every window for one contrast, filled size by size."""

    def __init__(self, n: int) -> None:
        self.effect, self.sign, self.p = (np.full(n, np.nan) for _ in range(3))
        self.p_unweighted, self.p_unadjusted = (np.full(n, np.nan) for _ in range(2))

    def fill(self, rows: IntArray, fitted: Fit, plain: Fit | None, analysis: Analysis) -> None:
        """Test one contrast in the windows of one size."""
        contrast, threshold = analysis.contrast, analysis.question.lfc_threshold
        found = contrast_statistics(fitted, contrast, lfc_threshold=threshold)
        self.effect[rows], self.p[rows] = found["log2FoldChange"], found["pvalue"]
        # A hazard ratio without a maximum is NaN, but its score test has a sign.
        missing = np.isnan(self.effect[rows])
        self.sign[rows] = np.where(missing, found["stat"], self.effect[rows])
        if fitted.unweighted is not None:
            other = contrast_statistics(fitted.unweighted, contrast, lfc_threshold=threshold)
            self.p_unweighted[rows] = other["pvalue"]
        if plain is not None and analysis.without_factors is not None:
            _, own = analysis.without_factors
            other = contrast_statistics(plain, own, lfc_threshold=threshold)
            self.p_unadjusted[rows] = other["pvalue"]

    def combined(self, domains: Domains, rule: str) -> WindowTests:
        """One P a domain."""
        weights = equal_size_weights(domains.member, domains.windows.size)

        def each(pvalues: FloatArray) -> Combined:
            return combine_windows(
                pvalues, self.sign, domains.member, n_clusters=len(domains), weights=weights
            )

        unweighted, unadjusted = (
            None if np.isnan(x).all() else each(x) for x in (self.p_unweighted, self.p_unadjusted)
        )
        return WindowTests(each(self.p), self.effect, unweighted, unadjusted, rule)


def _without_factors(matrix: CountMatrix, analysis: Analysis) -> Fit | None:
    """The fit of windows without hidden factors and weights; None where there are no factors."""
    if analysis.without_factors is None:
        return None
    design, _ = analysis.without_factors
    options = FitOptions(block=analysis.options.block)
    return fit_windows(matrix, design, method=analysis.fit.method, options=options)


def domain_results(
    whole: pd.DataFrame, domains: Domains, tests: WindowTests | None, *, fdr: float = Question.fdr
) -> pd.DataFrame:
    """Results of domains: P from their windows, effects from their whole signal.

    Parameters
    ----------
    whole
        Results of the domains' whole signal, a row a domain: they give `baseMean`,
        `log2FoldChange`, its error, interval and statistic, and of these the shrunken change and
        its s-value, where windows were tested. The window of the lowest P would exaggerate.
    tests
        What the windows say; None where nothing could be tested.
    fdr
        Level at which `direction` says gain or loss.

    Returns
    -------
    DataFrame
        The contract's columns: `pvalue` is Simes' over the windows, `padj` adjusts it over domains,
        `direction` is that of the windows that decide it, and of the best one where they are mixed.
        Appended: `signal_pvalue` (P of the whole signal), `n_windows n_up n_down` (windows tested,
        and changed at 5 % within the domain), `window_direction` (`up down mixed none`),
        `best_start best_end best_log2FoldChange` (the window of the lowest P), `direction_from`
        (`windows` or `best window`, empty where nothing is called), then what `whole` has.
    """
    n = len(domains)
    table = whole.copy()
    added: dict[str, FloatArray | IntArray | NDArray[np.str_]] = {
        "signal_pvalue": whole["pvalue"].to_numpy(np.float64),
        **{name: np.zeros(n, dtype=np.int64) for name in ("n_windows", "n_up", "n_down")},
        "window_direction": np.full(n, "none"),
        **{f"best_{name}": np.full(n, np.nan) for name in ("start", "end", "log2FoldChange")},
        "direction_from": np.full(n, "", dtype="<U11"),
    }
    if tests is not None:
        found, places = tests.combined, domains.windows.places
        has = found.best >= 0
        best = found.best[has]
        effect = np.full(n, np.nan)
        effect[has] = tests.effects[best]
        for name, values in (("start", places.start), ("end", places.end)):
            added[f"best_{name}"] = np.where(has, 0.0, np.nan)
            added[f"best_{name}"][has] = values[best]
        added |= {
            "n_windows": found.n_windows,
            "n_up": found.n_up,
            "n_down": found.n_down,
            "window_direction": found.direction,
            "best_log2FoldChange": effect,
        }
        # What a filter left out as a whole stays out.
        p = np.where(whole["pvalue"].isna(), np.nan, found.pvalue)
        table["pvalue"], table["padj"] = p, benjamini_hochberg(p)
        table.loc[np.isnan(p), [c for c in names(SHRUNKEN) if c in table]] = np.nan
        if "locus_id" in table:
            table = locus_adjusted(table)
        sign = np.select([found.direction == "up", found.direction == "down"], [1.0, -1.0], effect)
        called = (table["padj"] <= fdr).to_numpy()
        table["direction"] = np.select(
            [called & (sign > 0), called & (sign < 0)], ["gain", "loss"], "none"
        )
        decided = np.where(found.direction == "mixed", "best window", "windows")
        added["direction_from"] = np.where(table["direction"] != "none", decided, "")
        if "high_confidence" in table:  # of the whole signal, which must change as the domain does
            known = table["high_confidence"].notna().to_numpy()
            same = called & (np.sign(table["log2FoldChange"].to_numpy(np.float64)) == np.sign(sign))
            table.loc[known & ~same, "high_confidence"] = False
        if tests.unweighted is not None and "pvalue_unweighted" in table:
            p = tests.unweighted.pvalue
            table["pvalue_unweighted"], table["padj_unweighted"] = p, benjamini_hochberg(p)
        if tests.unadjusted is not None and "unadjusted_pvalue" in table:
            p = np.where(whole["pvalue"].isna(), np.nan, tests.unadjusted.pvalue)
            table["unadjusted_pvalue"], table["unadjusted_padj"] = p, benjamini_hochberg(p)
    last = names(SHRUNKEN)[-1]
    at = list(table.columns).index(last if last in table else "direction") + 1
    for i, (name, column) in enumerate(added.items()):
        table.insert(at + i, name, column)
    for name in ("best_start", "best_end"):
        table[name] = table[name].astype("Int64")
    return table
