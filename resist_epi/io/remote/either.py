"""A file that is here or elsewhere; what asks servers is loaded for addresses alone."""

from __future__ import annotations

from pathlib import Path

from resist_epi.io.checked_file import CheckedFile
from resist_epi.io.remote.address import is_remote


def checked_file(path: str | Path) -> CheckedFile:
    """A file opened for reading, here or elsewhere.

    Raises
    ------
    InputFormatError
        If it cannot be opened.
    """
    if not is_remote(path):
        return CheckedFile(path)
    from resist_epi.io.remote.ranged_file import RangedFile

    return RangedFile(str(path))


def remote_place(url: str) -> list[object]:
    """What changes with a file elsewhere, as far as its server says.

    Raises
    ------
    InputFormatError
        If there is no such file, or no answer.
    """
    from resist_epi.io.remote.ranged_file import state_of

    return [url, state_of(url).version]
