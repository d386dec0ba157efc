"""Two finished runs side by side: which calls differ, and in what the runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.samples.question import Question
from resist_epi.schema import CHANGED_CALLS, COMPARED_KINDS, names
from resist_epi.study.compare_calls import compare_calls, is_called, no_changed_calls
from resist_epi.study.run_differences import run_differences
from resist_epi.study.run_read import Key, RunRead


@dataclass(frozen=True)
class Compared:
    """What differs between two runs.

    Attributes
    ----------
    a, b
        The runs.
    pairs
        Key as shown -> the key in either run, of tables that both have.
    changed
        Calls that differ, columns of `schema.CHANGED_CALLS`.
    kinds
        A row a mark and kind, columns of `schema.COMPARED_KINDS`.
    differences
        Settings, inputs and versions that differ, columns of `schema.RUN_DIFFERENCES`.
    """

    a: RunRead
    b: RunRead
    pairs: Mapping[Key, tuple[Key, Key]]
    changed: pd.DataFrame
    kinds: pd.DataFrame
    differences: pd.DataFrame


def compare_runs(a: RunRead, b: RunRead) -> Compared:
    """Compare the calls of two runs, and what the runs were made from."""
    pairs, alone = _paired(a, b)
    changed, kinds = [], []
    for shown, (in_a, in_b) in pairs.items():
        own, row = compare_calls(a.tables[in_a], b.tables[in_b], levels=_levels(a, b, in_a, in_b))
        changed.append(own.assign(**shown._asdict()))
        kinds.append({**shown._asdict(), "in_runs": "both", **row})
    for side, run, key in alone:
        n, called = len(run.tables[key]), is_called(run.tables[key])
        rows = {f"regions_{side}": n, f"calls_{side}": int(called.sum())}
        kinds.append({**key._asdict(), "in_runs": side, **rows})
    every = [c for c in changed if len(c)]
    return Compared(
        a,
        b,
        pairs,
        pd.concat(every, ignore_index=True)[names(CHANGED_CALLS)] if every else no_changed_calls(),
        _kinds_table(kinds),
        run_differences(a, b, pairs),
    )


def _kinds_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=names(COMPARED_KINDS))
    whole = [column.name for column in COMPARED_KINDS if column.dtype == "int64"]
    return table.assign(**{c: table[c].fillna(0).astype(np.int64) for c in whole})


def _paired(
    a: RunRead, b: RunRead
) -> tuple[dict[Key, tuple[Key, Key]], list[tuple[str, RunRead, Key]]]:
    """Tables that both runs have, as they are called; and those of one run alone.

    Where each run has one contrast, these are compared whatever their names.
    """
    (*ones,), (*others,) = a.contrasts, b.contrasts
    same = {name: name for name in others}
    label = {name: name for name in ones}
    if len(ones) == len(others) == 1 and ones != others:
        same = {others[0]: ones[0]}
        label = {ones[0]: f"{ones[0]} against {others[0]}"}
    of_b = {key._replace(contrast=same[key.contrast]): key for key in b.tables}
    pairs = {
        key._replace(contrast=label[key.contrast]): (key, of_b[key])
        for key in a.tables
        if key in of_b
    }
    alone = [("a", a, key) for key in a.tables if key not in of_b]
    alone += [("b", b, key) for asked, key in of_b.items() if asked not in a.tables]
    return pairs, alone


def _levels(a: RunRead, b: RunRead, in_a: Key, in_b: Key) -> tuple[float, float]:
    asked = a.question(in_a), b.question(in_b)
    one, other = (Question.fdr if q is None else q.fdr for q in asked)
    return one, other
