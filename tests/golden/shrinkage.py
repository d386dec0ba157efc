"""Golden answers of AShrink 0.1.0 for adaptive shrinkage: `pip install ashrink==0.1.0`, then

    python tests/golden/shrinkage.py tests/golden

It is an implementation of its own, under the GPL, which its authors hold against R's ashr. Where
ashr is installed, `shrinkage.R` asks that on the same estimates and prints what differs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd


def main(folder: Path) -> None:
    """Write `shrinkage.tsv.gz` and the widths of its mixture."""
    from ashrink import fit  # type: ignore[import-not-found]

    rng = np.random.default_rng(20261130)
    truth = np.where(rng.uniform(size=1200) < 0.15, rng.normal(0, 1.2, 1200), 0.0)
    error = np.exp(rng.normal(-1.2, 0.5, 1200)).round(6)
    estimate = (truth + error * rng.standard_t(12, 1200)).round(6)
    answer = fit(estimate, error, family="normal", null_weight=10, tol=1e-12)
    table = pd.DataFrame(
        {
            "estimate": estimate,
            "error": error,
            "effect": answer.posterior_mean,
            "false_sign": answer.lfsr,
            "svalue": answer.svalue,
        }
    )
    write = {"sep": "\t", "index": False, "float_format": "%.12g"}
    compression = {"method": "gzip", "mtime": 0}
    table.to_csv(folder / "shrinkage.tsv.gz", compression=compression, **write)
    widths = pd.DataFrame({"width": np.asarray(answer.prior.scales)})
    widths = widths[widths["width"] > 0]
    widths.to_csv(folder / "shrinkage.widths.tsv.gz", compression=compression, **write)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
