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
    greylist = "greylist"


def command(
    kind: KindChoice = typer.Argument(
        ..., metavar="KIND", help="promoters, genes, peaks, bins, greylist (of the inputs)."
    ),
    output: Output = ...,  # type: ignore[assignment]
    samples: Path | None = typer.Option(None, "--samples", help="Sheet, for the peaks in it."),
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    bin_size: int = typer.Option(10_000, "--bin-size", min=1, help="Width of bins, bp."),
    min_overlap: MinOverlapOption = 2,
) -> None:
    """Write promoters, gene bodies, consensus peaks, bins, or where inputs are too high, as BED."""
    from resist_epi.io.peaks import write_bed
    from resist_epi.sheet_counts import regions_without_tracks

    if kind is KindChoice.greylist:
        from resist_epi.cli.messages import track_progress
        from resist_epi.control_files import sheet_greylist

        if samples is None:
            raise typer.BadParameter("a greylist is made from a sheet's inputs; give --samples")
        with track_progress(None) as progress:
            grey = sheet_greylist(samples, genome=genome, exclude=exclude, progress=progress)
        write_bed(grey, output)
        return
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
