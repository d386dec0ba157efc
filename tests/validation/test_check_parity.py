"""The parity check sees a difference where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

check_parity = pytest.importorskip("check_parity", reason="no scripts beside the tests")


def test_a_changed_answer_is_a_miss(tmp_path: Path) -> None:
    for file in check_parity.GOLDEN.glob("blocks.*.tsv.gz"):
        shutil.copy(file, tmp_path)
    assert all(line.difference <= line.bound for line in check_parity.blocks(tmp_path))
    answer = pd.read_csv(tmp_path / "blocks.answer.tsv.gz", sep="\t")
    answer.loc[3, "plain.t"] += 1e-6
    answer.to_csv(tmp_path / "blocks.answer.tsv.gz", sep="\t", index=False)
    missed = [line for line in check_parity.blocks(tmp_path) if line.difference > line.bound]
    assert [(line.matrix, line.measure) for line in missed] == [("unequal blocks, plain", "t")]


def test_questions_of_one_fit_are_rs_and_a_changed_answer_is_a_miss(tmp_path: Path) -> None:
    """An interaction, all pairs of three groups, F over them, treat of counts."""
    for name in check_parity.QUESTIONS:
        for file in check_parity.GOLDEN.glob(f"{name}.*.tsv.gz"):
            shutil.copy(file, tmp_path)
    assert all(line.difference <= line.bound for line in check_parity.contrasts(tmp_path))
    answer = pd.read_csv(tmp_path / "pairs.answer.tsv.gz", sep="\t")
    answer.loc[3, "treat.1.CB.p"] *= 1.01
    answer.to_csv(tmp_path / "pairs.answer.tsv.gz", sep="\t", index=False)
    missed = [line for line in check_parity.contrasts(tmp_path) if line.difference > line.bound]
    assert [(line.part, line.matrix) for line in missed] == [("ql, treat 1, CB", "pairs")]
