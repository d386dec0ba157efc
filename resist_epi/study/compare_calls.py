"""Calls of two tables of results side by side: gained, lost, turned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.arrays import BoolArray, IntArray
from resist_epi.genome.intervals import Intervals, overlap_pairs
from resist_epi.schema import CHANGED_CALLS, names

CALLED = ("gain", "loss")

ABSENT, NOT_TESTED = "absent", "not tested"

_CLOSE = 2.0  # times the level


def compare_calls(
    a: pd.DataFrame, b: pd.DataFrame, *, levels: tuple[float, float] = (0.05, 0.05)
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Calls that differ between two tables of results, and their numbers.

    Regions are the same where their `region_id` is. A call whose region the other run does not
    have, as where peaks or domains end elsewhere, is held against the called regions that overlap
    it.

    Parameters
    ----------
    a, b
        Results of one mark and kind.
    levels
        FDR of either.

    Returns
    -------
    The columns of `schema.CHANGED_CALLS` from `chrom` to `why`, and those of
    `schema.COMPARED_KINDS` after `in_runs`.
    """
    a, b = (t.reset_index(drop=True) for t in (a, b))
    at_b = pd.Index(b["region_id"]).get_indexer(pd.Index(a["region_id"]))
    at_a = pd.Index(a["region_id"]).get_indexer(pd.Index(b["region_id"]))
    partner_a = _with_overlapping(a, b, at_b).tolist()
    partner_b = _with_overlapping(b, a, at_a).tolist()
    call_a, call_b = (t["direction"].to_numpy(dtype=object) for t in (a, b))
    rows_a, rows_b = (np.flatnonzero(is_called(t)).tolist() for t in (a, b))
    seen = [_change(call_a[i], partner_a[i], call_b) for i in rows_a]
    new = [i for i in rows_b if _change(call_b[i], partner_b[i], call_a) == "lost"]
    parts = [_rows(a, b, i, partner_a[i], what) for i, what in zip(rows_a, seen, strict=True)]
    parts = [p for p in parts if p["change"] != "kept"]
    parts += [_rows(a, b, partner_b[i], i, "gained") for i in new]
    columns = names(CHANGED_CALLS)[3:]
    changed = pd.DataFrame(parts, columns=columns) if parts else no_changed_calls()[columns]
    changed["why"] = [_why(part, levels) for part in parts]
    both = at_b >= 0
    first = a["log2FoldChange"].to_numpy(np.float64)[both]
    second = b["log2FoldChange"].to_numpy(np.float64)[at_b[both]]
    row = {
        "regions_a": len(a),
        "regions_b": len(b),
        "common": int(both.sum()),
        "calls_a": len(rows_a),
        "calls_b": len(rows_b),
        **{name: int(seen.count(name)) for name in ("kept", "lost", "turned")},
        "gained": len(new),
        "close": _n_close(changed, levels),
        **_moved(first, second),
    }
    return changed, row


def _moved(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """How far fold changes of common regions go together."""
    known = np.isfinite(first) & np.isfinite(second)
    first, second = first[known], second[known]
    if not len(first):
        return {"correlation": np.nan, "median_shift": np.nan}
    varies = len(first) > 2 and first.std() > 0 and second.std() > 0
    return {
        "correlation": float(np.corrcoef(first, second)[0, 1]) if varies else np.nan,
        "median_shift": float(np.median(second - first)),
    }


def _with_overlapping(own: pd.DataFrame, other: pd.DataFrame, at: IntArray) -> IntArray:
    """Row of the other table for each of ours: the same region, or a called one that overlaps.

    Of several the one of our direction, else the first; -1 where there is none.
    """
    found = at.astype(np.int64)
    mine = np.flatnonzero((found < 0) & is_called(own))
    theirs = np.flatnonzero(is_called(other))
    if not len(mine) or not len(theirs):
        return found
    code = {c: i for i, c in enumerate(pd.unique(pd.concat([own["chrom"], other["chrom"]])))}

    def places(table: pd.DataFrame, rows: IntArray) -> Intervals:
        part = table.iloc[rows]
        chroms = part["chrom"].map(code).to_numpy(np.int64)
        return Intervals(chroms, part["start"].to_numpy(), part["end"].to_numpy())

    left, right = overlap_pairs(places(own, mine), places(other, theirs))
    calls = (t["direction"].to_numpy(dtype=object) for t in (own, other))
    call, their = calls
    for i, j in zip(mine[left].tolist(), theirs[right].tolist(), strict=True):
        agreed = found[i] >= 0 and their[found[i]] == call[i]
        if found[i] < 0 or (not agreed and their[j] == call[i]):
            found[i] = j
    return found


def _change(call: str, at: int, others: np.ndarray) -> str:
    """What became of a call in the other run."""
    if at < 0 or others[at] not in CALLED:
        return "lost"
    return "kept" if others[at] == call else "turned"


def _rows(a: pd.DataFrame, b: pd.DataFrame, i: int, j: int, change: str) -> dict[str, Any]:
    """One changed call; -1 where a run has no such region."""
    table, row = (a, i) if change != "gained" else (b, j)
    place = {c: table[c].iat[row] for c in ("chrom", "start", "end", "region_id", "symbol")}
    values: dict[str, Any] = {"change": change}
    for name, own, at in (("a", a, i), ("b", b, j)):
        there = at >= 0
        values[f"direction_{name}"] = _shown_call(own, at) if there else ABSENT
        for column in ("log2FoldChange", "padj"):
            number = own[column].to_numpy(np.float64)
            values[f"{column}_{name}"] = float(number[at]) if there else np.nan
    return place | values


def _shown_call(table: pd.DataFrame, row: int) -> str:
    call = str(table["direction"].iat[row])
    unknown = np.isnan(table["padj"].to_numpy(np.float64)[row])
    return NOT_TESTED if call not in CALLED and unknown else call


def _why(row: Mapping[str, Any], levels: tuple[float, float]) -> str:
    """What the run that does not call it has in the place of a call."""
    if row["change"] == "turned":
        return "called in the other direction"
    other, at = ("b", 1) if row["change"] == "lost" else ("a", 0)
    call, padj = row[f"direction_{other}"], row[f"padj_{other}"]
    if call == ABSENT:
        return f"no such region in {other}"
    if call == NOT_TESTED:
        return f"not tested in {other}"
    if padj <= levels[1 - at]:
        return f"adjusted P of {padj:.2g} in {other}, whose level is {levels[at]:g}"
    return f"adjusted P of {padj:.2g} in {other}"


def _n_close(changed: pd.DataFrame, levels: tuple[float, float]) -> int:
    """Calls gained or lost whose adjusted P is near the level in both runs."""
    near = (changed["padj_a"] <= _CLOSE * levels[0]) & (changed["padj_b"] <= _CLOSE * levels[1])
    return int((near & (changed["change"] != "turned")).sum())


def is_called(table: pd.DataFrame) -> BoolArray:
    """(n,) whether a region is called."""
    return np.asarray(table["direction"].isin(CALLED).to_numpy(dtype=bool))


def no_changed_calls() -> pd.DataFrame:
    """The table of changed calls, without a row."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in CHANGED_CALLS})
