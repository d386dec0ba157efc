"""`resist-epi count`: tracks and regions to a matrix."""

from __future__ import annotations

from enum import StrEnum

import typer

from resist_epi.cli.options import (
    ExcludeOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MinOverlapOption,
    Output,
    SheetArgument,
)

NAME = "count"


class QuantityChoice(StrEnum):
    """Quantities that tracks can give."""

    auto = "auto"
    reads = "reads"
    recovered_reads = "recovered_reads"
    mean_signal = "mean_signal"
    coverage_sum = "coverage_sum"


def command(
    sheet: SheetArgument,
    output: Output,
    regions: str = typer.Option(
        ..., "--regions", help="promoters, genes, peaks, bins, or a BED file."
    ),
    quantity: QuantityChoice = typer.Option(
        QuantityChoice.auto, "--quantity", help="auto takes what the tracks allow."
    ),
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    min_overlap: MinOverlapOption = 2,
) -> None:
    """Count every track of a sheet in every region; Parquet, or TSV by the name's ending."""
    from resist_epi.cli.messages import track_progress
    from resist_epi.io.sheet import read_sheet
    from resist_epi.io.tables import check_counts_path, write_counts
    from resist_epi.sheet_counts import count_sheet, one_mark

    check_counts_path(output)
    rows = one_mark(read_sheet(sheet), mark, needed=False)
    with track_progress(len(rows.samples)) as progress:
        matrix = count_sheet(
            rows,
            regions,
            quantity=quantity.value,
            genome=genome,
            genes=genes,
            exclude=exclude,
            min_overlap=min_overlap,
            progress=progress,
        )
    write_counts(output, matrix)
