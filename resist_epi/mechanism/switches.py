"""Two opposing marks at one gene: where a repressive mark and an active one trade places.

A switch needs both changes at once, so it is tested as a conjunction and never by a joint
omnibus test, which a change of one mark alone would satisfy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.arrays import FloatArray
from resist_epi.errors import DesignError, unknown_name
from resist_epi.genes.gene_values import gene_key, gene_rows, one_a_symbol
from resist_epi.genes.loci import locus_ids
from resist_epi.genome.chromosomes import chrom_rank
from resist_epi.io.header import Header
from resist_epi.mechanism.switch_method import MIN_INFORMATION, choose_method
from resist_epi.mechanism.switch_support import switch_support
from resist_epi.model.fit import Fit
from resist_epi.samples.design import Contrast
from resist_epi.samples.facts import contrast_facts
from resist_epi.samples.presets import PRESETS
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.schema import REGIONS, names, switch_columns
from resist_epi.stats.sets.joint import JointCorrelation, adafilter, joint_correlation, max_p

logger = logging.getLogger(__name__)

METHODS = {"adafilter": adafilter, "max_p": max_p}

REPRESSIVE, ACTIVATING, NONE = "repressive switch", "activating switch", "none"


# Kind of regions -> where a mark is said to be.
_PLACES = {"promoters": "at promoters", "genes": "over gene bodies", "peaks": "at peaks"}


@dataclass(frozen=True)
class MarkTest:
    """One mark's test of a contrast, as a two-mark test needs it.

    Attributes
    ----------
    mark
        Its name, which the columns carry.
    results
        The contract's result columns, a row a region of the kind that speaks for a gene.
    fit, contrast, units
        What `results` came from, row by row, and the sheet's row of each unit of the fit. Without
        them nobody knows which units of two marks are one tumour.
    """

    mark: str
    results: pd.DataFrame
    fit: Fit | None = None
    contrast: Contrast | None = None
    units: SampleSheet | None = None


@dataclass(frozen=True)
class Choice:
    """Which test of a conjunction is used, and why.

    Attributes
    ----------
    method
        Key of `METHODS`.
    reason
        A clause for the header.
    correlation
        What is known of the two marks' errors, or None.
    """

    method: str
    reason: str
    correlation: JointCorrelation | None


def mark_switches(
    repressive: MarkTest,
    active: MarkTest,
    *,
    third: MarkTest | None = None,
    method: str | None = None,
    fdr: float = Question.fdr,
) -> pd.DataFrame:
    """Classify every gene by what two opposing marks do at it.

    A gene is a *repressive switch* where it gains the repressive mark and loses the active one,
    an *activating switch* where it is the other way round; both need the joint test among the
    genes whose marks move in opposite directions. Other genes whose marks pass on their own are a
    gain or loss of that mark (of both, joined by "and"); the rest are none. The marks may come
    from different tumours: each is used for what it has.

    By default AdaFilter is used where the marks' errors are correlated by no less than -.2, it is
    known which tumours they share, and each group has at least 6 units; else the larger P with
    Benjamini-Hochberg.

    Parameters
    ----------
    repressive, active
        Such as H3K27me3 at promoters and H3K36me3 over bodies; one value a gene (`gene_rows`).
    third
        A mark whose preset has a class for it. H3K4me3: genes that are no switch and gain (lose) it
        together with the repressive mark are a *bivalent* gain (loss). H3K27ac: those that gain the
        repressive mark and lose it are a *poised* gain, the reverse a *poised* loss.
    method
        `adafilter` or `max_p` instead of the choice; outside of AdaFilter's bounds the header
        carries a warning.
    fdr
        Level of every class.

    Returns
    -------
    DataFrame
        `schema.switch_columns`, then each mark's own padj, the place of the gene, `locus_id` (genes
        that cannot change independently share one) and what `switch_support` gives; a row a gene in
        genome order. `padj` is that of the switch (NaN where the marks do not move in opposite
        directions); `attrs["header"]` says what was done.

    Raises
    ------
    DesignError
        An unknown method, an unknown third mark, one mark given twice, or contrasts that differ.
    InputFormatError
        If the regions of a mark have no genes.

    References
    ----------
    Wang, Gui, Su, Sabatti & Owen (2022) Annals of Statistics 50:1890; Bernstein et al. (2006) Cell
    125:315 (bivalent domains).
    """
    tests = [repressive, active, *([] if third is None else [third])]
    _check(tests, method)
    table, rows = _join(tests)
    against = (
        f"{repressive.mark}{_place(repressive)} (repressive) against {active.mark}{_place(active)}"
        " (active)"
    )
    header: dict[str, Any] = {"switches": against, "facts": {}}
    if (contrast := repressive.contrast) is not None:
        header |= {"contrast": contrast.words, "facts": {"contrast": contrast_facts(contrast)}}
    opposite = _same_sign(table, repressive.mark, active.mark) < 0
    choice = _choose(repressive, active, table, rows, method)
    table["padj"] = _joint(table, repressive.mark, active.mark, opposite, choice.method)
    called = (table["padj"] <= fdr).to_numpy()
    up = (table[f"{repressive.mark}_log2FoldChange"] > 0).to_numpy()
    table["class"] = _single_classes(table, [t.mark for t in tests], fdr)
    table = table.assign(**switch_support({t.mark: t.results for t in tests[:2]}, rows, opposite))
    header["method"] = f"{choice.method} among genes of opposite signs, since {choice.reason}"
    header["facts"]["joint test"] = {"name": choice.method, "because": choice.reason}
    if third is not None:
        _add_third(table, rows, repressive, third, method, fdr, header)
    table.loc[called & up, "class"] = REPRESSIVE
    table.loc[called & ~up, "class"] = ACTIVATING
    header["genes"] = _counts_in_words(table, opposite)
    header["fdr"] = f"{fdr:g}, for the switches and for each mark on its own"
    header["wording"] = (
        "a class says how the marks differ between the groups; it is consistent with, and no proof"
        " of, a change of transcription"
    )
    logger.info("switches: %s; %s", header["method"], header["genes"])
    columns = switch_columns([t.mark for t in tests])
    table = table[[*columns, *(c for c in table if c not in columns)]]
    table.attrs["header"] = Header(header)
    return table


def _place(test: MarkTest) -> str:
    """Where the mark was tested, so that its numbers are told from those of other regions."""
    kinds = set(test.results["kind"]) if "kind" in test.results else set()
    return f" {_PLACES.get(str(kinds.pop()), '')}".rstrip() if len(kinds) == 1 else ""


def third_marks() -> dict[str, tuple[str, int]]:
    """Mark -> what its class is called, and the sign of its change beside the repressive mark's."""
    return {name: known.third for name, known in PRESETS.items() if known.third is not None}


def _check(tests: Sequence[MarkTest], method: str | None) -> None:
    marks = [t.mark for t in tests]
    if len(set(marks)) < len(marks):
        raise DesignError(f"a switch needs different marks; found {', '.join(marks)}")
    if method is not None and method not in METHODS:
        raise DesignError(unknown_name("method", method, METHODS))
    if len(tests) > 2 and marks[2] not in third_marks():
        raise DesignError(
            f"{marks[2]} says nothing about bivalent or poised genes; the third mark may be"
            f" {' or '.join(third_marks())}"
        )
    named = {t.mark: t.contrast.name for t in tests if t.contrast is not None}
    if len(set(named.values())) > 1:
        raise DesignError(
            "the marks are tested for different contrasts: "
            + ", ".join(f"{mark} {name}" for mark, name in named.items())
        )


def _join(tests: Sequence[MarkTest]) -> tuple[pd.DataFrame, dict[str, NDArray[np.int64]]]:
    """All genes of any mark in genome order, and each mark's row of its results (-1: none)."""
    by_id = all((t.results["gene_id"] != "").any() for t in tests)
    parts = []
    for test in tests:
        rows = gene_rows(test.results)
        if not by_id:
            rows = rows[one_a_symbol(test.results.iloc[rows])]
        own = test.results.iloc[rows]
        key = gene_key(own) if by_id else own["symbol"]
        kept = [c for c in (*names(REGIONS[:4]), "symbol", "gene_id", "kind") if c in own]
        part = own[kept].assign(key=key, row=rows)
        parts.append(part[(key != "").to_numpy()].set_index("key"))
    genes = pd.concat(parts)
    genes = genes[~genes.index.duplicated()].drop(columns="row")
    genes = genes.iloc[np.lexsort((genes["end"], genes["start"], chrom_rank(genes["chrom"])))]
    places = {
        t.mark: part["row"].reindex(genes.index).fillna(-1).to_numpy(np.int64)
        for t, part in zip(tests, parts, strict=True)
    }
    table = genes[["symbol", "gene_id"]].reset_index(drop=True)
    for test in tests:
        for name in ("log2FoldChange", "pvalue", "padj"):
            values = np.append(test.results[name].to_numpy(np.float64), np.nan)
            table[f"{test.mark}_{name}"] = values[places[test.mark]]
    for name in ("chrom", "start", "end"):
        table[name] = genes[name].to_numpy()
    table["locus_id"] = locus_ids(genes)
    return table, places


def _same_sign(table: pd.DataFrame, first: str, second: str) -> FloatArray:
    """1 where two marks move in one direction, -1 where in opposite ones, NaN or 0 elsewhere."""
    changes = table[[f"{first}_log2FoldChange", f"{second}_log2FoldChange"]].to_numpy()
    return np.asarray(np.sign(changes).prod(axis=1))


def _joint(
    table: pd.DataFrame, first: str, second: str, chosen: NDArray[np.bool_], method: str
) -> FloatArray:
    adjusted = np.full(len(table), np.nan)
    p = table[[f"{first}_pvalue", f"{second}_pvalue"]].to_numpy()
    if np.isfinite(p[chosen]).all(axis=1).any():
        adjusted[chosen] = METHODS[method](p[chosen])
    return adjusted


def _choose(
    first: MarkTest,
    second: MarkTest,
    table: pd.DataFrame,
    rows: Mapping[str, NDArray[np.int64]],
    method: str | None,
) -> Choice:
    correlation = _correlation(first, second, table, rows)
    sizes = [size for t in (first, second) for size in _group_sizes(t)]
    best, reason = choose_method(correlation, sizes)
    if method is None or method == best:
        return Choice(best, reason, correlation)
    if method == "max_p":
        return Choice(method, "it was asked for", correlation)
    logger.warning("AdaFilter was asked for outside of its bounds: %s", reason)
    return Choice(
        method, f"it was asked for; warning: outside of its bounds ({reason})", correlation
    )


def _group_sizes(test: MarkTest) -> tuple[int, ...]:
    if test.contrast is None:
        return ()
    return test.contrast.group_sizes or (int(test.contrast.informing.sum()) // 2,)


def _correlation(
    first: MarkTest,
    second: MarkTest,
    table: pd.DataFrame,
    rows: Mapping[str, NDArray[np.int64]],
) -> JointCorrelation | None:
    if first.fit is None or second.fit is None or first.contrast is None or second.contrast is None:
        return None
    keys = [_unit_keys(t.units) for t in (first, second)]
    if keys[0] is None or keys[1] is None:
        return None
    if not (first.contrast.vector.any() and second.contrast.vector.any()):
        # No contrast of coefficients has residuals of its own; units are shared all the same.
        return JointCorrelation(np.nan, np.nan, np.nan, MIN_INFORMATION, 0)
    place = {key: i for i, key in enumerate(keys[1])}
    p = table[[f"{first.mark}_pvalue", f"{second.mark}_pvalue"]].to_numpy()
    tested = np.flatnonzero(np.isfinite(p).all(axis=1))
    return joint_correlation(
        (
            first.fit.linear.response[rows[first.mark][tested]],
            second.fit.linear.response[rows[second.mark][tested]],
        ),
        (first.fit.design.to_numpy(), second.fit.design.to_numpy()),
        (first.contrast.vector, second.contrast.vector),
        np.array([place.get(key, -1) for key in keys[0]], dtype=np.int64),
        pvalues=p[tested],
    )


def _unit_keys(units: SampleSheet | None) -> list[tuple[str, ...]] | None:
    """What names a tumour across marks, or None where the sheet does not say."""
    if units is None or not units.has_patients or (units.table["Patient"] == "").any():
        return None
    columns = [c for c in units.unit_columns() if c != "Factor"]
    return [tuple(map(str, row)) for row in units.table[columns].to_numpy()]


def _single_classes(table: pd.DataFrame, marks: Sequence[str], fdr: float) -> NDArray[np.object_]:
    classes = np.full(len(table), "", dtype=object)
    for mark in marks:
        called = (table[f"{mark}_padj"] <= fdr).to_numpy()
        up = (table[f"{mark}_log2FoldChange"] > 0).to_numpy()
        own = np.where(called, np.where(up, f"{mark} gain", f"{mark} loss"), "")
        both = (classes != "") & (own != "")
        classes = classes + np.where(both, " and ", "") + own
    return np.where(classes == "", NONE, classes)


def _add_third(
    table: pd.DataFrame,
    rows: Mapping[str, NDArray[np.int64]],
    repressive: MarkTest,
    third: MarkTest,
    method: str | None,
    fdr: float,
    header: dict[str, str],
) -> None:
    name, relation = third_marks()[third.mark]
    together = _same_sign(table, repressive.mark, third.mark) == relation
    # Among genes of one sign a positive correlation is what brings false calls: always max P there.
    choice = (
        Choice("max_p", "among genes of one sign correlated errors agree", None)
        if relation > 0
        else _choose(repressive, third, table, rows, method)
    )
    adjusted = _joint(table, repressive.mark, third.mark, together, choice.method)
    called, up = adjusted <= fdr, (table[f"{repressive.mark}_log2FoldChange"] > 0).to_numpy()
    table[f"{name}_padj"] = adjusted
    table.loc[called & up, "class"] = f"{name} gain"
    table.loc[called & ~up, "class"] = f"{name} loss"
    signs = "the same sign" if relation > 0 else "opposite signs"
    header[name] = (
        f"{repressive.mark} with {third.mark}, {choice.method} among genes of {signs}, since"
        f" {choice.reason}; a switch takes precedence"
    )


def _counts_in_words(table: pd.DataFrame, opposite: NDArray[np.bool_]) -> str:
    counts = table["class"].value_counts()
    said = ", ".join(f"{n} {name}" for name, n in counts.items() if name != NONE) or "none called"
    switched = table["class"].isin([REPRESSIVE, ACTIVATING])
    if switched.any():
        said += f"; the switches lie at {table.loc[switched, 'locus_id'].nunique()} loci"
    return (
        f"{len(table)} genes, {int(opposite.sum())} with opposite signs; of each class, a gene in"
        f" one: {said}"
    )
