"""From a run's folder to `report.html`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from resist_epi.io.run_folder import contrast_folders, is_peaks_run, run_file, run_path
from resist_epi.io.store import write_text
from resist_epi.report import sections
from resist_epi.report.answer import answer
from resist_epi.report.confounders import by_state, confounders
from resist_epi.report.contrasts import contrast_row, joint_rows, render_index
from resist_epi.report.differs import loci_in_words
from resist_epi.report.figures import FORMATS, Beside, draw_figures
from resist_epi.report.flags import RULES
from resist_epi.report.gather import MarkTables, RunTables, gather
from resist_epi.report.glossary import TERMS, Glossary
from resist_epi.report.mechanisms import assay_rows, mechanism_section, outcome_rows
from resist_epi.report.methods import methods
from resist_epi.report.packed import Packed, packed_name, packing
from resist_epi.report.peaks_page import write_peaks_page
from resist_epi.report.pictures import Screen, pictures, screens
from resist_epi.report.swarms import swarms_in_words
from resist_epi.report.templating import templates
from resist_epi.report.tissue import tissue_section
from resist_epi.report.trust import scale_of
from resist_epi.report.warnings import collect_warnings, gravest, summary
from resist_epi.report.where import site_table, where_section
from resist_epi.report.words import (
    capital,
    facts,
    for_reading,
    header_lines,
    join_words,
    main_regions,
    unit_word,
)
from resist_epi.samples.facts import contrast_title
from resist_epi.stats.best_supported import IN_WORDS, support_in_words
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)

STATIC = {  # figure -> caption; what stands in `figures/` under these names is shown
    "pca": "Principal components of the samples, over the regions that vary most.",
    "correlation": "Spearman correlation of the samples over regions with signal, on a scale from 0"
    " to 1; clustered by it.",
    "heatmap": "Signal along the regions that speak for genes, from 5' to 3': gains, losses and"
    " others (at most 400 of each, the best supported), every track scaled to the same total"
    " coverage; means above.",
}

STATIC_OF_SEVERAL = {
    "heatmap": "Signal along the regions that speak for genes, from 5' to 3': those that any of the"
    " contrasts calls, and others (at most 400 of each), every track scaled to the same total"
    " coverage; means above.",
}

STATIC_ALONG = {
    "genome": "Fold changes along the genome, with the mean of every chromosome arm; arms that"
    " shift as a whole, or along which units differ, are named: consistent with copy number.",
    "copy_number": "Copy number of every library, as it was divided out.",
    "hidden": "Hidden factors of the regions that speak for genes: each unit's value, estimated"
    " from what the design leaves over. Whether they are adjusted for is said with the results.",
}

SCRIPTS = (
    "shared.js",
    "results.js",
    "scatter.js",
    "swarm.js",
    "report.js",
)  # in the order that they need

Screens = Mapping[str, Screen]

WIDE = ("heatmap", "genome", "copy_number")  # shown over the whole width of the page

STATIC_OF_STUDY = {
    "mechanisms": "Mechanisms against measurements. Colour: effect (of switches the share of loci,"
    " less that of the other loci); area: strength of the evidence; ring: called; cross: against"
    " what was stated. The sign beside a dot is what was stated in advance. Controls stand below"
    " the line.",
}

STATIC_OF_MECHANISMS = {
    "mechanism_genes": "Called genes that belong to a mechanism, whether that is called or not,"
    " tumour by tumour: distance from the gene's mean, in its own standard deviations.",
}

STATIC_OF_SWITCHES = {
    "switch": f"Fold changes of the two marks, gene by gene. Named are switches, {IN_WORDS}.",
}

STATIC_OF_NORMALIZATION = {
    "normalization": "Left: factors that each normalisation puts on top of a library's size."
    " Middle, where any region is called: regions called together under several normalisations,"
    " and which these are. Right: where each normalisation puts no change, on the results of the"
    " first.",
}

STATIC_OF_KIND = {
    "pvalue": "P values of the regions tested. Flat with a peak near 0 is what to expect; a slope"
    " towards 1 or a hill in the middle says that the model does not fit.",
}

STATIC_OF_DOMAINS = {
    "pvalue": "P values of the domains, each Simes' over the windows in it. Where nothing changes"
    " these are not flat but lean to 1, the more so the more windows a domain has and the more they"
    " go together: a peak near 0 is what tells, and a slope to 1 is no fault of the model.",
}

SHOWN = frozenset().union(
    *(STATIC, STATIC_ALONG, STATIC_OF_SEVERAL, STATIC_OF_STUDY, STATIC_OF_MECHANISMS),
    *(STATIC_OF_SWITCHES, STATIC_OF_NORMALIZATION, STATIC_OF_KIND, STATIC_OF_DOMAINS),
)  # the others are drawn in the page, from the results


def write_report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    jobs: int = 1,
    formats: Sequence[str] = FORMATS,
) -> list[Path]:
    """Write the report of a finished run, then the figures in it; return the paths.

    Of a run of several contrasts each has a page in its own folder, and the report links them.

    Parameters
    ----------
    folder
        The folder that `run` wrote; the figures go to `figures/` in it.
    out
        The page; by default `report.html` in the folder.
    jobs
        Processes that draw the figures; no byte depends on it.
    formats
        Suffixes of the figures' files; `png` among them, which the page shows.

    Raises
    ------
    InputFormatError
        If the folder is not one of a finished run, or the page cannot be written.
    """
    folder = Path(folder)
    out = run_path(folder, "report") if out is None else Path(out)
    if is_peaks_run(folder):
        return write_peaks_page(folder, out, jobs=jobs, formats=formats)
    places = contrast_folders(folder)
    if not places:
        return _write_page(gather(folder), folder, out, jobs=jobs, formats=formats)
    written, rows = [], []
    for place in places:
        run = gather(folder, place)
        others = [(p.name, f"../{p.name}/{run_file('report')}") for p in places if p != place]
        page = run_path(place, "report")
        links = [("all contrasts", f"../../{run_file('report')}"), *others]
        written += _write_page(run, place, page, links, jobs=jobs, formats=formats)
        rows.append(contrast_row(run, os.path.relpath(page, out.parent)))
    write_text(out, render_index(rows, joint_rows(folder, rows[0]["level"])))
    logger.info("report: %s", out)
    return [out, *written]


def _write_page(
    run: RunTables,
    place: Path,
    out: Path,
    links: Sequence[tuple[str, str]] = (),
    *,
    jobs: int,
    formats: Sequence[str],
) -> list[Path]:
    """Write one page and its figures, which go to the folder of what they show."""
    figures = run_path(place, "figures")
    packed: dict[str, Packed] = {}
    beside = Beside(packing(run), packed.__setitem__)
    drawn = draw_figures(run, figures, jobs=jobs, formats=formats, beside=beside)
    write_text(out, render(run, figures=figures, links=links, jobs=jobs, packed=packed))
    logger.info("report: %s", out)
    return [out, *drawn]


def render(
    run: RunTables,
    *,
    figures: Path | None = None,
    links: Sequence[tuple[str, str]] = (),
    jobs: int = 1,
    packed: Mapping[str, Packed] | None = None,
) -> str:
    """Return the page: one file that opens without network. Equal tables give equal bytes.

    Parameters
    ----------
    figures
        Folder of the static figures, `MARK.pca.png` and so on; those that are there are shown.
    links
        Text and address of the pages on other contrasts.
    jobs
        Processes that make the figures small.
    packed
        What was packed already, as `packing` names it.
    """
    environment, own_file = templates()
    shown = screens(figures, _stems(run), SHOWN, jobs=jobs)
    packed = packed or {name: pack() for name, pack in packing(run).items()}
    warnings = collect_warnings(run)
    page: str = environment.get_template("report.html.j2").render(
        run=run,
        version=VERSION,
        title=f"Differential {join_words([m.mark for m in run.marks])}"
        + (f": {contrast_title(run.marks[0].main.facts)}" if run.contrast else ""),
        answer=answer(run),
        confounders=by_state(confounders(run)),
        gloss=Glossary().mark,
        glossary=TERMS,
        links=list(links),
        warnings=warnings,
        warnings_summary=summary(warnings),
        gravest=gravest(warnings),
        facts=facts(run),
        marks=[_mark(run, mark, number, shown, packed) for number, mark in enumerate(run.marks)],
        wide=WIDE,
        mechanisms=mechanism_section(run),
        mechanism_figures=[
            *pictures(shown, "study", STATIC_OF_STUDY),
            *(i for m in run.marks for i in pictures(shown, m.name, STATIC_OF_MECHANISMS)),
        ],
        evidence=assay_rows(run.concordance),
        outcome=outcome_rows(run.survival),
        **_switches(run, shown),
        expression_tissue=tissue_section(run.expression_scores, "expression", _conditions(run)),
        rules=RULES,
        methods=methods(run),
        provenance=sections.provenance_rows(run.provenance),
        inputs=sorted(run.provenance.get("inputs", {}).items()),
        style=own_file("report.css"),
        scripts=[own_file(name) for name in SCRIPTS],
    )
    return page


def _stems(run: RunTables) -> Iterator[str]:
    """What names of figures begin with."""
    yield "study"
    for mark in run.marks:
        yield mark.name
        yield from (f"{mark.name}.{kind}" for kind in mark.results)


def _switches(run: RunTables, shown: Screens) -> dict[str, Any]:
    """What the template has of the switches; nothing where the run has no two opposing marks."""
    sheet = run.switches
    header = [] if sheet is None else header_lines(sheet.header)
    return {
        "switches": None if sheet is None else sections.switch_table(sheet),
        "switches_caption": "" if sheet is None else sections.switch_caption(sheet),
        "switch_figures": pictures(shown, "study", STATIC_OF_SWITCHES),
        "switch_header": [
            (name, for_reading(text, {} if sheet is None else sheet.facts))
            for name, text in header
            if name != "resist_epi"
        ],
    }


# Thousands of sets would make the page slow; those of the smallest P are shown.
SETS_SHOWN = 200


def _mark(
    run: RunTables,
    mark: MarkTables,
    number: int,
    shown: Screens,
    packed: Mapping[str, Packed],
) -> dict[str, Any]:
    """Everything of one mark, for the template."""
    told = () if run.mechanisms is None else run.mechanisms.table["set"].tolist()
    tested, untested = sections.set_rows(mark.gene_sets, told)
    samples = sections.sample_rows(mark, run.quality)
    wanted = STATIC | STATIC_ALONG | (STATIC_OF_SEVERAL if run.contrast else {})
    scale = next(s.words for s in scale_of(run)[0] if s.mark == mark.mark)
    read = partial(for_reading, facts=mark.main.facts)
    return {
        "name": mark.mark,
        "id": f"mark{number}",
        "note": mark.preset.note,
        "samples": samples,
        "flagged": f"{sum(bool(row['flags']) for row in samples) or 'none'} flagged",
        "scale": scale,
        "normalization": None
        if mark.normalization is None
        else sections.normalization_table(mark.normalization),
        "normalization_units": sections.count_units(mark.normalization),
        "normalization_words": read(mark.main.header.get("normalization", "")),
        "figures": pictures(shown, mark.name, wanted),
        "normalization_figures": pictures(shown, mark.name, STATIC_OF_NORMALIZATION),
        "agreement": read(_agreement(mark)),
        "kinds": [
            _kind(mark, kind, f"mark{number}-{kind}", shown, packed[packed_name(mark, kind)])
            for kind in mark.results
        ],
        "sets": tested[:SETS_SHOWN],
        "sets_summary": sections.sets_in_words(tested, untested),
        "no_sets": sections.NO_SETS if mark.gene_sets is not None else "No gene sets were tested.",
        "sets_not_shown": max(len(tested) - SETS_SHOWN, 0),
        "untested_sets": untested,
        "where": where_section(mark),
        "tissue": tissue_section(mark.scores, mark.mark, _conditions(run)),
        "sites": None if mark.sites is None else site_table(mark.sites),
        "sites_words": {} if mark.sites is None else dict(header_lines(mark.sites.header)),
        "sets_words": ""
        if mark.gene_sets is None
        else read(mark.gene_sets.header.get("gene sets", "")),
        "core": [] if mark.pre_specified is None else sections.core_in_words(mark.pre_specified),
        "one_by_one": [] if mark.one_by_one is None else sections.gene_rows(mark.one_by_one),
    }


def _agreement(mark: MarkTables) -> str:
    """What other normalisations call, of which regions; empty where the table does not say it."""
    said = "" if mark.normalization is None else mark.normalization.header.get("agreement", "")
    return f"{capital(main_regions(mark))}: {said}" if said else ""


def _conditions(run: RunTables) -> pd.Series:
    """Group of each library."""
    return run.quality.set_index("sample")["condition"]


def _kind(
    mark: MarkTables, kind: str, table_id: str, shown: Screens, packed: Packed
) -> dict[str, Any]:
    sheet = mark.results[kind]
    return {
        "kind": kind,
        "id": table_id,
        "title": sections.kind_title(mark, kind),
        "caption": sections.kind_caption(mark, kind),
        "calls": sections.calls(sheet),
        "loci": loci_in_words(sections.calls(sheet)),
        "main": kind == next(iter(mark.results)),
        "tested": packed.plain["tested"],
        "gain": packed.plain["gain"],
        "strongest": sections.strongest_rows(sheet),
        "order": support_in_words(sheet.table),
        "settings": packed.settings,
        "data": packed.results,
        "unit": unit_word(mark),
        "swarm": packed.swarms,
        "values_words": swarms_in_words(mark.values.get(kind), len(sheet.table)),
        "figures": pictures(
            shown,
            f"{mark.name}.{kind}",
            STATIC_OF_DOMAINS if kind == "domains" else STATIC_OF_KIND,
        ),
        "file": run_file("results", mark.mark, kind),
    }
