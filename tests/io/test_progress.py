"""Work tells a listener that knows stages which one begins, and bothers no other."""

from __future__ import annotations

from resist_epi.io.progress import Staged, begin


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, int | None]] = []

    def __call__(self, text: str, /) -> None:
        self.heard.append((text, None))

    def stage(self, what: str, total: int | None = None) -> None:
        self.heard.append((what, total))


def test_stages_are_told_to_those_who_know_them() -> None:
    listener = Listener()
    begin(listener, "counting", 3)
    begin(listener, "testing")
    assert listener.heard == [("counting", 3), ("testing", None)]
    assert isinstance(listener, Staged)


def test_a_plain_function_and_nobody_hear_nothing() -> None:
    heard: list[str] = []
    begin(heard.append, "counting", 3)
    begin(None, "counting", 3)
    assert heard == []
