"""What the command line says: log lines and errors on stderr, and a bar while it works."""

from __future__ import annotations

import logging
import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PREFIX = "resist-epi: "

NARROWEST = 40  # columns of a terminal into which lines are still folded


def set_up_logging(*, quiet: bool = False, verbose: bool = False) -> None:
    """Send the package's own log lines to stderr; all of them reach the log of a run.

    Parameters
    ----------
    quiet
        Show warnings and errors only.
    verbose
        Show what is for the curious, too. Who asks for both gets both: quiet is forgotten.
    """
    handler = _Lines()
    handler.addFilter(_Once())
    shown = logging.WARNING if quiet else logging.INFO
    handler.setLevel(logging.DEBUG if verbose else shown)
    logger = logging.getLogger("resist_epi")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)


class _Once(logging.Filter):
    """A line is said once, although it holds for the promoters, bodies and peaks of each mark."""

    def __init__(self) -> None:
        super().__init__()
        self.said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        repeated = record.levelno <= logging.WARNING and text in self.said
        self.said.add(text)
        return not repeated


def keep_libraries_quiet() -> None:
    """Keep what libraries say to programmers off the terminal, unless Python was asked for it.

    That is warnings with a line of source, and log lines of libraries that nobody takes.
    """
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())


class _Lines(logging.Handler):
    """Log lines on stderr: above a bar where there is one, folded at words on a terminal."""

    bar: Progress | None = None

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        text = _as_text(f"{PREFIX}{prefix}{' '.join(record.getMessage().splitlines())}")
        try:
            if self.bar is not None:
                # The bar is taken away, the line written, and the bar drawn below it.
                self.bar.console.print(folded(text), markup=False, highlight=False, soft_wrap=True)
            else:
                print(folded(text) if sys.stderr.isatty() else text, file=sys.stderr)
        except (OSError, ValueError):
            self.handleError(record)


def folded(text: str, width: int | None = None) -> str:
    """A line folded at words into the terminal, what goes on indented; paths stay whole.

    Examples
    --------
    >>> print(folded("resist-epi: one two three four five six seven eight", 40))
    resist-epi: one two three four five six
                seven eight
    """
    width = shutil.get_terminal_size().columns if width is None else width
    if width < NARROWEST:
        return text
    return textwrap.fill(
        text,
        width,
        subsequent_indent=" " * len(PREFIX),
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )


def show_error(text: str, *, code: int = 1) -> int:
    """Print an error to stderr and return the exit code."""
    line = _as_text(f"{PREFIX}error: {text}")
    print(folded(line) if sys.stderr.isatty() else line, file=sys.stderr)
    return code


def _as_text(message: str) -> str:
    """A message in which bytes of file names that are no text are shown by their numbers."""
    return message.encode("utf-8", "backslashreplace").decode("utf-8")


class Told:
    """Progress in plain lines: each thing that is done is one, a kind of work that begins none."""

    def __call__(self, text: str, /) -> None:
        """One thing is done."""
        logging.getLogger("resist_epi").info(text)

    def stage(self, what: str, total: int | None = None) -> None:
        """A kind of work begins."""


class Bar:
    """Progress as a bar on a terminal: one for each kind of work, gone when that has ended.

    Parameters
    ----------
    bar
        Where it is drawn.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def __call__(self, text: str, /) -> None:
        """One thing is done."""
        if self._task is None:
            return
        task = next(t for t in self._bar.tasks if t.id == self._task)
        count = f"{task.completed + 1:.0f} of {task.total:.0f}" if task.total else ""
        self._bar.update(self._task, advance=1, now=_short(text), count=count)

    def stage(self, what: str, total: int | None = None) -> None:
        """A kind of work begins, and the bar of the one before goes."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=total or None, now="", count="")


_LONGEST_NOW = 30  # characters of what was done last, beside the bar


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NOW else f"{text[: _LONGEST_NOW - 1]}…"


@contextmanager
def track_progress(total: int | None, *, what: str = "counting") -> Iterator[Told | Bar]:
    """What to call with a text when a thing is done: a bar on a terminal, plain lines elsewhere.

    Parameters
    ----------
    total
        How many calls will come before the next stage; None where that is not known in advance.
    what
        What is done first.
    """
    lines = next((h for h in logging.getLogger("resist_epi").handlers if type(h) is _Lines), None)
    if not sys.stderr.isatty() or lines is None or lines.level > logging.INFO:
        yield Told()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"),
        Elapsed(),
        TextColumn("{task.fields[now]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        lines.bar = bar
        told = Bar(bar)
        told.stage(what, total)
        try:
            yield told
        finally:
            lines.bar = None
