"""A page as its tags tell it: what is open, what has a name, what is asked from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input"}


class Outline(HTMLParser):
    """Tags, headings and addresses; fails on a tag that is closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.addresses += [str(values[a]) for a in ("src", "href") if values.get(a)]

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    """Of a page whose tags are all closed."""
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found


def from_elsewhere(page: str) -> list[str]:
    """Addresses outside of the page.

    Words are not sought in the text of a page: it holds pictures in letters, some 150,000 of them,
    in which any four stand by chance in one run of a hundred.
    """
    return [a for a in outline(page).addresses if not a.startswith(("#", "data:"))]
