"""`run.log`: what a run said, with the time, in its folder."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from resist_epi.io.clock import source_date
from resist_epi.io.run_folder import run_path
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)


@contextmanager
def run_log(folder: Path, path: Path | None = None) -> Iterator[Path]:
    """Append the package's log lines to the log of a run's folder, until the block ends.

    Lines of earlier runs stay. Where the file cannot be written, from the first or from some line
    on, the run goes on without it, and this is said.

    Parameters
    ----------
    path
        Another file of the folder, in which they stand instead; its own folder is made.

    Yields
    ------
    Path
        The file.

    Raises
    ------
    InputFormatError
        If `SOURCE_DATE_EPOCH` is no time.
    """
    fixed = source_date()
    path = run_path(folder, "log") if path is None else path
    package = logging.getLogger("resist_epi")
    try:
        if path.is_symlink():
            raise OSError("it is a link")
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Lines(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        logger.warning("no log is written to %s: %s", path, error.strerror or error)
        yield path
        return
    form = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    if fixed is not None:
        form.converter = lambda _: time.gmtime(fixed.timestamp())
    handler.setFormatter(_OneLine(form))
    began = time.monotonic()
    package.addHandler(handler)
    logger.debug("resist_epi %s in %s", VERSION, folder)
    try:
        yield path
    except BaseException as error:
        logger.debug("stopped after %.0f s: %s", time.monotonic() - began, error)
        raise
    else:
        logger.debug("done after %.0f s", time.monotonic() - began)
    finally:
        package.removeHandler(handler)
        handler.close()


class _Lines(logging.FileHandler):
    """A file that nothing more is written to once a line could not be, as on a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in logging
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        logging.getLogger("resist_epi").removeHandler(self)
        self.close()
        logger.warning("no more is written to %s: %s", self.baseFilename, error.strerror or error)

    def close(self) -> None:
        """Close it; what a full disk does not take of the last lines is lost."""
        with suppress(OSError):
            super().close()


class _OneLine(logging.Formatter):
    """A record on one line, whatever is in a name."""

    def __init__(self, form: logging.Formatter) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(self._form.format(record).splitlines())
