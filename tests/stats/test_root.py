"""A root is bracketed."""

from __future__ import annotations

import pytest

from resist_epi.stats.root import bracketed_root


@pytest.mark.parametrize("root", [0.1, 1.0, 1.9])
def test_root_is_bracketed(root) -> None:
    def curve(x: float) -> float:
        return (x - root) ** 3 + (x - root)

    found = bracketed_root(curve, 0.0, 2.0, values=(curve(0.0), curve(2.0)), tolerance=1e-10)
    assert found == pytest.approx(root, abs=1e-9)
