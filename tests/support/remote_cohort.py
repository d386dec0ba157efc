"""Two small groups whose bigWigs are served over HTTP."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.tracks.bigwig.track import write_bigwig
from tests.support.range_server import RangeServer

CHROMS = {"chr1": 60_000, "chr2": 40_000}


def write_track(path: Path, seed: int) -> Path:
    """A bigWig of signal in 20-bp steps."""
    rng = np.random.default_rng(seed)

    def runs(chrom: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        starts = np.arange(0, CHROMS[chrom], 20)
        return starts, starts + 20, rng.gamma(2.0, 2.0, starts.size).astype(np.float32)

    write_bigwig(path, CHROMS, runs)
    return path


def served_sheet(folder: Path, server: RangeServer, n: int = 4) -> tuple[Path, Path]:
    """A sheet of addresses, and the same of paths."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(n):
        path = write_track(folder / f"T{i}.bw", i)
        url = server.put(f"T{i}.bw", path.read_bytes())
        rows.append([f"T{i}", "H3K27me3", "good" if i < n // 2 else "poor", url, path.name])
    table = pd.DataFrame(rows, columns=["SampleID", "Factor", "Condition", "Coverage", "local"])
    there, here = folder / "there.csv", folder / "here.csv"
    table.drop(columns="local").to_csv(there, index=False)
    table.drop(columns="Coverage").rename(columns={"local": "Coverage"}).to_csv(here, index=False)
    return there, here
