"""A compiled loop is loaded for long tracks alone."""

from __future__ import annotations

import pytest

from resist_epi.tracks import when_compiled


def test_long_tracks_are_worth_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(when_compiled._seen, "runs", 0)
    monkeypatch.setattr(when_compiled, "_loaded", lambda: False)
    assert not when_compiled.worth_compiling(1_000)
    assert when_compiled.worth_compiling(500_000)
    assert not when_compiled.worth_compiling(1_000)
    assert [when_compiled.worth_compiling(300_000) for _ in range(30)][::29] == [False, True]


def test_what_is_known_to_come_is_reckoned_at_once() -> None:
    assert when_compiled.worth_loading(10_000_000)
    assert not when_compiled.worth_loading(10_000_000, gain=0.1)
