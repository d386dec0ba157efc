"""Results of a mark, and another assay's table beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.mechanism.assays import ASSAYS, Evidence
from tests.support.builders import matrix, sheet

EXPRESSION = ASSAYS["expression"]


def results(change: np.ndarray, *, called: int = 0, base: np.ndarray | None = None) -> pd.DataFrame:
    """Genes 100 kb apart, of which the first are called."""
    n = len(change)
    p = np.where(np.arange(n) < called, 1e-6, 0.5)
    return pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(n) * 100_000,
            "end": np.arange(n) * 100_000 + 1000,
            "strand": "+",
            "gene_id": [f"g{i}" for i in range(n)],
            "symbol": [f"S{i}" for i in range(n)],
            "baseMean": np.arange(n) + 1.0 if base is None else base,
            "log2FoldChange": change,
            "pvalue": p,
            "padj": p,
            "direction": np.where(p < 0.05, np.where(change > 0, "gain", "loss"), "none"),
        }
    )


def evidence(effect: np.ndarray, **columns: np.ndarray) -> Evidence:
    table = pd.DataFrame(
        {
            "gene": [f"S{i}" for i in range(len(effect))],
            "effect": effect,
            "pvalue": np.nan,
            "base": np.nan,
        }
    )
    return Evidence(EXPRESSION, table.assign(**columns))


def patients(follow: float, *, n: int = 300, seed: int = 5) -> tuple:
    """Mark and expression of twelve patients that share `follow` of their variation."""
    rng = np.random.default_rng(seed)
    conditions = ["good"] * 6 + ["poor"] * 6
    names = [f"P{i}" for i in range(12)]
    noise = rng.normal(size=(n, 12))
    level = 5 + rng.normal(size=(n, 1)) + 0.4 * noise
    level[:30, 6:] += 2
    expression = 6 - follow * noise + np.sqrt(1 - follow**2) * rng.normal(size=(n, 12))
    expression[:30, 6:] -= 2
    own = sheet(conditions, Patient=names)
    counts = matrix(2.0**level, library_sizes=np.full(12, 1e6))
    values = pd.DataFrame(expression, columns=names)
    effects = pd.DataFrame(
        {"gene": [f"S{i}" for i in range(n)], "effect": np.nan, "pvalue": np.nan, "base": 1.0}
    )
    return counts, own, Evidence(EXPRESSION, effects, values, "levels")
