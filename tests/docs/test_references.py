"""Papers that code and docs name stand in docs/method/references.md, with what was not found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from resist_epi.stats import literature
from resist_epi.stats.literature import Reference

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "method" / "references.md"

# "(2010) Genome Biology 11:R25" and the like: year, volume and first page.
CITED = re.compile(
    r"\(?\b((?:19|20)\d\d)[,)]?,? [A-Z][^;()·|]{2,70}? (\d+)(?:\(\d+\))?:([A-Za-z]{0,2}\d+\w*)"
)

PAPERS = {name: p for name, p in vars(literature).items() if isinstance(p, Reference)}


class Row(NamedTuple):
    """A line of the page."""

    paper: str
    found: str
    unverified: str


def _rows() -> list[Row]:
    text = PAGE.read_text(encoding="utf-8")
    part = text.split("## Papers", 1)[1].split("\n## ", 1)[0]
    cells = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")]
    return [Row(*(cell.strip() for cell in line)) for line in cells[1:]]


def _of(year: str, place: str) -> list[Row]:
    return [r for r in _rows() if f" {year} " in r.paper and r.paper.endswith(f" {place}")]


def _files() -> list[Path]:
    docs = [p for p in (ROOT / "docs").rglob("*.md") if p != PAGE]
    return [*(ROOT / "resist_epi").rglob("*.py"), *docs, ROOT / "README.md"]


def test_the_page_has_each_paper_once() -> None:
    papers = [row.paper for row in _rows()]
    assert len(papers) > 90
    assert len(set(papers)) == len(papers)


def test_each_paper_has_a_doi_or_says_why_not() -> None:
    for row in _rows():
        settled = row.found or row.unverified or row.paper.endswith("(book)")
        assert settled or row.paper.startswith("Holm 1979"), row.paper  # has no DOI; it was read


@pytest.mark.parametrize("name", PAPERS)
def test_papers_of_reports_say_the_same_of_themselves(name: str) -> None:
    paper = PAPERS[name]
    match = re.search(r" (\d{4});([^-]+)", paper.where)
    assert match, paper.where
    (row,) = _of(match[1], match[2])
    assert paper.doi in row.found or paper.doi in ("", "10.1016/j.molcel.2011.08.042")
    assert paper.unverified == row.unverified


def test_each_paper_that_is_cited_by_volume_and_page_is_on_the_page() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {year} {volume}:{page}"
        for path in _files()
        for year, volume, page in CITED.findall(re.sub(r"\s+", " ", path.read_text("utf-8")))
        if not _of(year, f"{volume}:{page}")
    }
    assert not missing
