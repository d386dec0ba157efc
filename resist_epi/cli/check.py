"""`resist-epi check`: every problem of a study at once."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import (
    ExcludeOption,
    GenesOption,
    GenomeOption,
    SegmentsOption,
    SheetArgument,
    own_link,
)

NAME = "check"


def command(
    sheet: SheetArgument,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    segments: SegmentsOption = None,
    output: Path | None = typer.Option(
        None, "--output", "-o", callback=own_link, help="TSV; default: the terminal."
    ),
) -> None:
    """Look at a sheet and every file it names; exit 1 if anything is an error."""
    from resist_epi.io.tables import write_table
    from resist_epi.study.check import check_study, has_errors
    from resist_epi.study.check_chromosomes import Beside

    table = check_study(sheet, beside=Beside(genome, genes, exclude, segments))
    if output is not None:
        write_table(output, table)
    else:
        for level, *place, message in table.to_numpy(dtype=str):
            print(level, " ".join(filter(None, place)), message, sep="\t")
    if has_errors(table):
        raise typer.Exit(1)
