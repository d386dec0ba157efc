"""What the command line says: log lines and errors on stderr."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def set_up_logging(*, quiet: bool = False) -> None:
    """Send the package's own log lines to stderr, plain, one a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter())
    handler.addFilter(_Once())
    logger = logging.getLogger("resist_epi")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.WARNING if quiet else logging.INFO)


class _Once(logging.Filter):
    """A warning is said once, although it holds for the promoters, bodies and peaks of a mark."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        repeated = record.levelno == logging.WARNING and text in self.said
        self.said.add(text)
        return not repeated


def keep_libraries_quiet() -> None:
    """Keep what libraries say to programmers off the terminal, unless Python was asked for it.

    That is warnings with a line of source, and log lines of libraries that nobody takes.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        return _as_text(f"resist-epi: {prefix}{' '.join(record.getMessage().splitlines())}")


def show_error(text: str, *, code: int = 1) -> int:
    """Print an error to stderr and return the exit code."""
    print(_as_text(f"resist-epi: error: {text}"), file=sys.stderr)
    return code


def _as_text(message: str) -> str:
    """A message in which bytes of file names that are no text are shown by their numbers."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def track_progress(total: int | None, *, what: str = "counting") -> Iterator[Callable[[str], None]]:
    """What to call with a text when a track is done: a bar on a terminal, plain lines elsewhere.

    Parameters
    ----------
    total
        How many calls will come; None where that is not known in advance.
    what
        What is done, before the first call.
    """
    logger = logging.getLogger("resist_epi")
    if not sys.stderr.isatty() or not logger.isEnabledFor(logging.INFO):
        yield logger.info
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def advance(text: str) -> None:
            bar.update(task, advance=1, description=text)

        yield advance
