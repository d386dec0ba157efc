"""Figures of a run as a page holds them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path


def images(folder: Path | None, stem: str, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """The figures of a folder that are there, each with its caption, as base64 of their PNG.

    Parameters
    ----------
    stem
        What their names begin with.
    wanted
        Figure -> caption.
    """
    found = []
    for figure, caption in wanted.items():
        path = None if folder is None else folder / f"{stem}.{figure}.png"
        if path is not None and path.is_file():
            data = base64.b64encode(path.read_bytes()).decode("ascii")
            found.append({"data": data, "caption": caption, "figure": figure})
    return found
