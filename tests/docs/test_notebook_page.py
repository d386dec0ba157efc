"""The ten cells of the page on notebooks run in their order, with names of `rx` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import resist_epi as rx
from tests.support.cohort import gene_table, make_cohort
from tests.support.texts import TOP, blocks

pytest.importorskip("openpyxl", reason="the extra [excel] is not installed")

PAGE = TOP / "docs" / "guide" / "notebooks.md"
CELLS = [b.text for b in blocks(PAGE.read_text("utf-8")) if b.language == "python"]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the cells leave behind; `shown` has what each of them shows."""
    folder = tmp_path_factory.mktemp("page")
    make_cohort(folder)
    genes = gene_table()
    slots = genes[genes["gene_name"].isin([f"GENE{i}" for i in range(40)])]
    lines = [f"{r.chrom}\t{r.start - 2000}\t{r.end}\tmine{r.Index}\n" for r in slots.itertuples()]  # type: ignore[operator]
    (folder / "regions.bed").write_text("".join(lines))
    names: dict[str, Any] = {"folder": folder, "shown": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        read = rx.read_genes("genes.tsv")
        patch.setattr(rx, "load_genes", lambda assembly: read)
        for cell in CELLS:
            # Chromosomes of the cohort are short.
            names["shown"].append(
                run_cell(cell.replace('genome="hg38"', 'genes="genes.tsv"'), names)
            )
    yield names
    plt.close("all")


def run_cell(cell: str, names: dict[str, Any]) -> object:
    """Run a cell; give the value of its last line, where that is an expression."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(PAGE), "exec"), names)
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), str(PAGE), "eval"), names)


def test_there_are_ten_and_they_use_public_names_alone() -> None:
    assert len(CELLS) == 10
    imported = [line for cell in CELLS for line in cell.splitlines() if "import" in line]
    assert imported == ["import resist_epi as rx"]
    used = {n.attr for c in CELLS for n in ast.walk(ast.parse(c)) if isinstance(n, ast.Attribute)}
    assert {"count_study", "own_colours", "write_excel", "save_figure"} <= used


def test_every_record_shows_itself(held: dict[str, Any]) -> None:
    sheet, counts, analysis = held["shown"][:3]
    assert "Site" in repr(sheet)
    assert repr(counts).startswith("StudyCounts: H3K27me3 in 40 regions x 8 libraries")
    assert repr(analysis).startswith("Analysis: ")
    assert all("<table>" in shown._repr_html_() for shown in (sheet, counts, analysis))


def test_what_was_planted_is_found(held: dict[str, Any]) -> None:
    best = held["best"]
    assert set(best["symbol"].head(2)) == {"GENE3", "GENE4"}
    assert len(held["one"]) == 8
    assert "mean_poor" in best
    assert held["sets"]["set"].tolist() == ["GAINED", "QUIET", "FOREIGN"]


def test_colours_and_labels_are_the_users(held: dict[str, Any]) -> None:
    texts = {text.get_text() for text in held["volcano"].texts}
    assert {"GENE3", "GENE4"} <= texts
    assert held["volcano"].get_xlabel() == "log2 of poor over good"
    points = held["pca"].collections
    drawn = {tuple(round(255 * c) for c in p.get_facecolor()[0][:3]) for p in points}
    assert {(0x44, 0x77, 0xAA), (0xEE, 0x66, 0x77)} <= drawn
    panels = {panel.get_label() for panel in held["heatmap"].child_axes}
    assert {"cluster 1: good", "cluster 2: poor"} <= panels
    said = [text.get_text() for text in held["locus"].texts]
    assert any("signal per base at equal total coverage" in text for text in said)


def test_pdf_and_workbook_are_written(held: dict[str, Any]) -> None:
    folder: Path = held["folder"]
    for name in ("pca", "volcano", "heatmap", "gene3"):
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    book = pd.read_excel(folder / "study.xlsx", sheet_name=None)
    assert list(book) == ["my regions", "samples", "about", "columns"]
    assert len(book["my regions"]) == 40
