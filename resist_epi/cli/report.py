"""`resist-epi report`: a run's folder to one page."""

from __future__ import annotations

from pathlib import Path

import typer

NAME = "report"


def command(
    folder: Path = typer.Argument(..., metavar="DIR", help="The folder that `run` wrote."),
    output: Path | None = typer.Option(
        None, "--output", "-o", help="The page; default: report.html in the folder."
    ),
) -> None:
    """Write one self-contained HTML page on a finished run, from its tables."""
    from resist_epi.report.page import write_report

    write_report(folder, output)
