"""Which profiles a report shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from resist_epi.study.steps.profiles import MOST, shown_regions


def test_what_the_report_shows() -> None:
    n = 2000
    rng = np.random.default_rng(2)
    results = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": np.arange(n) * 10,
            "end": np.arange(n) * 10 + 5,
            "strand": "+",
            "region_id": [f"r{i}" for i in range(n)],
            "baseMean": np.where(np.arange(n) % 2, 1.0, 0.0),
            "stat": rng.normal(size=n),
            "direction": ["gain"] * 1000 + ["loss"] * 3 + ["none"] * 997,
        }
    )
    shown = shown_regions([results])
    assert shown["direction"].value_counts().to_dict() == {"gain": MOST, "none": MOST, "loss": 3}
    kept = set(shown.loc[shown["direction"] == "gain", "region_id"])
    stats = results.set_index("region_id")["stat"].abs()[:1000]
    assert stats[list(kept)].min() >= stats[~stats.index.isin(kept)].max()
    others = shown.loc[shown["direction"] == "none", "region_id"].str[1:].astype(int)
    assert (others % 2 == 1).all()
    assert shown_regions([results.iloc[:0]]).empty
