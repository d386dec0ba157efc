"""`resist-epi diff`: counts to results."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.kinds import COUNTS, expecting
from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    CoefficientsOption,
    ContrastsOption,
    ControlOption,
    CopyNumberOption,
    DesignOption,
    FastaOption,
    FdrOption,
    HiddenOption,
    JointOption,
    KnownOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
    SegmentsOption,
    StrataOption,
    ThresholdOption,
    ValuesOption,
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
    contrast: ContrastsOption = None,
    coefficient: CoefficientsOption = None,
    joint: JointOption = False,
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
    values: ValuesOption = False,
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
    """Test a contrast in every region of a matrix.

    Several contrasts or coefficients are tested on one fit; -o is then a folder with a table each,
    A-B.tsv.gz, and with --joint joint.tsv.gz, the F test of all of them.
    """
    from resist_epi.io.tables import write_table
    from resist_epi.model.agreement import with_agreement_where_known
    from resist_epi.model.known import read_known
    from resist_epi.model.question_check import check_question
    from resist_epi.model.unit_values import with_values
    from resist_epi.study.analyse_counts import analyse_several_counts
    from resist_epi.study.count_sheet import read_counts_and_sheet
    from resist_epi.study.several import check_several, results_paths, write_joint

    asked = [*(contrast or ()), *(coefficient or ())]
    several = asked if len(asked) > 1 else []
    question = Question(
        formula=design,
        contrast=None if several else next(iter(contrast or ()), None),
        coefficient=None if several else next(iter(coefficient or ()), None),
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
    check_several(question, several, joint=joint, tested=not fold_changes_only, output=output)
    directions = None if known is None else read_known(known)
    if carriers is not None:
        from resist_epi.model.subsets import carriers_of, check_carriers

        check_carriers(question, tested=not fold_changes_only, contrasts=max(len(asked), 1))
    if stability:
        from resist_epi.model.stability import check_stability, with_stability

        check_stability(tested=not fold_changes_only)
    with expecting(counts, COUNTS):
        matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark, quantity=quantity)
    analyses = analyse_several_counts(
        matrix,
        sheet,
        several,
        question,
        fold_changes="always" if fold_changes_only else "never",
    )
    paths = results_paths(output, analyses) if several else [output]
    if carriers is not None:
        found = carriers_of(analyses[0])
        write_table(carriers, found.table, header=analyses[0].about(carriers) | found.header)
    for analysis, path in zip(analyses, paths, strict=True):
        made = with_agreement_where_known(analysis, directions)
        made = with_stability(made) if stability else made
        made = with_values(made) if values else made
        write_table(path, made.results, header=made.about(path))
    if joint:
        write_joint(output, analyses)
