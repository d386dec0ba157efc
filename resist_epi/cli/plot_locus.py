"""`resist-epi plot locus`: from counts of bins, or from the files of a sheet themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from resist_epi.cli.plot_options import PlotOptions
from resist_epi.plots import figure_function


def draw_locus(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    """A locus of counts of bins, or of the tracks or reads of a sheet."""
    if _is_sheet(path):
        return _draw_tracks(kind, path, options, title)
    if options.unscaled is not None or options.jobs is not None:
        raise typer.BadParameter(
            "is for a sheet: counts are drawn as they were normalised",
            param_hint="--unscaled, --jobs",
        )
    import pandas as pd

    from resist_epi.counting.matrix import scaled
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results
    from resist_epi.study.count_sheet import naming_of_counts, read_counts_and_sheet

    matrix, sheet = read_counts_and_sheet(path, options.samples, mark=options.mark)
    values = pd.DataFrame(scaled(matrix), columns=list(matrix.samples))
    places = matrix.regions[["chrom", "start", "end"]].reset_index(drop=True)
    quantity = matrix.quantity.replace("_", " ")
    if matrix.quantity == "coverage_sum":
        # Bins may differ in width, and a sum says little beside a picture.
        values = values.div(places["end"] - places["start"], axis=0)
        quantity = "mean signal"
    genes = called = None
    if options.gene or options.genome or options.genes:
        genome = options.genome if options.genes else options.genome or sheet.assembly
        annotation = load_reference(genome, options.genes).annotation
        naming = naming_of_counts(matrix, sheet, genome=genome)
        genes = naming.annotation(annotation).genes
    if options.results is not None:
        called = read_results(options.results)
        called = called[called["direction"] != "none"]
    return figure_function(kind)(
        pd.concat([places, values], axis=1),
        genes=genes,
        gene=options.gene,
        region=options.region,
        samples=sheet.table,
        highlight=called,
        quantity=quantity,
        title=title,
        **options.given("grouped"),
    )


def _is_sheet(path: Path) -> bool:
    """Whether a file is a sample sheet: its first line names SampleID."""
    from resist_epi.io.first_bytes import first_bytes

    head = first_bytes(path)
    return b"sampleid" in head.lower().split(b"\n")[0] and not head.startswith(b"PAR1")


def _draw_tracks(kind: str, path: Path, options: PlotOptions, title: str | None) -> Any:
    """A locus of a sheet's tracks or reads, with its peaks, in one call."""
    from resist_epi.cli.messages import track_progress
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results
    from resist_epi.plots.locus_place import locus_place
    from resist_epi.samples.peaks import sheet_peaks
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.locus_sheet import locus_coverage
    from resist_epi.study.staged import columns_drawn, stage_sheet

    if options.samples is not None:
        raise typer.BadParameter("the sheet is given already", param_hint="--samples")
    sheet = one_mark(read_sheet(path), options.mark)
    sheet = stage_sheet(sheet, columns=columns_drawn(sheet), parts=True)
    genes = None
    if options.gene or options.genome or options.genes:
        genome = options.genome if options.genes else options.genome or sheet.assembly
        genes = load_reference(genome, options.genes).annotation.genes
    place = locus_place(genes, gene=options.gene, region=options.region)
    if place is None:
        raise typer.BadParameter("which locus to show is not said", param_hint="--gene, --region")
    called = None if options.results is None else read_results(options.results)
    n = len(sheet.samples)
    with track_progress(n, what="reading") as progress:
        coverage = locus_coverage(
            sheet,
            place,
            scaled=not options.unscaled,
            genome=options.genome,
            jobs=options.jobs or 1,
            progress=progress,
        )
    return figure_function(kind)(
        coverage,
        genes=genes,
        gene=options.gene,
        region=place,
        samples=sheet.table,
        highlight=None if called is None else called[called["direction"] != "none"],
        peaks=sheet_peaks(sheet),
        title=title or f"{', '.join(sheet.marks)}: {n} libraries",
        **options.given("grouped"),
    )
