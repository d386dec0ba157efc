"""Rounds of TMM hold the rate where plain TMM does not; the page has every cell."""

from __future__ import annotations

import numpy as np
from calibrate_composition import as_markdown, calibrate, measure


def test_one_sided_changes() -> None:
    rounds, plain = (
        [measure(12, 0.4, 0.95, name, seed) for seed in range(3)] for name in ("tmm_rounds", "tmm")
    )
    assert np.mean([m["fdr"] for m in rounds]) < 0.07
    assert np.mean([m["fdr"] for m in plain]) > 0.15
    assert abs(np.mean([m["shift"] for m in rounds])) < 0.1


def test_the_page_has_a_row_a_cell() -> None:
    table = calibrate({6: 1}, ("tmm",))
    lines = as_markdown(table).splitlines()
    assert len(lines) == 2 + 1 + 3 * 4 + 2 * 2
    assert len({line.count("|") for line in lines}) == 1
