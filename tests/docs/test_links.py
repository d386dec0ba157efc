"""Every link, image and file that a text names is there."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from tests.support.texts import DOCUMENTS, TOP, name, prose, spans

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?)\s*$", re.M)
FOLDERS = ("scripts", "validation", "benchmarks", "data_sources", "docs", "data", "tests")
OURS = re.compile(rf"(?:{'|'.join(FOLDERS)}|resist_epi|notebooks)/[\w./-]*")
SOURCE = re.compile(r"[\w./]+\.(?:py|R|sh)")
PAST = "CHANGELOG.md"  # tells of versions that are past, and of files where they were then


def anchors(text: str) -> set[str]:
    """Names of the headings, as GitHub makes them."""
    titles = (re.sub(r"[`*]|\[|\]\([^)]*\)", "", t) for t in HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


@functools.cache
def sources() -> tuple[str, ...]:
    """All files with code, as `/path/from/the/top`."""
    folders = (*FOLDERS, "resist_epi")
    files = (p for f in folders for p in (TOP / f).rglob("*") if p.suffix in (".py", ".R", ".sh"))
    return tuple(f"/{p.relative_to(TOP).as_posix()}" for p in files)


def broken_links(text: str, document: Path) -> list[str]:
    """Links and images that lead nowhere; the web is not asked."""
    broken = []
    for target in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else TOP
        there = file.exists()
        if there and anchor:
            there = anchor in anchors(file.read_text("utf-8") if path else text)
        if not there:
            broken.append(target)
    return broken


def missing_files(text: str) -> list[str]:
    """Files of the repository in backticks that are not there.

    A file with code may be named by its last folders: `stats/tails.py`.
    """
    missing = []
    for span in spans(text):
        for word in span.text.partition("::")[0].split():
            ours = OURS.fullmatch(word) and not (TOP / word).exists()
            lost = SOURCE.fullmatch(word) and not any(s.endswith(f"/{word}") for s in sources())
            if (ours or lost) and "MODULE" not in word:  # a pattern of names
                missing.append(word)
    return missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document.read_text("utf-8"), document) == []


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if name(d) != PAST], ids=name)
def test_every_file_in_backticks_is_there(document: Path) -> None:
    assert missing_files(document.read_text("utf-8")) == []


TEXT = """# A title, `code` and more

[good](../README.md) ![none](images/none.png) [web](https://example.org/none)
[here](#a-title-code-and-more) [nowhere](#another) [there](../README.md#a-study)
[gone](../README.md#not-a-heading)

```bash
[not a link](none.md) `scripts/none.py`
```

`scripts/demo.sh`, `stats/tails.py`, `stats/none.py`, `data/none.tsv`,
`python scripts/none.py -o out`, `study/mechanisms.tsv`
"""


def test_what_is_missing_is_found() -> None:
    assert broken_links(TEXT, TOP / "docs" / "text.md") == [
        "images/none.png",
        "#another",
        "../README.md#not-a-heading",
    ]
    assert missing_files(TEXT) == ["stats/none.py", "data/none.tsv", "scripts/none.py"]
