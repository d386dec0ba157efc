"""A sheet whose samples share two inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np


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
