"""edgeR, limma and DESeq2 for `calibrate.py`: one R process that answers for many cohorts."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from calibration_cohorts import Cohort

from resist_epi.counting.matrix import CountMatrix
from resist_epi.model.linear_models import log_level

# Peers see the matrix that ours see; on signal, count tests get the reads beneath it.
PEERS: Mapping[str, tuple[str, ...]] = {
    "reads": ("edger_ql", "limma_trend", "deseq2"),
    "mean_signal": ("limma_trend_level", "edger_ql"),
}
SLOW: Mapping[str, tuple[str, ...]] = {"reads": ("deseq2",), "mean_signal": ("edger_ql",)}


class Peers:
    """An R process.

    Parameters
    ----------
    folder
        Where matrices and answers are exchanged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            ["Rscript", str(Path(__file__).with_name("calibrate_peers.R"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(
        self, method: str, cohort: Cohort, matrix: CountMatrix, tested: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """P, adjusted P and log2 fold change, each (n_regions,), NaN where not tested.

        Raises
        ------
        RuntimeError
            If R ended, which says why on standard error.
        """
        sizes = cohort.reads.sum(axis=0) * np.asarray(matrix.size_factors)
        values = cohort.reads
        if method == "limma_trend_level":
            values, _ = log_level(matrix, tested)
        n, s = int(tested.sum()), values.shape[1]
        good = int((cohort.sheet.table["Condition"] == "good").sum())
        asked, answer = self.folder / "values.bin", self.folder / "answer.bin"
        np.ascontiguousarray(values[tested]).tofile(asked)
        sizes.tofile(self.folder / "sizes.bin")
        self._request(method, asked, n, s, self.folder / "sizes.bin", answer, good)
        found = np.full((3, len(tested)), np.nan)
        found[:, tested] = np.fromfile(answer).reshape(3, n)
        return found[0], found[1], found[2]

    def _request(self, method: str, *others: object) -> None:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("R was started without pipes")
        self.process.stdin.write("\t".join(map(str, (method, *others))) + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != "done":
            raise RuntimeError(f"R gave no answer for {method}; its message stands above")

    def close(self) -> None:
        """End the process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()
