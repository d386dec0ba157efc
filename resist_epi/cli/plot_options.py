"""What the command line of `resist-epi plot` says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PlotOptions:
    """What the command line says besides kind, table and output."""

    samples: Path | None = None
    mark: str | None = None
    label: str | None = None
    by: str | None = None
    gene: str | None = None
    region: str | None = None
    genome: str | None = None
    genes: Path | None = None
    set: str | None = None
    gene_sets: str | None = None
    results: Path | None = None
    arms: Path | None = None
    kmeans: int | None = None
    hierarchical: int | None = None
    sort: str | None = None
    cmap: str | None = None
    limits: list[str] | None = None
    beside: list[str] | None = None
    grouped: str | None = None
    unscaled: bool | None = None
    jobs: int | None = None

    def given(self, *names: str) -> dict[str, Any]:
        """Those of these options that were given."""
        return {n: v for n in names if (v := getattr(self, n)) is not None}
