"""`resist-epi evidence`: a mark's results and another assay to what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    CohortAdjustOption,
    CohortStrataOption,
    CohortTreatmentOption,
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
    SurvivalOption,
    ThresholdAgain,
    WorseOption,
    named,
)

if TYPE_CHECKING:
    import pandas as pd

    from resist_epi.mechanism.outcome import OutcomeResult

NAME = "evidence"


def command(
    results: Path = typer.Argument(..., metavar="RESULTS", help="TSV of diff or run."),
    table: Path | None = typer.Argument(
        None,
        metavar="[TABLE]",
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
    survival: SurvivalOption = None,
    cohort_adjust: CohortAdjustOption = None,
    cohort_strata: CohortStrataOption = None,
    cohort_treatment: CohortTreatmentOption = None,
    worse: WorseOption = None,
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
    """Compare a mark with expression, proteins, methylation or the outcome of patients.

    Signs are stated in advance. With --survival instead of TABLE, the called genes are held against
    the outcome in an outside cohort, as a score and one by one.

    With --counts, the question that the results answer is asked again, as their header holds it;
    options given here win over it. Then the file's columns may be patients, and mark and assay are
    also correlated over them.
    """
    from resist_epi.genes.builtin import load_symbols
    from resist_epi.genes.covariates import gene_covariates
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import read_results
    from resist_epi.mechanism.compare_assay import compare_assay
    from resist_epi.mechanism.evidence import Thresholds
    from resist_epi.study.count_sheet import read_counts_and_sheet
    from resist_epi.study.repeat import question_again, repeat_analysis

    found = read_results(results)
    if (survival is None) == (table is None):
        raise typer.BadParameter(
            "give TABLE, or --survival EXPRESSION CLINICAL", param_hint="TABLE"
        )
    if survival is None and any((cohort_adjust, cohort_strata, cohort_treatment, worse)):
        raise typer.BadParameter(
            "--cohort-adjust, --cohort-strata, --cohort-treatment and --worse are of an outside"
            " cohort; give --survival EXPRESSION CLINICAL, or leave them out",
            param_hint="--survival",
        )
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
    if survival is not None:
        columns = (tuple(cohort_adjust or ()), cohort_strata, cohort_treatment)
        made = _of_cohort(found, survival, columns, mark=mark, worse=worse, fdr=question.fdr)
        _write(found, made.genes, made.summary, made.header, output, summary)
        return
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
        str(table),
        assay=assay,
        mark=mark,
        analysis=analysis,
        covariates=None if reference is None else gene_covariates(reference),
        symbols=load_symbols(),
        thresholds=Thresholds(max_p, min_fold_change, question.fdr),
    )
    _write(found, result.joined, result.summary, result.header, output, summary)


def _of_cohort(
    found: pd.DataFrame,
    files: tuple[Path, Path],
    columns: tuple[tuple[str, ...], str | None, str | None],
    *,
    mark: str | None,
    worse: str | None,
    fdr: float,
) -> OutcomeResult:
    from resist_epi.genes.builtin import load_symbols
    from resist_epi.genes.gene_level import GeneLevel
    from resist_epi.mechanism.cohort_files import CohortColumns, read_cohort
    from resist_epi.mechanism.outcome import outcome_of_genes, worse_side
    from resist_epi.samples.facts import facts_of

    facts = facts_of(found.attrs["header"])
    own = mark or str(facts.get("mark", ""))
    if not own:
        raise typer.BadParameter("name the mark of the results, as H3K27me3", param_hint="--mark")
    level = GeneLevel(found, symbols=load_symbols(), mark=own)
    cohort = read_cohort(*files, CohortColumns(*columns))
    return outcome_of_genes(level, cohort, fdr=fdr, worse=worse_side(facts, worse))


def _write(
    found: pd.DataFrame,
    table: pd.DataFrame,
    row: pd.DataFrame,
    header: Mapping[str, str],
    output: Path,
    summary: Path | None,
) -> None:
    from resist_epi.io.tables import write_table

    own = found.attrs["header"]
    about = {name: own[name] for name in ("resist_epi", "contrast") if name in own}
    write_table(output, table, header=about | dict(header))
    if summary is not None:
        write_table(summary, row, header=about | dict(header))
