"""A sheet whose files lie elsewhere, with copies of them that are here."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pandas as pd

from resist_epi.errors import InputFormatError, ResistEpiError, SampleSheetError
from resist_epi.io.first_bytes import NEITHER, first_bytes
from resist_epi.io.progress import begin
from resist_epi.io.remote.address import is_remote, shown
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.tracks.open import is_bigwig

logger = logging.getLogger(__name__)

AT_ONCE = 4  # files that are fetched at one time

_PATIENCE = 2.0  # seconds for fetches that are stopped to keep what has come

_TRACKS = ("Coverage", "ControlCoverage")


def stage_sheet(
    sheet: SampleSheet,
    cache: str | Path | None = None,
    *,
    columns: Sequence[str] = PATH_COLUMNS,
    only: Collection[str] | None = None,
    parts: bool = False,
    progress: Callable[[str], None] | None = None,
) -> SampleSheet:
    """Fetch every file of a sheet that lies elsewhere (http, https or s3) into a cache.

    A copy that is there, and that its server has unchanged, is not fetched again; one that was cut
    off is gone on with. A sheet whose files are all here is given back as it is.

    Parameters
    ----------
    cache
        Folder of the copies; by default `resist_epi/tracks` in the user's cache.
    columns
        Whose files are fetched.
    only
        Addresses that are fetched, where it is not all; the others stay as they are.
    parts
        Leave bigWigs where they are, as parts of them will be read.
    progress
        Called with a line whenever a file is here.

    Returns
    -------
    SampleSheet
        The same rows, with the paths of the copies.

    Raises
    ------
    SampleSheetError
        With every file that cannot be had, by row and address, and the remedy.

    Examples
    --------
    >>> import pandas as pd
    >>> from resist_epi.samples.sheet import make_sheet
    >>> rows = {"SampleID": ["a"], "Factor": "ER", "Condition": "x", "Coverage": "a.bw"}
    >>> sheet = make_sheet(pd.DataFrame(rows))
    >>> stage_sheet(sheet) is sheet
    True
    """
    first = remote_cells(sheet, columns)
    if only is not None:
        first = {url: cell for url, cell in first.items() if url in only}
    if not first:
        return sheet
    begin(progress, "fetching files", len(first))
    here: dict[str, str] = {}
    problems: list[str] = []
    received = fetched = 0
    with _fetching({url: column for url, (_, column) in first.items()}, cache, parts) as waiting:
        for url, (sample, column) in first.items():
            try:
                here[url], came = waiting[url].result()
            except ResistEpiError as error:
                problems.append(f"row of {sample!r}, column {column}: {error}")
                continue
            received, fetched = received + came, fetched + (came > 0)
            if progress is not None:
                progress(f"{shown(url)}: here")
    if problems:
        raise SampleSheetError(sheet.path, problems)
    copies = sum(here[url] != url for url in here)
    if copies:
        logger.info(
            "%d files from elsewhere: %d fetched (%s MB), %d in the cache and unchanged",
            copies,
            fetched,
            f"{received / 1e6:,.1f}",
            copies - fetched,
        )
    table = sheet.table.copy()
    for column in columns:
        if column in table:
            paths = [here.get(str(path), path) for path in table[column]]
            # Names of files may hold what no Arrow string can.
            table[column] = pd.Series(paths, index=table.index, dtype=object)
    return replace(sheet, table=table)


@contextmanager
def _fetching(
    columns: Mapping[str, str], cache: str | Path | None, parts: bool
) -> Iterator[dict[str, Future[tuple[str, int]]]]:
    """Fetch addresses while the block runs, a few at one time; address -> what `_here` gives.

    Its threads keep nobody waiting, as those of a pool would: where the block is left by an error
    or by Control-C, one may hear nothing from its server for minutes.
    """
    stop = Event()
    found: dict[str, Future[tuple[str, int]]] = {url: Future() for url in columns}
    waiting = deque(columns)

    def fetch_on() -> None:
        while not stop.is_set():
            try:
                url = waiting.popleft()
            except IndexError:
                return
            try:
                found[url].set_result(_here(url, columns[url], cache, parts, stop))
            except BaseException as error:  # noqa: BLE001 - whoever waits raises it
                found[url].set_exception(error)

    threads = [
        Thread(target=fetch_on, name="fetch", daemon=True)
        for _ in range(min(AT_ONCE, len(columns)))
    ]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        stop.set()
        end = time.monotonic() + _PATIENCE
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))


def columns_counted(sheet: SampleSheet, quantity: str) -> tuple[str, ...]:
    """Columns whose files are read to count in a quantity: tracks, or reads, not both."""
    return _but(sheet, quantity == "reads" or (quantity == "auto" and _filled(sheet, "bamReads")))


def columns_drawn(sheet: SampleSheet) -> tuple[str, ...]:
    """Columns whose files are read to show signal: tracks where there are any, else reads."""
    tracks = "Coverage" in sheet.table and bool((sheet.table["Coverage"] != "").any())
    return tuple(c for c in _but(sheet, not tracks) if "ontrol" not in c)


def _filled(sheet: SampleSheet, column: str) -> bool:
    return column in sheet.table and bool((sheet.table[column] != "").all())


def _but(sheet: SampleSheet, of_reads: bool) -> tuple[str, ...]:
    left_out = ("Coverage",) if of_reads else ("bamReads", "bamControl")
    return tuple(c for c in PATH_COLUMNS if c in sheet.table and c not in left_out)


def remote_cells(
    sheet: SampleSheet, columns: Sequence[str] = PATH_COLUMNS
) -> dict[str, tuple[str, str]]:
    """Address -> the sample and column that name it first."""
    found: dict[str, tuple[str, str]] = {}
    for column in columns:
        for sample, path in zip(sheet.samples, sheet.table.get(column, ()), strict=False):
            if is_remote(str(path)):
                found.setdefault(str(path), (sample, column))
    return found


def _here(
    url: str, column: str, cache: str | Path | None, parts: bool, stop: Event
) -> tuple[str, int]:
    """Path of the copy, or the address where parts of it are read; and the bytes that came."""
    from resist_epi.io.remote.cache import fetch  # asks servers, which most studies never do

    if parts and column in _TRACKS and is_bigwig(url):
        return url, 0
    found = fetch(url, cache, stop=stop.is_set)
    start = first_bytes(found.path)
    for magic, kind, remedy in NEITHER:
        if start.startswith(magic):
            raise InputFormatError(f"this is {kind}, no file of a sheet", path=url, remedy=remedy)
    return str(found.path), found.received
