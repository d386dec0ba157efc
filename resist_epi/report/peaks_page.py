"""From the folder of a run of peaks alone to its `report.html`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.io.run_folder import run_file, run_path
from resist_epi.io.store import write_text
from resist_epi.report import peaks_words, sections
from resist_epi.report.figures import FORMATS, save_figures
from resist_epi.report.peaks_answer import peaks_answer
from resist_epi.report.peaks_figures import CAPTIONS, WIDE, peak_figures
from resist_epi.report.peaks_gather import PeaksRun, PeakTables, gather_peaks
from resist_epi.report.pictures import Screen, pictures, screens
from resist_epi.report.templating import templates
from resist_epi.report.words import join_words
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)

FIRST = 12  # peaks on the first screen, of all marks


def write_peaks_page(
    folder: Path, out: Path, *, jobs: int = 1, formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write the report of a run of peaks alone, then its figures; return the paths.

    Raises
    ------
    InputFormatError
        If the folder is not one of such a run, or the page cannot be written.
    """
    run = gather_peaks(folder)
    figures = run_path(folder, "figures")
    drawn = save_figures(peak_figures(run), figures, jobs=jobs, formats=formats)
    write_text(out, render_peaks(run, figures=figures, jobs=jobs))
    logger.info("report: %s", out)
    return [out, *drawn]


def render_peaks(run: PeaksRun, *, figures: Path | None = None, jobs: int = 1) -> str:
    """Return the page: one file that opens without network and without any script."""
    environment, own_file = templates()
    shown = screens(figures, (m.name for m in run.marks), CAPTIONS, jobs=jobs)
    page: str = environment.get_template("peaks.html.j2").render(
        version=VERSION,
        title=f"Peaks of {join_words([m.mark for m in run.marks])}",
        answer=peaks_answer(run),
        shown_first=FIRST // len(run.marks),
        can=peaks_words.CAN,
        cannot=peaks_words.CANNOT,
        warnings=peaks_words.warnings(run),
        marks=[_mark(mark, number, shown) for number, mark in enumerate(run.marks)],
        methods=peaks_words.methods(run),
        provenance=sections.provenance_rows(run.provenance),
        inputs=sorted(run.provenance.get("inputs", {}).items()),
        style=own_file("report.css"),
    )
    return page


def _mark(mark: PeakTables, number: int, screens_of: Mapping[str, Screen]) -> dict[str, Any]:
    """Everything of one mark, for the template."""
    table = mark.regions.table
    groups = _groups(mark)
    mechanisms = _records(mark.mechanisms.table)
    shown = pictures(screens_of, mark.name, CAPTIONS)
    return {
        "name": mark.mark,
        "id": f"mark{number}",
        "note": mark.preset.note,
        "n_peaks": len(table),
        "n_samples": len(mark.samples),
        "groups": groups,
        "compared": "fraction_difference" in table,
        "facts": peaks_words.facts(mark),
        "samples": _sample_rows(mark),
        "wide": [p for p in shown if p.figure in WIDE],
        "figures": [p for p in shown if p.figure not in WIDE],
        "strongest": [_peak_row(row, groups) for row in _records(peaks_words.strongest(mark))],
        "mechanisms": [_mechanism_row(row, groups) for row in mechanisms if row["n_with_peak"]],
        "without": [str(row["mechanism"]) for row in mechanisms if not row["n_with_peak"]],
        "mechanisms_words": str(mark.mechanisms.header.get("counted", "")),
        "file": run_file("occupancy", mark.mark),
        "genes_file": run_file("occupied_genes", mark.mark),
        "mechanisms_file": run_file("occupied_mechanisms", mark.mark),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _groups(mark: PeakTables) -> list[str]:
    """Groups in the order of the table; the compared ones stand in the overlaps, too."""
    return [c for c in map(str, mark.group_overlaps) if c not in ("n_sets", "n_peaks")]


def _sample_rows(mark: PeakTables) -> list[dict[str, str]]:
    return [
        {
            "sample": row["sample"],
            "condition": row["condition"],
            "n_peaks": f"{row['n_peaks']:,.0f}",
            "width": sections.size(row["median_width"]),
            "bases": sections.size(row["bases"]),
            "inside": _share(row["n_in_consensus"], row["n_peaks"]),
            "consensus": f"{row['n_consensus']:,.0f}",
        }
        for row in _records(mark.samples)
    ]


def _count(n: float, share: float) -> str:
    return f"{n:,.0f} ({share:.0%})"


def _share(part: float, whole: float) -> str:
    return sections.percent(part / whole) if whole else "–"


def _peak_row(row: dict[str, Any], groups: list[str]) -> dict[str, Any]:
    named = str(row.get("symbol") or "") if pd.notna(row.get("symbol")) else ""
    near = row.get("nearest_symbol")
    distance = row.get("distance")
    beside = ""
    if not named and pd.notna(near) and near and pd.notna(distance):
        beside = f"near {near} ({abs(distance) / 1000:,.0f} kb)"
    return {
        "gene": named or beside or "–",
        "place": f"{row['chrom']}:{row['start'] + 1:,}-{row['end']:,}",
        "class": str(row["class"]).replace("_", " "),
        "counts": [
            f"{row[f'n_{g}']:.0f} ({sections.percent(row[f'fraction_{g}'])})" for g in groups
        ],
        "pvalue": sections.number(row["descriptive_pvalue"], 2),
    }


MOST_GENES = 12  # of a mechanism and group that the page lists; the table has all


def _mechanism_row(row: dict[str, Any], groups: list[str]) -> dict[str, Any]:
    more = [(g, _listed(row.get(f"genes_more_in_{g}"))) for g in groups if f"more_in_{g}" in row]
    return {
        "mechanism": row["mechanism"],
        "known": f"{row['n_genes']:,.0f}",
        "with_peak": f"{row['n_with_peak']:,.0f} ({sections.percent(row['share_of_set'])})",
        "all": sections.percent(row["share_of_genes"]),
        "counts": [f"{row[f'n_{g}']:,.0f}" for g in groups],
        "more": [f"{g}: {genes}" for g, genes in more if genes],
    }


def _listed(genes: object) -> str:
    if not isinstance(genes, str) or not genes:
        return ""
    names = genes.split(",")
    rest = len(names) - MOST_GENES
    return ", ".join(names[:MOST_GENES]) + (f" and {rest} more" if rest > 0 else "")
