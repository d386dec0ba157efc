"""`resist-epi report`: a run's folder to one page."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import typer

from resist_epi.cli.options import own_link

NAME = "report"


def command(
    folder: Path = typer.Argument(..., metavar="DIR", help="The folder that `run` wrote."),
    output: Path | None = typer.Option(
        None,
        "--output",
        "-o",
        callback=own_link,
        help="The page; default: report.html in the folder.",
    ),
    pdf: bool = typer.Option(
        False, "--pdf", help="Draw the figures as PDF, too, beside PNG (300 dpi) and SVG."
    ),
    unlock: bool = typer.Option(
        False, "--unlock", help="Take the folder although another process seems to write it."
    ),
) -> None:
    """Write one self-contained HTML page on a finished run, from its tables."""
    from resist_epi.io.lock import folder_lock
    from resist_epi.io.store import refuse_linked_folders
    from resist_epi.report.figures import FORMATS, WITH_PDF
    from resist_epi.report.page import write_report

    refuse_linked_folders(folder)
    with folder_lock(folder, unlock=unlock) if folder.is_dir() else nullcontext():
        write_report(folder, output, formats=WITH_PDF if pdf else FORMATS)
