"""Copies of files elsewhere: fetched once, whole or not there, and gone on with where cut off.

A copy stands at CACHE/ADDRESS/VERSION/NAME: ADDRESS a digest of the address, VERSION one of ETag
(else the time of the last change) and size. `origin.json` beside it says what it is, and is written
last: without it there is no copy.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from resist_epi.errors import InputFormatError
from resist_epi.io.clock import today
from resist_epi.io.digest import checksum
from resist_epi.io.lock import LockHeldError, folder_lock
from resist_epi.io.remote.address import identity, name_of, shown
from resist_epi.io.remote.origin import ORIGIN, read_origin
from resist_epi.io.remote.transport import (
    BROKEN,
    TRIES,
    NoAnswerError,
    RemoteState,
    ask,
    pause,
    refuse,
    remote_state,
)
from resist_epi.io.store import unwritable, write_text

logger = logging.getLogger(__name__)

_PART = ".part"  # behind the name of a file that is not whole yet

_CHUNK = 1 << 20

_OPTION = "--cache"  # by which another folder is chosen

_WAIT = 0.5  # seconds between two looks at a file that another process fetches


@dataclass(frozen=True)
class Fetched:
    """A copy of a file elsewhere.

    Attributes
    ----------
    received
        Bytes that came over the network for it just now.
    """

    path: Path
    received: int = 0


class _ChangedError(Exception):
    """The file is another one than when the fetch began."""


def default_cache() -> Path:
    """Where copies go unless it is said: `resist_epi/tracks` in the user's cache (XDG).

    Raises
    ------
    InputFormatError
        If the user has no home folder.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The specification lets a relative one count as none.
    try:
        base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        raise InputFormatError(
            "this user has no home folder in which files from elsewhere could be kept",
            remedy="name a folder for them by --cache",
        ) from None
    return base / "resist_epi" / "tracks"


def fetch(
    url: str, cache: str | Path | None = None, *, stop: Callable[[], bool] = lambda: False
) -> Fetched:
    """The copy of a file elsewhere, fetched unless it is there and its server has it unchanged.

    Where no server answers, a copy that is there is taken, and a warning says of when it is.

    Parameters
    ----------
    cache
        Folder of the copies; by default `default_cache`.
    stop
        Asked between two pieces; true ends the fetch, and what came by then is kept.

    Raises
    ------
    InputFormatError
        If there is no such file or no answer, the file changes again and again, the connection
        breaks as often, or the copy cannot be written.
    """
    place = (default_cache() if cache is None else Path(cache)) / identity(url)
    for _ in range(TRIES):
        try:
            state = remote_state(url)
        except NoAnswerError as error:
            return _offline(url, place, error)
        folder = place / state.version
        kept = _kept(folder) if state.known else None
        if kept is not None:
            return Fetched(kept)
        try:
            return _fetched_alone(state, folder, stop)
        except _ChangedError:
            logger.warning("%s: changed while it was fetched; fetched anew", shown(url))
    raise InputFormatError(
        "the file is changed again and again while it is fetched",
        path=url,
        remedy="try again when it is written no more",
    )


def _kept(folder: Path) -> Path | None:
    """The copy in a folder, if it is whole and as it was fetched."""
    try:
        about = read_origin(folder / ORIGIN)
        path = folder / os.path.basename(str(about.get("name", "")))
        if path.is_symlink() or not path.is_file():
            return None
        if checksum(path) == about.get("sha256"):
            return path
    except OSError:
        return None
    logger.warning("%s: the copy in the cache was changed; it is fetched anew", path)
    return None


def _offline(url: str, place: Path, error: NoAnswerError) -> Fetched:
    newest = sorted(place.glob(f"*/{ORIGIN}"), key=lambda p: p.stat().st_mtime_ns)
    for origin in reversed(newest):
        path = _kept(origin.parent)
        if path is not None:
            logger.warning(
                "%s: no answer; the copy fetched on %s is taken as it is",
                shown(url),
                read_origin(origin).get("fetched", "an unknown day"),
            )
            return Fetched(path)
    raise error


def _fetched_alone(state: RemoteState, folder: Path, stop: Callable[[], bool]) -> Fetched:
    """Fetch under a lock; whoever finds another at it waits for its copy."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, option=_OPTION) from error
    waited = False
    while True:
        try:
            with folder_lock(folder, option=_OPTION):
                kept = _kept(folder) if state.known else None
                return Fetched(kept) if kept is not None else _fetched(state, folder, stop)
        except LockHeldError:
            if stop():
                raise
            if not waited:
                logger.info("%s: another process fetches it; waiting", shown(state.url))
            waited = True
            time.sleep(_WAIT)


def _fetched(state: RemoteState, folder: Path, stop: Callable[[], bool]) -> Fetched:
    name = name_of(state.url)
    path, part = folder / name, folder / f"{name}{_PART}"
    if part.is_symlink():
        part.unlink()
    if not state.known:
        part.unlink(missing_ok=True)  # nothing says that the rest would be of the same file
    have = part.stat().st_size if part.is_file() else 0
    if state.size is not None:
        free = shutil.disk_usage(folder).free
        if state.size - have > free:
            raise InputFormatError(
                f"{state.size - have:,} bytes do not fit where {free:,} are free",
                path=state.url,
                remedy=f"name a folder of another disk by --cache (now {folder.parent.parent})",
            )
    if have:
        logger.info("%s: gone on with from byte %d", shown(state.url), have)
    received = _receive(state, part, stop)
    digest = checksum(part)
    if _is_same(folder, digest):  # left as it is: another process may be reading it
        part.unlink()
        return Fetched(path, received)
    try:
        os.replace(part, path)
    except OSError as error:
        raise unwritable(path, error, option=_OPTION) from error
    about = {
        "name": name,
        "url": shown(state.url),
        "etag": state.etag,
        "last_modified": state.modified,
        "size": path.stat().st_size,
        "sha256": digest,
        "fetched": today().isoformat(),
    }
    write_text(folder / ORIGIN, json.dumps(about, indent=1) + "\n", option=_OPTION)
    return Fetched(path, received)


def _is_same(folder: Path, digest: str) -> bool:
    """Whether a whole copy of this content is there."""
    kept = _kept(folder)
    return kept is not None and checksum(kept) == digest


def _receive(state: RemoteState, part: Path, stop: Callable[[], bool]) -> int:
    """Bring the part to its full length; the bytes that came."""
    received, failed, most = 0, 0, 0
    while True:
        have = part.stat().st_size if part.is_file() else 0
        if state.size is not None and have == state.size and (have or part.is_file()):
            return received
        if state.size is not None and have > state.size:
            part.unlink()
            have = 0
        came, whole = _piece(state, part, have, stop)
        received += came
        if whole:
            return received
        # A server without parts begins anew each time, and may never get further.
        there = part.stat().st_size
        most, failed = max(most, there), 0 if there > max(most, have) else failed + 1
        if failed >= TRIES:
            size = "an unknown number of" if state.size is None else f"{state.size:,}"
            raise InputFormatError(
                "the connection was cut off again and again",
                path=state.url,
                expected=f"{size} bytes",
                found=f"{there:,}",
                remedy="give the same command again: it goes on from there",
            )
        pause(failed)


def _come(body: IO[bytes]) -> bytes:
    """The next bytes of a body, as soon as there are any; none at its end."""
    read = getattr(body, "read1", body.read)
    data: bytes = read(_CHUNK)
    return data


def _piece(state: RemoteState, part: Path, have: int, stop: Callable[[], bool]) -> tuple[int, bool]:
    """Bytes of one answer, added to the part, and whether the file is whole."""
    headers = state.unchanged()
    if have:
        headers["Range"] = f"bytes={have}-"
    with ask(state.url, headers) as answer:
        said = answer.headers.get("Content-Range", "")
        wrong_part = answer.status == 206 and not said.lower().startswith(f"bytes {have}-")
        if answer.status in (412, 416) or not state.is_of(answer) or wrong_part:
            part.unlink(missing_ok=True)
            raise _ChangedError
        refuse(state.url, answer.status)
        state.refuse_packed(answer)
        if have and answer.status != 206:
            logger.info("%s: the server gives no parts; fetched anew", shown(state.url))
            have = 0
        length = answer.headers.get("Content-Length", "")
        came, ended = 0, False
        try:
            with open(part, "ab" if have else "wb") as stream:
                while True:
                    if stop():
                        raise InputFormatError("the fetch was stopped", path=state.url)
                    try:
                        # What has come by now: a slow server must not keep us from stopping.
                        data = _come(answer.body)
                    except BROKEN as error:
                        data = getattr(error, "partial", b"")
                        stream.write(data)
                        came += len(data)
                        break
                    if not data:
                        ended = True
                        break
                    stream.write(data)
                    came += len(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise unwritable(part, error, option=_OPTION) from error
    there = have + came
    if state.size is not None:
        told = ended and length.isdigit() and came == int(length)
        if there > state.size or (told and there != state.size):
            part.unlink(missing_ok=True)
            raise InputFormatError(
                "the server sent another length than it said",
                path=state.url,
                expected=f"{state.size:,} bytes",
                found=f"{there:,}",
                remedy="try again later, or ask who keeps the file",
            )
        return came, there == state.size
    # Of an unknown length the end of the answer is that of the file, unless it was cut off.
    return came, ended and (not length.isdigit() or came == int(length))
