"""A file elsewhere of which parts are read: aligned blocks of a megabyte, and the last few kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NoReturn

from resist_epi.errors import InputFormatError
from resist_epi.io.checked_file import CUT_SHORT, CheckedFile
from resist_epi.io.remote.transport import (
    BROKEN,
    TRIES,
    RemoteState,
    ask,
    pause,
    refuse,
    remote_state,
)

BLOCK = 1 << 20  # bytes

MOST_BLOCKS = 8  # of one request

KEPT = 48  # blocks, of all files together

_WHOLE = "give it to count or run, which fetch whole files, or download it"

# Of this process: what was asked and got stays good as long as the server has the same content,
# which every request asks for.
_states: dict[str, RemoteState] = {}

_blocks: OrderedDict[tuple[str, str, int, int], bytes] = OrderedDict()


class NoPartsError(InputFormatError):
    """A server that gives files whole or not at all, so that no part can be read."""


class RangedFile(CheckedFile):
    """A file elsewhere, read as `CheckedFile`, by requests for ranges of bytes.

    Every request is for the content that was there when the file was first opened (If-Match).

    Parameters
    ----------
    block
        Bytes of a block: what is asked for begins and ends at a multiple of it.

    Raises
    ------
    InputFormatError
        If there is no such file, no answer, or the server does not tell its size.
    """

    def __init__(self, url: str, *, block: int = BLOCK) -> None:
        self.path = url
        self._block = block
        self._wanted: set[int] = set()
        self._state = state_of(url)
        if self._state.size is None:
            raise InputFormatError(
                "the server does not say how long the file is, so no part of it can be read",
                path=url,
                expected="Content-Length",
                remedy=_WHOLE,
            )
        self.size = self._state.size

    def __exit__(self, *_: object) -> None:
        """Nothing is open between two requests."""

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Say what will be read, as (begin, end), so that neighbours come with one request."""
        self._wanted = {
            i
            for begin, end in ranges
            for i in range(begin // self._block, (max(end, begin + 1) - 1) // self._block + 1)
        }

    def read(self, offset: int, size: int, what: str) -> bytes:
        """As `CheckedFile.read`.

        Raises
        ------
        InputFormatError
            If the bytes do not lie inside the file, the file has changed, or the server fails.
        """
        if offset < 0 or size < 0 or offset + size > self.size:
            self.fail(
                f"the file ends before its {what}",
                offset=offset,
                expected=f"{size} bytes",
                found=f"{max(self.size - offset, 0)}",
                remedy=CUT_SHORT,
            )
        if not size:
            return b""
        first, last = offset // self._block, (offset + size - 1) // self._block
        parts = []
        at = first
        while at <= last:
            kept = self._kept(at)
            if kept is None:
                for i, data in enumerate(self._fetch(at, last), at):
                    self._keep(i, data)
                    if i <= last:
                        parts.append(data)
                        at = i + 1
            else:
                parts.append(kept)
                at += 1
        whole = parts[0] if len(parts) == 1 else b"".join(parts)
        begin = offset - first * self._block
        return whole[begin : begin + size]

    def _key(self, i: int) -> tuple[str, str, int, int]:
        return self._state.url, self._state.version, self._block, i

    def _kept(self, i: int) -> bytes | None:
        key = self._key(i)
        if key in _blocks:
            _blocks.move_to_end(key)
        return _blocks.get(key)

    def _keep(self, i: int, data: bytes) -> None:
        _blocks[self._key(i)] = data
        while len(_blocks) > KEPT:
            _blocks.popitem(last=False)

    def _fetch(self, first: int, last: int) -> list[bytes]:
        """Blocks from one that is missing: as far as is read now, or is expected next to it."""
        end = first + 1
        for i in range(first + 1, first + MOST_BLOCKS):
            if i * self._block >= self.size or self._key(i) in _blocks:
                break
            if i <= last or i in self._wanted:
                end = i + 1
            elif i + 1 not in self._wanted:  # a gap of one block is cheaper than a request
                break
        begin, stop = first * self._block, min(end * self._block, self.size)
        data = self._range(begin, stop)
        return [data[i : i + self._block] for i in range(0, len(data), self._block)]

    def _range(self, begin: int, end: int) -> bytes:
        """Bytes from `begin` to before `end`, asked for again where the connection breaks."""
        headers = {"Range": f"bytes={begin}-{end - 1}", **self._state.unchanged()}
        got = b""
        for attempt in range(TRIES):
            with ask(self._state.url, headers) as answer:
                if answer.status in (412, 416) or not self._state.is_of(answer):
                    self._changed()
                refuse(self._state.url, answer.status)
                if answer.status != 206:
                    raise NoPartsError(
                        "the server gives no parts of files",
                        path=self.path,
                        expected="status 206",
                        found=str(answer.status),
                        remedy=_WHOLE,
                    )
                self._state.refuse_packed(answer)
                said = answer.headers.get("Content-Range", "")
                if said.replace(" ", "").lower() != f"bytes{begin}-{end - 1}/{self.size}":
                    if not said.endswith(f"/{self.size}"):
                        self._changed()
                    self.fail(
                        "the server gave another part of the file than it was asked for",
                        expected=f"bytes {begin}-{end - 1}/{self.size}",
                        found=said,
                        remedy=_WHOLE,
                    )
                try:
                    got = answer.body.read(end - begin)
                except BROKEN:
                    got = b""
            if len(got) == end - begin:
                return got
            if attempt < TRIES - 1:
                pause(attempt)
        self.fail(
            "the connection was cut off again and again",
            offset=begin,
            expected=f"{end - begin} bytes",
            found=f"{len(got)}",
            remedy="try again later, or let count or run fetch the whole file",
        )

    def _changed(self) -> NoReturn:
        del _states[self._state.url]
        self.fail("the file was changed while it was read", remedy="give the same command again")


def state_of(url: str) -> RemoteState:
    """What the server said of a file when this process first asked.

    Raises
    ------
    InputFormatError
        If there is no such file, or no answer.
    """
    if url not in _states:
        _states[url] = remote_state(url)
    return _states[url]


def forget() -> None:
    """Forget what was asked and got, so that every file is asked for anew."""
    _states.clear()
    _blocks.clear()
