"""`resist-epi check`: every problem of a study at once."""

from __future__ import annotations

import typer

from resist_epi.cli.options import Path, SheetArgument

NAME = "check"


def command(
    sheet: SheetArgument,
    output: Path | None = typer.Option(None, "--output", "-o", help="TSV; default: the terminal."),
) -> None:
    """Look at a sheet and every file it names; exit 1 if anything is an error."""
    from resist_epi.checking import check_study, has_errors
    from resist_epi.io.tables import write_table

    table = check_study(sheet)
    if output is not None:
        write_table(output, table)
    else:
        for row in table.itertuples():
            place = " ".join(filter(None, [row.sample, row.column, row.path]))
            print(f"{row.level}\t{place}\t{row.message}")
    if has_errors(table):
        raise typer.Exit(1)
