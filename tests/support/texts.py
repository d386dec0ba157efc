"""What the README and the docs hold: blocks of code, words in backticks, commands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
GUIDES = (TOP / "README.md", *sorted((TOP / "docs").rglob("*.md")))
DOCUMENTS = (*GUIDES, TOP / "CONTRIBUTING.md", TOP / "CHANGELOG.md")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.S | re.M)
INDENTED = re.compile(r"(?<=\n\n) {4}\S.*\n(?: {4}.*\n)*", re.M)
SPAN = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"(resist-epi|python3?|bash|pytest|pip|source|sudo|apt-get)\s")


@dataclass(frozen=True)
class Snippet:
    """A piece of code of a text, and where it stands."""

    document: str
    position: int
    language: str
    text: str


def name(document: Path) -> str:
    """Of a document, as people write it."""
    return document.relative_to(TOP).as_posix()


def blocks(text: str, document: str = "") -> Iterator[Snippet]:
    """Fenced blocks with their language, and indented ones as `text`."""
    for found in FENCE.finditer(text):
        yield Snippet(document, found.start(), found[1], found[2])
    for found in INDENTED.finditer(_without_fences(text)):
        yield Snippet(document, found.start(), "text", textwrap.dedent(found[0]))


def spans(text: str, document: str = "") -> Iterator[Snippet]:
    """What stands in backticks in a line of prose; a break in it is a blank."""
    for found in SPAN.finditer(_without_fences(text)):
        yield Snippet(document, found.start(), "", " ".join(found[1].split()))


def commands(text: str, document: str = "") -> list[Snippet]:
    """Commands of blocks and of prose in the order of the text, one a snippet.

    Every line of a `bash` block is one; elsewhere those that begin with a known program.
    """
    found = [s for s in spans(text, document) if COMMAND.match(s.text)]
    for block in blocks(text, document):
        for i, line in enumerate(block.text.replace("\\\n", " ").splitlines()):
            if COMMAND.match(line) or (block.language == "bash" and line.strip()):
                words = " ".join(line.split())
                found.append(replace(block, position=block.position + i, text=words))
    return sorted(found, key=lambda s: s.position)


def prose(text: str) -> str:
    """The text without its blocks."""
    return INDENTED.sub("", _without_fences(text))


def _without_fences(text: str) -> str:
    """Blanks in the place of fenced blocks: positions stay."""
    return FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
