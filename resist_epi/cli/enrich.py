"""`resist-epi enrich`: results to gene sets."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import (
    BackgroundOption,
    ContrastOption,
    DesignOption,
    FdrOption,
    GeneSetsOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
)

NAME = "enrich"


def command(
    results: Path = typer.Argument(..., metavar="RESULTS", help="TSV of diff or run."),
    output: Output = ...,  # type: ignore[assignment]
    gene_sets: GeneSetsOption = None,
    counts: Path | None = typer.Option(
        None, "--counts", help="The counts behind the results: correlation is then estimated."
    ),
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet of the counts."),
    mark: MarkOption = None,
    design: DesignOption = "~ Condition",
    contrast: ContrastOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    background: BackgroundOption = None,
    fdr: FdrOption = 0.05,
) -> None:
    """Test gene sets: do their genes gain or lose the mark more than the others?

    With --counts, give the options with which the results were made.
    """
    from resist_epi.inputs import load_sets
    from resist_epi.io.builtin import gene_set_kinds, load_symbols
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.set_analysis import enrich_results
    from resist_epi.sheet_counts import inputs_of_counts, read_counts_and_sheet

    table = read_results(results)
    matrix_and_sheet = None if counts is None else read_counts_and_sheet(counts, samples, mark=mark)
    inputs = None
    if matrix_and_sheet is not None:
        inputs = inputs_of_counts(*matrix_and_sheet, background, normalize=normalize)
    found = enrich_results(
        table,
        load_sets(gene_sets),
        matrix_and_sheet,
        symbols=load_symbols(),
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        inputs=inputs,
        fdr=fdr,
        own_sets=gene_sets is not None,
        kinds=gene_set_kinds() if gene_sets is None else None,
    )
    write_table(output, found, header=[*table.attrs["header"], *_lines(found.attrs["header"])])


def _lines(header: dict[str, str]) -> list[str]:
    return [f"{name}: {text}" for name, text in header.items()]
