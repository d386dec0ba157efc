"""From the facts of an analysis to the sentences above its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.samples.design import Contrast
from resist_epi.samples.levels import column_in_words
from resist_epi.samples.question import Question
from resist_epi.stats.best_supported import SUPPORTED, is_supported
from resist_epi.version import VERSION


def results_header(
    matrix: CountMatrix,
    contrast: Contrast,
    facts: Mapping[str, Any],
    question: Question,
    unit_note: str,
) -> dict[str, Any]:
    """The sentences above every table, from the facts."""
    scaling, method, kept = (facts[name] for name in ("normalization", "method", "filter"))
    header: dict[str, Any] = {
        "resist_epi": VERSION,
        "contrast": contrast.words,
        "design": design_in_words(facts["design"]),
        "units": unit_note,
        "method": "; ".join(
            [
                f"{method['name']}: {method['summary']}",
                f"chosen: {method['because']}",
                *method["options"].values(),
            ]
        ),
        "normalization": f"{scaling['name']}: assumes that {scaling['assumption']}"
        f" (chosen: {scaling['because']})",
        "quantity": _quantity_in_words(matrix),
        "filter": filter_in_words(kept),
        "fdr": (
            f"{question.fdr:g} (direction is gain or loss where padj is at most this); padj holds"
            " the share of false ones among called regions, locus_padj that among called loci"
        ),
    }
    renamed, places = matrix.metadata.get("renamed"), matrix.metadata.get("places", [])
    if renamed:
        header["chromosomes"] = f"of {renamed}"
    if places:
        header["places"] = "; ".join(map(str, places))
    if question.lfc_threshold > 0:
        header["threshold"] = (
            f"tested against |log2FoldChange| <= {question.lfc_threshold:g} (treat)"
        )
    return header


def design_in_words(facts: Mapping[str, Any]) -> str:
    """The formula, and how each of its columns is taken: `~ Age; Age: continuous (45 to 70)`."""
    columns = [column_in_words(name, about) for name, about in facts["columns"].items()]
    return "; ".join([facts["formula"], *columns])


def filter_in_words(kept: Mapping[str, Any]) -> str:
    """How many regions were tested, and by which rule: `kept`, `of` and `rule` of the facts.

    Of domains `windows`, too: what one of a domain's windows needs.
    """
    return (
        f"{kept['kept']} of {kept['of']} regions tested: {rule_in_words(kept)};"
        " the others stay in the table without P"
    )


def rule_in_words(kept: Mapping[str, Any]) -> str:
    """The rule alone, by which regions were tested."""
    windows = f", and a window of the domain has {kept['windows']}" if "windows" in kept else ""
    return f"{kept['rule']}{windows}"


def quantity_facts(matrix: CountMatrix) -> dict[str, Any]:
    """What the numbers are, and whether library sizes are of unknown scale."""
    relative = "total_coverage" in matrix.metadata.get("library_size_from", [])
    return {"name": matrix.quantity, "relative": relative}


def _quantity_in_words(matrix: CountMatrix) -> str:
    meaning = {
        "reads": "reads",
        "recovered_reads": "reads recovered from a normalised track",
        "coverage_sum": "coverage summed over the region (value x bp)",
        "mean_signal": "mean coverage per base, uncovered bases as zero",
    }[matrix.quantity]
    source: Any = matrix.metadata.get("library_size_from", [])
    relative = {
        "sheet": "the sheet's LibrarySize",
        "total_coverage": "each track's total coverage, which is relative",
        "column_sum": "the sum of each column",
        "kept_reads": "the reads that count",
    }
    sizes = " and ".join(relative.get(s, str(s)) for s in dict.fromkeys(source))
    text = f"{matrix.quantity} ({meaning}); library sizes from {sizes or 'the matrix'}"
    rules = matrix.metadata.get("read_rules")
    if rules:
        each = [rules] if isinstance(rules, str) else sorted(set(rules.values()))
        text += f"; counted: {'; '.join(each)}"
    reason = matrix.metadata.get("quantity_reason")
    return text + (f"; chosen: {reason}" if reason else "")


def support_facts(results: pd.DataFrame) -> dict[str, Any]:
    """How many regions are supported, by an s-value of at most `at`, of how many that have one."""
    svalue = results["svalue"]
    supported = int(is_supported(svalue).sum())
    return {"supported": supported, "of": int(svalue.notna().sum()), "at": SUPPORTED}


def shrunken_in_words(facts: Mapping[str, Any], method: str) -> str:
    """What shrunken fold changes and s-values are, and how many regions are supported.

    Parameters
    ----------
    facts
        Of `support_facts`.
    method
        Name of the test.
    """
    if not facts["of"]:
        return f"none: {method} gives no standard error"
    how_many = f"{facts['supported']} of {facts['of']}" if facts["supported"] else "no"
    return (
        "adaptive shrinkage (Stephens 2017); an s-value is the expected share of wrong signs among"
        f" the regions with at most this one: {how_many} regions have one of at most"
        f" {facts['at']:g}"
    )


def beside_cut(value: float, cut: float, digits: int) -> str:
    """A figure with so many digits, or as many as show on which side of a cut it lies.

    Examples
    --------
    >>> beside_cut(1.52, 2, 1), beside_cut(2.04, 2, 1), beside_cut(1.2496, 1.25, 2)
    ('1.5', '2.04', '1.2496')
    """
    for more in range(digits, 10):
        text = f"{value:.{more}f}"
        if float(text) != cut or value == cut:
            return text
    return f"{value:.{digits}f}"
