"""`resist-epi evidence`: a mark's results and another assay to what they say together."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    ContrastOption,
    ControlAgain,
    CopyNumberOption,
    DesignAgain,
    FastaOption,
    FdrAgain,
    GenomeOption,
    MethodOption,
    NormalizeOption,
    Output,
    SegmentsOption,
    StrataOption,
    ThresholdAgain,
    named,
)

NAME = "evidence"


def command(
    results: Path = typer.Argument(..., metavar="RESULTS", help="TSV of diff or run."),
    table: Path = typer.Argument(
        ...,
        metavar="TABLE",
        help="Effects a gene (log2FoldChange, P), levels a patient, or means of both groups.",
    ),
    output: Output = ...,  # type: ignore[assignment]
    assay: str = typer.Option(
        "expression", "--assay", help="expression, proteomics or methylation."
    ),
    summary: Path | None = typer.Option(
        None, "--summary", help="One row with how far they go together, as TSV."
    ),
    mark: str | None = typer.Option(
        None, "--mark", help="Mark of the results; told by the sheet with --counts."
    ),
    max_p: float = typer.Option(0.05, "--max-p", help="Largest P at which a gene has changed."),
    min_fold_change: float = typer.Option(
        1.0, "--min-fold-change", help="Smallest fold change; 1.2 is usual in TMT proteomics."
    ),
    genome: GenomeOption = None,
    counts: Path | None = typer.Option(
        None, "--counts", help="The counts behind the results: patients are then matched."
    ),
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet of the counts."),
    design: DesignAgain = None,
    contrast: ContrastOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    background: BackgroundOption = None,
    fdr: FdrAgain = None,
    lfc_threshold: ThresholdAgain = None,
    block: BlockOption = None,
    strata: StrataOption = None,
    control: ControlAgain = None,
    copy_number: CopyNumberOption = None,
    segments: SegmentsOption = None,
    fasta: FastaOption = None,
) -> None:
    """Compare a mark with expression, proteins or methylation, signs stated in advance.

    With --counts, the question that the results answer is asked again, as their header holds it;
    options given here win over it. Then the file's columns may be patients, and mark and assay are
    also correlated over them.
    """
    from resist_epi.genes.builtin import load_symbols
    from resist_epi.genes.covariates import gene_covariates
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.mechanism.compare_assay import compare_assay
    from resist_epi.mechanism.evidence import Thresholds
    from resist_epi.study.count_sheet import read_counts_and_sheet
    from resist_epi.study.repeat import question_again, repeat_analysis

    found = read_results(results)
    given = named(
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        control=control,
        copy_number=copy_number,
        segments=segments,
        fasta=fasta,
        background=background,
    )
    question = question_again(found, results, given)
    analysis = None
    if counts is not None:
        matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark)
        mark = sheet.marks[0] if mark is None else mark
        analysis = repeat_analysis(found, matrix, sheet, question)
    if mark is None:
        raise typer.BadParameter("name the mark of the results, as H3K27me3", param_hint="--mark")
    reference = None if genome is None else load_reference(genome, None)
    result = compare_assay(
        found,
        table,
        assay=assay,
        mark=mark,
        analysis=analysis,
        covariates=None if reference is None else gene_covariates(reference),
        symbols=load_symbols(),
        thresholds=Thresholds(max_p, min_fold_change, question.fdr),
    )
    own = found.attrs["header"]
    about = {name: own[name] for name in ("resist_epi", "contrast") if name in own}
    write_table(output, result.joined, header=about | result.header)
    if summary is not None:
        write_table(summary, result.summary, header=about | result.header)
