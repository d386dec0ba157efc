"""Inputs of ChIP: counts of both, and a sheet whose samples share two."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support import builders


def write_inputs(folder: Path) -> Path:
    """Two libraries that share one input, and one with its own, as bedGraph tracks."""
    rng = np.random.default_rng(1)
    for name in ("one", "two"):
        height = rng.gamma(30, 1, 2000)
        height[400:403] = 900
        lines = [f"chr1\t{i * 1000}\t{(i + 1) * 1000}\t{v:.3f}" for i, v in enumerate(height)]
        (folder / f"{name}.bedGraph").write_text("\n".join(lines) + "\n")
    rows = ["SampleID,Factor,Condition,Coverage,ControlCoverage"]
    rows += ["a,K,x,one.bedGraph,one.bedGraph\nb,K,y,one.bedGraph,one.bedGraph"]
    rows += ["c,K,y,one.bedGraph,two.bedGraph"]
    (folder / "sheet.csv").write_text("\n".join(rows) + "\n")
    return folder / "sheet.csv"


def chip_and_input(*, n: int = 6, seed: int = 1, marked: float = 0.2):  # type: ignore[no-untyped-def]
    """Bins with mark on a fifth of them; the first 50 regions are marked."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(10, 5, 4000)
    with_mark = rng.random(4000) < marked
    scale = rng.uniform(0.3, 2, n)
    chip = rng.poisson(scale * (level * (1 + 3 * with_mark))[:, None]).astype(float)
    control = rng.poisson(np.outer(level, np.ones(n))).astype(float)
    bins = builders.matrix(chip, quantity="reads")
    control_bins = builders.matrix(control, quantity="reads")
    inside = np.concatenate([np.flatnonzero(with_mark)[:50], np.flatnonzero(~with_mark)[:150]])
    regions = builders.matrix(chip[inside], quantity="reads", library_sizes=chip.sum(axis=0))
    of_regions = builders.matrix(control[inside], quantity="reads")
    return bins, control_bins, regions, of_regions, scale
