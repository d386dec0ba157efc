"""`run.log`: what a run said, with the time, in its folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resist_epi.io.clock import source_date
from resist_epi.io.run_folder import run_path
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)


@contextmanager
def run_log(folder: Path, path: Path | None = None) -> Iterator[Path]:
    """Append the package's log lines to the log of a run's folder, until the block ends.

    Lines of earlier runs stay. Where the file cannot be written the run goes on without it, and
    this is said.

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
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
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


class _OneLine(logging.Formatter):
    """A record on one line, whatever is in a name."""

    def __init__(self, form: logging.Formatter) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(self._form.format(record).splitlines())
