"""`--jobs N|auto`, the same at every verb that has it."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

logger = logging.getLogger(__name__)


def number_of_jobs(text: str | int) -> int:
    """Processes as `--jobs` names them; `auto` is what scheduler, container and system allow."""
    if text == "auto":
        from resist_epi.io.processors import allowed_processors

        found = allowed_processors()
        logger.info("--jobs auto: %d, by %s", found.number, found.source)
        return found.number
    if isinstance(text, str) and not (text.isascii() and text.isdigit() and len(text) < 8):
        raise typer.BadParameter(f"{text[:40]!r} is no number of processes, and not auto")
    if int(text) < 1:
        raise typer.BadParameter(f"{text} processes do nothing: at least 1, or auto")
    return int(text)


JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs",
        parser=number_of_jobs,
        metavar="N|auto",
        help="Processes; auto is what the scheduler or container allows. No result depends on it.",
    ),
]
