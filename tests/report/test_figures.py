"""Figures of a run: in which order they are begun, and what they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resist_epi.report.figures import save_figures


def test_long_figures_are_begun_first_and_named_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def in_turn(work: Any, tasks: Any, *, jobs: int, done: Any) -> None:
        for stem in tasks:
            begun.append(stem)
            done(stem, [tmp_path / f"{stem}.png"])

    monkeypatch.setattr("resist_epi.report.figures.run_tasks", in_turn)
    wanted = [(stem, lambda: None) for stem in ("A.pca", "A.heatmap", "A.ma", "B.heatmap")]
    paths = save_figures(wanted, tmp_path, jobs=2)
    assert begun == ["A.heatmap", "B.heatmap", "A.pca", "A.ma"]
    assert [path.stem for path in paths] == ["A.pca", "A.heatmap", "A.ma", "B.heatmap"]
