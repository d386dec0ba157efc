"""A server, a cache of one's own, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resist_epi.io.remote import cache, ranged_file, transport
from tests.support.range_server import RangeServer, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RangeServer]:
    monkeypatch.setattr(transport, "PAUSE", 0.0)
    monkeypatch.setattr(cache, "_WAIT", 0.02)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    ranged_file.forget()
    with serving() as own:
        yield own
