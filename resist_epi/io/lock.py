"""One writer at a time: a lock on a folder, with host, process and a heartbeat."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread

from resist_epi.errors import InputFormatError
from resist_epi.io.store import host, parse_json, partial_name, unwritable

logger = logging.getLogger(__name__)

LOCK = ".resist-epi.lock"

BEAT = 30.0  # seconds between two signs of life

DEAD_AFTER = 600.0  # seconds without one

_TRIES, _PAUSE = 20, 0.05  # while another process has made the file and not yet written into it

# What file systems answer that know no locks: the file's content alone decides there.
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}


@dataclass(frozen=True)
class Holder:
    """Who holds a folder.

    Attributes
    ----------
    host, pid
        The computer and its process.
    since
        When it took the folder, with the time zone.
    started
        When the process began, as the system counts it; empty where that cannot be told.
    """

    host: str
    pid: int
    since: str
    started: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"

    def is_dead(self, silent: float) -> bool:
        """Whether it holds nothing any more.

        Parameters
        ----------
        silent
            Seconds since its last beat.
        """
        if silent > DEAD_AFTER:
            return True
        if self.host != host():
            return False
        return not is_running(self.pid) or self.started not in ("", _started(self.pid))


def is_running(pid: int) -> bool:
    """Whether this computer has such a process."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Clock ticks from the system's start to the process's, from /proc; empty elsewhere."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


@contextmanager
def folder_lock(
    folder: str | Path, *, name: str = LOCK, unlock: bool = False, option: str = "-o"
) -> Iterator[Callable[[], None]]:
    """Hold a folder, or what one of its locks stands for, while the block runs.

    A lock is dead when its process is gone from this computer, or when it has shown no sign of life
    for ten minutes; it is then taken over, and the log says so.

    Parameters
    ----------
    folder
        Must be there.
    name
        Of the lock's file.
    unlock
        Take it, whoever holds it.
    option
        By which another folder is chosen.

    Yields
    ------
    callable
        Raises where another process has taken the folder over meanwhile.

    Raises
    ------
    LockHeldError
        If another process holds the folder.
    InputFormatError
        If it cannot be written.
    """
    path = Path(folder) / name
    try:
        descriptor = _take(path, unlock=unlock)
    except OSError as error:
        raise unwritable(path, error, option=option) from error
    stop = Event()
    beat = Thread(target=_beat, args=(path, descriptor, stop), name="lock", daemon=True)
    beat.start()
    try:
        yield partial(_still_ours, path, descriptor)
    finally:
        stop.set()
        beat.join()
        if _is_at(descriptor, path):
            with suppress(OSError):
                path.unlink()
        os.close(descriptor)


def _take(path: Path, *, unlock: bool) -> int:
    """Descriptor of the lock's file, which is ours from now on."""
    tries = 0
    while True:
        if path.is_symlink():
            path.unlink()  # a link is never written through
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            alone = _lock(descriptor)
            if not _is_at(descriptor, path):
                raise _AgainError
            silent = _folder_time(path) - os.fstat(descriptor).st_mtime
            text = os.pread(descriptor, 10_000, 0)
            holder = _read(text)
            young = holder is None and silent <= DEAD_AFTER and (bool(text) or not alone)
            if young and not unlock:
                if tries < _TRIES:
                    raise _AgainError
                raise _held(path, "another process")
            if holder is not None and not unlock and not holder.is_dead(silent):
                raise _held(path, str(holder))
            if not alone and tries < _TRIES:
                raise _AgainError  # whoever has the file open may be writing its name into it
            if holder is not None:
                why = "asked to" if unlock else "it is gone, or was silent for ten minutes"
                place = path.parent if path.name == LOCK else path
                logger.warning("%s: the lock of %s is taken over (%s)", place, holder, why)
            if not alone:
                # A child of the dead process, or one that hangs, has the file open still.
                path.unlink(missing_ok=True)
                raise _AgainError
            _sign(path, descriptor)
        except _AgainError:
            os.close(descriptor)
            tries += 1
            time.sleep(_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor


def _sign(path: Path, descriptor: int) -> None:
    """Write into the lock's file who holds it."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    mine = {"host": host(), "pid": os.getpid(), "since": now}
    content = json.dumps({**mine, "started": _started(os.getpid())}) + "\n"
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content.encode(), 0)
        os.fsync(descriptor)
    except OSError:  # as of a full disk: nobody holds it
        path.unlink(missing_ok=True)
        raise


class LockHeldError(InputFormatError):
    """Another process holds what was to be locked."""


class _AgainError(Exception):
    """The file was exchanged or is being written: look at it once more."""


def _held(path: Path, by: str) -> LockHeldError:
    if path.name != LOCK:
        return LockHeldError(
            f"another process does this already: {by}",
            path=path,
            remedy="wait for it; if it is no more, give --unlock",
        )
    return LockHeldError(
        f"another run writes this folder: {by}",
        path=path.parent,
        remedy="wait for it, or choose another folder; if it is no more, give --unlock",
    )


def _lock(descriptor: int) -> bool:
    """Whether no other process of this computer has the file; the system frees it at our end."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file still stands under its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def _folder_time(path: Path) -> float:
    """Time by the clock that stamps the folder's files, which may be another computer's."""
    probe = path.with_name(partial_name("clock"))
    try:
        probe.touch()
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _read(text: bytes) -> Holder | None:
    try:
        found = parse_json(text)
        names = [str(found[key])[:100] for key in ("host", "since", "started")]
        return Holder(names[0], int(found["pid"]), names[1], names[2])
    except (ValueError, TypeError, KeyError):
        return None


def _still_ours(path: Path, descriptor: int) -> None:
    if not _is_at(descriptor, path):
        whole = path.name == LOCK
        raise InputFormatError(
            f"another run has taken this {'folder' if whole else 'work'} over meanwhile",
            path=path.parent if whole else path,
            remedy="let that one finish, or choose another folder",
        )


def _beat(path: Path, descriptor: int, stop: Event) -> None:
    while not stop.wait(BEAT):
        with suppress(OSError):
            os.utime(descriptor)
