"""Two runs side by side: calls that differ, and what the runs were made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resist_epi.errors import InputFormatError
from resist_epi.schema import CHANGED_CALLS, COMPARED_KINDS, names
from resist_epi.study.compare import compare_runs
from resist_epi.study.compare_calls import compare_calls
from resist_epi.study.run_read import Key, RunRead, read_run

CALLS = {"+": "gain", "-": "loss", ".": "none", "x": "none"}


def results(calls: str, *, shift: int = 0, ids: bool = True, **header: Any) -> pd.DataFrame:
    """A region a sign, 10 kb apart; x is not tested."""
    n = len(calls)
    start = np.arange(n) * 10_000 + shift
    table = pd.DataFrame({
        "chrom": "chr1",
        "start": start,
        "end": start + 1000,
        "region_id": [f"r{i}" if ids else f"r{s}" for i, s in enumerate(start)],
        "symbol": [f"G{i}" for i in range(n)],
        "log2FoldChange": [{"+": 1.0, "-": -1.0}.get(c, 0.1) for c in calls],
        "padj": [{"x": np.nan, ".": 0.5}.get(c, 0.01) for c in calls],
        "direction": [CALLS[c] for c in calls],
    })  # fmt: skip
    table.attrs["header"] = {"facts": {"contrast": {"name": "poor-good"}}, **header}
    return table


def run(
    folder: str, tables: dict[tuple[str, str], pd.DataFrame], record: dict[str, Any] | None = None
) -> RunRead:
    """A run that holds these tables, by mark and kind."""
    keyed = {
        Key(t.attrs["header"]["facts"]["contrast"]["name"], *of): t for of, t in tables.items()
    }
    about = {"version": "1", "parameters": {}, "inputs": {}, "libraries": {}, **(record or {})}
    return RunRead(Path(folder), about, keyed, {key: Path(folder, "t.tsv.gz") for key in keyed})


def test_what_becomes_of_a_call() -> None:
    changed, row = compare_calls(results("+-++.x-"), results("+-.-+++"))
    assert dict(zip(changed["region_id"], changed["change"], strict=True)) == {
        "r2": "lost", "r3": "turned", "r4": "gained", "r5": "gained", "r6": "turned",
    }  # fmt: skip
    assert {k: row[k] for k in ("calls_a", "calls_b", "kept", "lost", "turned", "gained")} == {
        "calls_a": 5, "calls_b": 6, "kept": 2, "lost": 1, "turned": 2, "gained": 2,
    }  # fmt: skip
    by_id = changed.set_index("region_id")
    assert by_id.loc["r5", "direction_a"] == "not tested"
    assert by_id.loc["r5", "why"] == "not tested in a"
    assert by_id.loc["r2", "why"] == "adjusted P of 0.5 in b"
    assert list(changed.columns) == names(CHANGED_CALLS)[3:]


def test_equal_tables_have_no_changed_call() -> None:
    changed, row = compare_calls(results("+-.x"), results("+-.x"))
    assert changed.empty
    assert list(changed.columns) == names(CHANGED_CALLS)[3:]
    assert (row["kept"], row["correlation"], row["median_shift"]) == (2, pytest.approx(1), 0)


def test_swapping_the_runs_swaps_gained_and_lost() -> None:
    one, other = results("++-.x.-+"), results("+-..+-x+")
    there, back = compare_calls(one, other)[1], compare_calls(other, one)[1]
    assert (there["gained"], there["lost"]) == (back["lost"], back["gained"])
    assert there["turned"] == back["turned"] == 1


def test_calls_of_other_borders_are_held_against_what_overlaps() -> None:
    one, other = results("+-.+", ids=False), results("+++.", shift=300, ids=False)
    changed, row = compare_calls(one, other)
    assert row["common"] == 0
    assert row["kept"] == 1
    assert changed[["region_id", "change"]].to_numpy().tolist() == [
        ["r10000", "turned"], ["r30000", "lost"], ["r20300", "gained"],
    ]  # fmt: skip
    assert changed.set_index("change").loc["gained", "direction_a"] == "absent"


def test_another_level_is_said_where_it_did_it() -> None:
    one, other = results("..."), results("+..")
    one.loc[0, "padj"] = 0.08
    other.loc[0, "padj"] = 0.08
    changed, row = compare_calls(one, other, levels=(0.05, 0.1))
    assert changed["why"].tolist() == ["adjusted P of 0.08 in a, whose level is 0.05"]
    assert row["close"] == 1


def test_tables_of_one_run_alone_are_listed() -> None:
    a = run("a", {("ER", "peaks"): results("+.")})
    b = run("b", {("ER", "peaks"): results("+."), ("H3K27ac", "peaks"): results("++")})
    kinds = compare_runs(a, b).kinds
    assert list(kinds.columns) == names(COMPARED_KINDS)
    assert kinds[["mark", "in_runs", "calls_b", "kept"]].to_numpy().tolist() == [
        ["ER", "both", 1, 1], ["H3K27ac", "b", 2, 0],
    ]  # fmt: skip


def test_one_contrast_each_is_compared_whatever_its_name() -> None:
    other = results("-.", facts={"contrast": {"name": "late-early"}})
    found = compare_runs(run("a", {("ER", "peaks"): results("+.")}),
                         run("b", {("ER", "peaks"): other}))  # fmt: skip
    assert found.changed[["contrast", "change"]].to_numpy().tolist() == [
        ["poor-good against late-early", "turned"]
    ]


def test_settings_versions_and_files_differ_by_content() -> None:
    a = run("a", {}, {
        "parameters": {"fdr": 0.05, "jobs": 1, "sheet": "x/s.csv", "gene_sets": None},
        "inputs": {"x/s.csv": "1" * 64, "x/T1.bw": "2" * 64, "x/T2.bw": "3" * 64},
        "libraries": {"numpy": "2.0"},
    })  # fmt: skip
    b = run("b", {}, {
        "version": "2",
        "parameters": {"fdr": 0.1, "jobs": 2, "sheet": "y/s.csv", "gene_sets": "go"},
        "inputs": {"y/s.csv": "1" * 64, "y/T1.bw": "2" * 64, "y/T2.bw": "4" * 64},
        "libraries": {"numpy": "2.1"},
    })  # fmt: skip
    found = compare_runs(a, b).differences
    assert found[["what", "name", "acts_on"]].to_numpy().tolist() == [
        ["version", "resist_epi", "calls"],
        ["library", "numpy", "calls"],
        ["setting", "fdr", "calls"],
        ["setting", "jobs", "nothing"],
        ["setting", "gene_sets", "what follows the calls"],
        ["input", "T2.bw", "counts"],
    ]
    assert compare_runs(a, a).differences.empty


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="not the folder of a finished run"):
        read_run(tmp_path)
