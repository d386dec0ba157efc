"""A short run of the fuzzer: nothing crashes, hangs, swells or lies."""

from __future__ import annotations

from pathlib import Path

import fuzz_bigwig
import numpy as np


def test_six_hundred_damaged_files(tmp_path: Path) -> None:
    outcomes, kinds, bad = fuzz_bigwig.fuzz(600, 3, tmp_path)
    assert bad == []
    assert sum(outcomes.values()) == 600
    assert set(kinds) == set(fuzz_bigwig.DAMAGES)
    assert sum(n for text, n in outcomes.items() if text.startswith("caught")) > 400
    checks = fuzz_bigwig.checks()
    assert len(checks) > 40
    assert len(fuzz_bigwig.missed(outcomes)) < len(checks) / 3


def test_most_damaged_files_begin_as_a_bigwig_does(tmp_path: Path) -> None:
    seeds = fuzz_bigwig.seeds(tmp_path)
    weights = np.array([weight for _, weight in fuzz_bigwig.DAMAGES.values()])
    kinds = np.random.default_rng(0).choice(
        list(fuzz_bigwig.DAMAGES), 400, p=weights / weights.sum()
    )
    starts = [fuzz_bigwig.mutant(i, str(kind), seeds)[:4] for i, kind in enumerate(kinds)]
    assert np.mean([s in {fuzz_bigwig.MAGIC, fuzz_bigwig.MAGIC[::-1]} for s in starts]) > 0.9
