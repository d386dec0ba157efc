"""Binary files of which nothing is believed unchecked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from resist_epi.errors import InputFormatError
from resist_epi.io.store import unreadable

COPY_AGAIN = "the file is damaged: copy or download it again"

CUT_SHORT = "the file is cut short: copy or download it again"


class CheckedFile:
    """A file opened for reading whose every read is checked against its length.

    Plain reads, not a memory map: a map of a file that shrinks meanwhile kills the process.

    Raises
    ------
    InputFormatError
        If the file cannot be opened.
    """

    path: Path | str  # a text is the address of a file elsewhere
    size: int

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise unreadable(self.path, error) from error
        self.size = os.fstat(self._descriptor).st_size

    def __enter__(self) -> CheckedFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Say what will be read, as (begin, end); it matters to files elsewhere alone."""

    def read(self, offset: int, size: int, what: str) -> bytes:
        """`size` bytes at `offset`; `what` names them in the error.

        Raises
        ------
        InputFormatError
            If they do not lie inside the file, or the system cannot read them.
        """
        if offset < 0 or size < 0 or offset + size > self.size:
            raise InputFormatError(
                f"the file ends before its {what}",
                path=self.path,
                offset=offset,
                expected=f"{size} bytes",
                found=f"{max(self.size - offset, 0)}",
                remedy=CUT_SHORT,
            )
        try:
            data = os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise unreadable(self.path, error) from error
        if len(data) != size:
            self.fail(f"the {what} could not be read in full", offset=offset, remedy=CUT_SHORT)
        return data

    def fail(
        self,
        problem: str,
        *,
        offset: int | None = None,
        expected: object = None,
        found: object = None,
        remedy: str = COPY_AGAIN,
    ) -> NoReturn:
        """Raise the InputFormatError of this file."""
        raise InputFormatError(
            problem,
            path=self.path,
            offset=offset,
            expected=None if expected is None else str(expected),
            found=None if found is None else str(found),
            remedy=remedy,
        )
