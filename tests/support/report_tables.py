"""Tables of a run as the report reads them, made in memory: as many marks and changes as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.report.gather import MarkTables, RunTables, Sheet
from resist_epi.samples.presets import preset
from resist_epi.samples.question import Question
from resist_epi.schema import CHECK, MECHANISMS, MECHANISMS_MORE, names
from resist_epi.study.provenance import Provenance

NASTY = "</script><b>GENE</b>&amp;"

FACTS: dict[str, Any] = {
    "contrast": {
        "name": "Condition:poor-good",
        "column": "Condition",
        "kind": "difference",
        "first": "poor",
        "second": "good",
        "units": [6, 6],
    },
    "units": {"n": 12, "patients": True},
    "quantity": {"name": "mean_signal", "relative": False},
    "normalization": {"name": "library_size", "assumption": "totals are equal", "because": ""},
    "method": {"name": "trend", "summary": "linear model", "because": "", "options": {}},
    "filter": {"kept": 1995, "of": 2000, "rule": "any signal in at least 6 units"},
}

HEADER = {
    "contrast": "poor minus good; positive = more mark in poor; informed by 6 poor + 6 good units",
    "units": "each of the 12 libraries is a unit of its own (Patient)",
    "method": "trend: linear model of log2 signal",
    "normalization": "library_size: assumes that totals are equal",
    "quantity": "mean_signal (mean coverage per base); library sizes from the sheet's LibrarySize",
    "fdr": "0.05 (direction is gain or loss where padj is at most this)",
    "question": Question(contrast="Condition:poor-good", method="trend").as_values(),
    "facts": FACTS,
}

CALLED = 20  # of the regions of `results`


def results(n: int) -> pd.DataFrame:
    """Regions with undefined values, called ones, and a gene with a dangerous name."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=n)
    called = np.arange(n) < CALLED
    change = np.where(called, np.where(np.arange(n) % 2, -3.0, 3.0) + 0.1 * z, 0.4 * z)
    p = np.where(called, 10.0 ** -(12 + np.arange(n) / 10), rng.uniform(0.01, 1, size=n))
    p[-5:] = np.nan
    start = np.arange(n) * 1000
    symbols = [f"GENE{i}" for i in range(n)]
    symbols[7] = NASTY
    return pd.DataFrame(
        {
            "chrom": np.where(np.arange(n) < n // 2, "chr1", "chr2"),
            "start": start,
            "end": start + 500,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "gene_id": [f"ID{i}" for i in range(n)],
            "symbol": symbols,
            "baseMean": rng.gamma(2, 5, size=n),
            "log2FoldChange": change,
            "lfcSE": 0.3,
            "ci_low": change - 0.6,
            "ci_high": change + 0.6,
            "stat": change / 0.3,
            "df": 10.0,
            "pvalue": p,
            "padj": np.minimum(p * 10, 1.0),
            "direction": np.select([called & (change > 0), called], ["gain", "loss"], "none"),
        }
    )


def unit_values(table: pd.DataFrame) -> Sheet:
    """Values of six good and six poor units in regions of `results`, as a run keeps them."""
    rng = np.random.default_rng(4)
    good, poor = (table["baseMean"] * 2 ** (s * table["log2FoldChange"] / 2) for s in (-1, 1))
    values = {
        f"value_P{i}": (good if i < 6 else poor) * rng.gamma(50, 0.02, len(table))
        for i in range(12)
    }
    groups = {f"P{i}": "good" if i < 6 else "poor" for i in range(12)}
    kept = table[["region_id", "symbol"]].assign(**values).reset_index(drop=True)
    return Sheet(kept, {"groups": {"column": "Condition", "of": groups}})


def sheet(table: pd.DataFrame, **facts: object) -> Sheet:
    """A table of results with other facts above it than the usual ones."""
    named = {k.replace("_", " "): v for k, v in facts.items()}
    return Sheet(table, {**HEADER, "facts": {**FACTS, **named}})


def mark_of(mark: str, results: Mapping[str, Sheet], **more: Any) -> MarkTables:
    """A mark with these results and no other table than those given."""
    return MarkTables(mark, mark, preset(mark), results, *[None] * 7, **more)


def run_tables(marks: Sequence[MarkTables], **more: Any) -> RunTables:
    """A run of these marks, a library each."""
    quality = pd.DataFrame(
        [
            {"sample": f"T{i}", "mark": m.mark, "condition": "good", "library_size": 1e6}
            for i, m in enumerate(marks)
        ]
    ).assign(library_size_from="sheet", n_peaks=np.nan, fraction_in_peaks=np.nan)
    quality = quality.assign(fraction_in_promoters=0.1, fraction_zero=0.0)
    record = vars(Provenance(parameters={"design": "~ Condition"}))
    return RunTables(tuple(marks), quality, pd.DataFrame(columns=names(CHECK)), record, **more)


def run_of(n: int) -> RunTables:
    """One mark with promoters, the values of whose first half were kept, and few gene bodies."""
    table = results(n).assign(high_confidence=np.arange(n) < CALLED // 2)
    kinds = {"promoters": sheet(table), "genes": sheet(results(50))}
    values = {"promoters": unit_values(table.iloc[: n // 2])}
    return run_tables([mark_of("H3K27me3", kinds, values=values)])


def mechanisms(rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """A table of mechanisms; what a row does not say is empty."""
    more = {c.name: "" if c.dtype == "str" else np.nan for c in (*MECHANISMS, *MECHANISMS_MORE)}
    usual = {"kind": "mechanism", "direction": "none", "verdict": "no change seen", "n_tested": 9}
    counted = {"n_genes": 9, "n_loci": 9, "n_gain": 0, "n_loss": 0}
    table = pd.DataFrame([{**more, **usual, **counted, **row} for row in rows])
    return Sheet(table, {"contrast": HEADER["contrast"], "facts": {"contrast": FACTS["contrast"]}})
