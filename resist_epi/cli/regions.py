"""`resist-epi regions`: the regions of a kind as BED."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from resist_epi.cli.options import (
    ExcludeOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MinOverlapOption,
    Output,
)

NAME = "regions"


class KindChoice(StrEnum):
    """Kinds of regions."""

    promoters = "promoters"
    genes = "genes"
    peaks = "peaks"
    bins = "bins"


def command(
    kind: KindChoice = typer.Argument(..., metavar="KIND", help="promoters, genes, peaks, bins."),
    output: Output = ...,  # type: ignore[assignment]
    samples: Path | None = typer.Option(None, "--samples", help="Sheet, for the peaks in it."),
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    bin_size: int = typer.Option(10_000, "--bin-size", min=1, help="Width of bins, bp."),
    min_overlap: MinOverlapOption = 2,
) -> None:
    """Write promoters, gene bodies, consensus peaks or bins as BED."""
    from resist_epi.io.peaks import write_bed
    from resist_epi.sheet_counts import regions_without_tracks

    table = regions_without_tracks(
        kind.value,
        samples=samples,
        mark=mark,
        genome=genome,
        genes=genes,
        exclude=exclude,
        bin_size=bin_size,
        min_overlap=min_overlap,
    )
    write_bed(table, output)
