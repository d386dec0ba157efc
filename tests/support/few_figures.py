"""Runs that draw some of their figures: drawing is most of the time of a small run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from resist_epi.report import figures


def draw_only(patch: pytest.MonkeyPatch, *endings: str, dpi: int = 72) -> None:
    """Of a mark the figures whose names end so are drawn, and those of the study anyhow."""
    patch.setattr(figures, "DPI", dpi)
    draw = figures._figures

    def some(*mark: Any) -> Iterator[tuple[str, figures.Draw]]:
        return (figure for figure in draw(*mark) if figure[0].endswith(endings))

    patch.setattr(figures, "_figures", some)
