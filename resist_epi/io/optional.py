"""Libraries that come with an extra: loaded where they are used, or the line that installs them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from resist_epi.errors import MissingDependencyError


def optional_library(name: str, *, extra: str, what: str) -> Any:
    """The module of a library that not every installation has.

    Parameters
    ----------
    extra
        Of this package, with which the library is installed.
    what
        What needs it, in words.

    Raises
    ------
    MissingDependencyError
        With the line that installs it.

    Examples
    --------
    >>> optional_library("json", extra="excel", what="a workbook").loads("[1]")
    [1]
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{what} needs {name}, which is not installed; install it with"
            f" pip install 'resist_epi[{extra}]'"
        ) from error
