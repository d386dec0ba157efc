"""Where a copy in a cache is from: the record that stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resist_epi.io.remote.address import is_remote, shown
from resist_epi.io.store import parse_json

ORIGIN = "origin.json"

_LONGEST = 100_000  # characters


def origin_of(path: str | Path) -> str | None:
    """Address of which a file is the copy, as it may be shown; None of any other file."""
    beside = Path(path).parent / ORIGIN
    try:
        about = read_origin(beside)
    except OSError:
        return None
    return str(about["url"]) if about.get("name") == Path(path).name and "url" in about else None


def shown_address(path: str) -> str | None:
    """Address of a file elsewhere, or of one that is a copy, as it may be shown."""
    return shown(path) if is_remote(path) else origin_of(path)


def read_origin(path: Path) -> dict[str, Any]:
    """What the record says; empty where it is damaged.

    Raises
    ------
    OSError
        If there is none.
    """
    with open(path, encoding="utf-8") as stream:
        try:
            found = parse_json(stream.read(_LONGEST))
        except ValueError:
            return {}
    return found if isinstance(found, dict) else {}
