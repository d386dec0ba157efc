"""`resist-epi diff`: counts to results."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.kinds import COUNTS, expecting
from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    ContrastOption,
    ControlOption,
    CopyNumberOption,
    DesignOption,
    FastaOption,
    FdrOption,
    HiddenOption,
    KnownOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
    SegmentsOption,
    StrataOption,
    ThresholdOption,
    WeightsOption,
)
from resist_epi.samples.question import Confounders, Question

NAME = "diff"


def command(
    counts: Path = typer.Argument(
        ..., metavar="COUNTS", help="Parquet of count, or a TSV chrom start end sample..."
    ),
    output: Output = ...,  # type: ignore[assignment]
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet."),
    mark: MarkOption = None,
    design: DesignOption = Question.formula,
    contrast: ContrastOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    background: BackgroundOption = None,
    quantity: str | None = typer.Option(
        None, "--quantity", help="What a TSV holds: reads, mean_signal, coverage_sum."
    ),
    fdr: FdrOption = Question.fdr,
    lfc_threshold: ThresholdOption = Question.lfc_threshold,
    block: BlockOption = None,
    strata: StrataOption = None,
    hidden: HiddenOption = Question.hidden,
    weights: WeightsOption = Question.weights,
    known: KnownOption = None,
    control: ControlOption = Confounders.control,
    copy_number: CopyNumberOption = None,
    segments: SegmentsOption = None,
    fasta: FastaOption = None,
    fold_changes_only: bool = typer.Option(
        False, "--fold-changes-only", help="Fold changes without a test: no SE, P or padj."
    ),
    carriers: Path | None = typer.Option(
        None,
        "--carriers",
        help="Also write a table of changes in some units of the first side, and which.",
    ),
    stability: bool = typer.Option(
        False, "--stability", help="Leave out each unit in turn: which calls stay."
    ),
) -> None:
    """Test a contrast in every region of a matrix."""
    from resist_epi.io.tables import write_table
    from resist_epi.model.agreement import with_agreement_where_known
    from resist_epi.model.known import read_known
    from resist_epi.model.question_check import check_question
    from resist_epi.study.analyse_counts import analyse_counts
    from resist_epi.study.count_sheet import read_counts_and_sheet

    question = Question(
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        hidden=hidden,
        weights=weights,
        confounders=Confounders(control, copy_number, segments, fasta, background),
    )
    check_question(question)
    directions = None if known is None else read_known(known)
    if carriers is not None:
        from resist_epi.model.subsets import carriers_of, check_carriers

        check_carriers(question, tested=not fold_changes_only)
    if stability:
        from resist_epi.model.stability import check_stability

        check_stability(tested=not fold_changes_only)
    with expecting(counts, COUNTS):
        matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark, quantity=quantity)
    analysis = analyse_counts(
        matrix, sheet, question, fold_changes="always" if fold_changes_only else "never"
    )
    if carriers is not None:
        found = carriers_of(analysis)
        write_table(carriers, found.table, header=analysis.about(carriers) | found.header)
    analysis = with_agreement_where_known(analysis, directions)
    if stability:
        from resist_epi.model.stability import with_stability

        analysis = with_stability(analysis)
    write_table(output, analysis.results, header=analysis.about(output))
