"""Small JSON files that tell themselves whether they are whole: their digest stands in them."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from resist_epi.io.store import parse_json, write_text

logger = logging.getLogger(__name__)


def write_sealed(path: str | Path, value: Any) -> None:
    """Write plain values with their digest, whole or not at all.

    Raises
    ------
    InputFormatError
        If the folder cannot be written.
    """
    text = _text(value)
    write_text(path, f'{{"sha256": "{_digest(text)}",\n"value": {text}}}\n')


def read_sealed(path: str | Path) -> Any:
    """The values of a file; None where there is none, or it is damaged, which is said.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> write_sealed(path, {"size": 3.5})
    >>> read_sealed(path)
    {'size': 3.5}
    >>> _ = path.write_text(path.read_text().replace("3.5", "4.5"))
    >>> read_sealed(path) is None
    True
    """
    path = Path(path)
    try:
        stored = parse_json(path.read_bytes())
        value = stored["value"]
        whole = stored["sha256"] == _digest(_text(value))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        logger.warning("%s is damaged: made anew", path)
        return None
    return value


def _text(value: Any) -> str:
    return json.dumps(value, default=float)  # in the order of the values: chromosomes have one


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
