"""R's golden answers, by scenario; `tests/golden/make_golden.R` wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SCENARIOS = ("dense", "sparse", "covariate", "outlier", "paired", "three")


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / f"{name}.tsv.gz", sep="\t")


@dataclass(frozen=True)
class Scenario:
    """One simulated matrix with R's answers; the contrast is the last coefficient."""

    name: str
    counts: npt.NDArray[np.float64]
    design: npt.NDArray[np.float64]
    answer: pd.DataFrame

    @property
    def contrast(self) -> npt.NDArray[np.float64]:
        return np.eye(self.design.shape[1])[-1]

    @property
    def library_sizes(self) -> npt.NDArray[np.float64]:
        """Effective library sizes with R's own TMM factors."""
        table = read("factors").query("scenario == @self.name and method == 'TMM'")
        return np.asarray(self.counts.sum(axis=0) * table["factor"].to_numpy())

    @property
    def log_cpm(self) -> npt.NDArray[np.float64]:
        return np.asarray(np.log2((self.counts + 0.5) / (self.library_sizes + 1) * 1e6))


def load(name: str) -> Scenario:
    return Scenario(
        name,
        read(f"{name}.counts").to_numpy(dtype=np.float64),
        read(f"{name}.design").to_numpy(dtype=np.float64),
        read(f"{name}.answer"),
    )
