"""Paths of Windows, which this system takes for odd names of files that are not there."""

from __future__ import annotations

import re
from pathlib import Path

from resist_epi.errors import InputFormatError

# What a shell leaves of C:\data\a.bw, which loses its backslashes there, and of \\server\share.
_WINDOWS = re.compile(r"[A-Za-z]:|\\")

AS_HERE = "write it as this system does, with / between folders; under WSL, C:\\ is /mnt/c/"


def refuse_windows_path(written: str | Path, path: Path | None = None) -> None:
    r"""Refuse an input that looks like a path of Windows, where no file of that name is there.

    Parameters
    ----------
    written
        As the user gave it.
    path
        Where it leads from here; as written if absent.

    Raises
    ------
    InputFormatError
        With how to write it.

    Examples
    --------
    >>> refuse_windows_path("data/a.bw")
    >>> refuse_windows_path(r"C:\data\a.bw")
    Traceback (most recent call last):
    ...
    resist_epi.errors.InputFormatError: C:\data\a.bw: looks like a path of Windows, ...
    """
    if _WINDOWS.match(str(written)) and not (path or Path(written)).exists():
        raise InputFormatError(
            "looks like a path of Windows, and there is no such file here",
            path=written,
            remedy=AS_HERE,
        )
