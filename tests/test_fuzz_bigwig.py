"""A short run of the fuzzer: nothing crashes, hangs, swells or lies."""

from __future__ import annotations

from pathlib import Path

import fuzz_bigwig


def test_six_hundred_damaged_files(tmp_path: Path) -> None:
    outcomes, kinds, bad = fuzz_bigwig.fuzz(600, 3, tmp_path)
    assert bad == []
    assert sum(outcomes.values()) == 600
    assert set(kinds) == set(fuzz_bigwig.DAMAGES)
    assert sum(n for text, n in outcomes.items() if text.startswith("caught")) > 400
    checks = fuzz_bigwig.checks()
    assert len(checks) > 40
    assert len(fuzz_bigwig.missed(outcomes)) < len(checks) / 3
