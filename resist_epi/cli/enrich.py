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
    GenomeOption,
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
    test: str | None = typer.Option(
        None, "--test", help="Default: camera. An unknown name lists all, with what they ask."
    ),
    beside: list[str] = typer.Option(
        [], "--beside", help="A further test: its P stands in a column of its own. Repeatable."
    ),
    genome: GenomeOption = None,
    scores: Path | None = typer.Option(
        None, "--scores", help="Also write single-sample scores of the sets (ssGSEA), as TSV."
    ),
) -> None:
    """Test gene sets: do their genes gain or lose the mark more than the others?

    With --counts, give the options with which the results were made. fry, roast, permutation and
    --scores need them; logistic takes the lengths of genes from --genome.
    """
    from resist_epi.errors import DesignError
    from resist_epi.genes.builtin import gene_set_kinds, load_sets, load_symbols
    from resist_epi.genes.covariates import gene_covariates
    from resist_epi.genes.enrichment import enrich_results
    from resist_epi.genes.sample_scores import sample_scores
    from resist_epi.genes.set_methods import DEFAULT_TEST
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.study.count_sheet import inputs_of_counts, read_counts_and_sheet

    table = read_results(results)
    matrix_and_sheet = None if counts is None else read_counts_and_sheet(counts, samples, mark=mark)
    inputs = None
    if matrix_and_sheet is not None:
        inputs = inputs_of_counts(*matrix_and_sheet, background, normalize=normalize)
    sets = load_sets(gene_sets)
    if scores is not None and matrix_and_sheet is None:
        raise DesignError("single-sample scores need the counts; give them with --counts")
    found = enrich_results(
        table,
        sets,
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
        test=test or DEFAULT_TEST,
        beside=beside,
        covariates=None if genome is None else gene_covariates(load_reference(genome, None)),
    )
    write_table(output, found, header=[*table.attrs["header"], *_lines(found.attrs["header"])])
    if scores is not None and matrix_and_sheet is not None:
        own = sample_scores(matrix_and_sheet[0], sets, symbols=load_symbols())
        write_table(scores, own, header=own.attrs["header"])


def _lines(header: dict[str, str]) -> list[str]:
    return [f"{name}: {text}" for name, text in header.items()]
