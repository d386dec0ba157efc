"""The first page on a run of several contrasts: what each found, and where its page is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from resist_epi.io.run_folder import JOINT, contrast_folder, run_file
from resist_epi.io.tables import read_table
from resist_epi.report import sections
from resist_epi.report.gather import RunTables
from resist_epi.report.templating import templates
from resist_epi.report.words import join_words
from resist_epi.samples.facts import contrast_title
from resist_epi.version import VERSION


def contrast_row(run: RunTables, address: str) -> dict[str, Any]:
    """One contrast: its words, the address of its page, and the calls of every kind of regions.

    Parameters
    ----------
    run
        The tables of one contrast.
    """
    kinds = [
        {
            "mark": mark.mark,
            "kind": sections.kind_title(mark, kind),
            "has_test": "no test" not in sheet.facts,
            "calls": sections.calls(sheet),
        }
        for mark in run.marks
        for kind, sheet in mark.results.items()
    ]
    return {
        "name": contrast_title(run.marks[0].main.facts) or run.contrast,
        "words": run.marks[0].main.header.get("contrast", ""),
        "marks": [mark.mark for mark in run.marks],
        "address": address,
        "level": run.marks[0].main.question.fdr,
        "kinds": kinds,
    }


def joint_rows(folder: Path, level: float) -> list[dict[str, Any]]:
    """What the F tests of all contrasts together found, a row a table; none where none was made.

    Parameters
    ----------
    level
        That of the contrasts: the test has no direction, and so no column that says what is called.

    Raises
    ------
    InputFormatError
        If a table is damaged.
    """
    place = contrast_folder(folder, JOINT)
    found = []
    for path in sorted((place / "differential").glob("*.tsv.gz")):
        table = read_table(path, required=["F", "df1", "padj"])
        padj = table["padj"].to_numpy(np.float64)
        found.append(
            {
                "file": path.relative_to(folder).as_posix(),
                "called": int((padj <= level).sum()),
                "tested": int(np.isfinite(padj).sum()),
                "words": table.attrs["header"].get(JOINT, ""),
            }
        )
    return found


def render_index(rows: Sequence[Mapping[str, Any]], joint: Sequence[Mapping[str, Any]]) -> str:
    """Return the page that links those of the contrasts. Equal rows give equal bytes."""
    environment, own_file = templates()
    page: str = environment.get_template("contrasts.html.j2").render(
        title=f"Differential {join_words(rows[0]['marks'])}: {len(rows)} contrasts of one fit",
        rows=rows,
        joint=joint,
        level=f"{rows[0]['level']:g}",
        version=VERSION,
        provenance=run_file("provenance"),
        style=own_file("report.css"),
    )
    return page
