"""`resist-epi diff`: counts to results."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    ContrastOption,
    ControlOption,
    CopyNumberOption,
    DesignOption,
    FastaOption,
    FdrOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
    SegmentsOption,
    StrataOption,
    ThresholdOption,
)

NAME = "diff"


def command(
    counts: Path = typer.Argument(
        ..., metavar="COUNTS", help="Parquet of count, or a TSV chrom start end sample..."
    ),
    output: Output = ...,  # type: ignore[assignment]
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet."),
    mark: MarkOption = None,
    design: DesignOption = "~ Condition",
    contrast: ContrastOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    background: BackgroundOption = None,
    quantity: str | None = typer.Option(
        None, "--quantity", help="What a TSV holds: reads, mean_signal, coverage_sum."
    ),
    fdr: FdrOption = 0.05,
    lfc_threshold: ThresholdOption = 0.0,
    block: BlockOption = None,
    strata: StrataOption = None,
    control: ControlOption = "none",
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
) -> None:
    """Test a contrast in every region of a matrix."""
    from resist_epi.io.tables import write_table
    from resist_epi.study.analyse_counts import analyse_counts
    from resist_epi.study.count_sheet import read_counts_and_sheet

    matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark, quantity=quantity)
    analysis = analyse_counts(
        matrix,
        sheet,
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        background=background,
        control=control,
        copy_number=copy_number,
        segments=segments,
        fasta=fasta,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        fold_changes="always" if fold_changes_only else "never",
    )
    if carriers is not None:
        from resist_epi.model.subsets import carriers_of

        found = carriers_of(analysis, fdr=fdr)
        write_table(carriers, found.table, header=analysis.header | found.header)
    write_table(output, analysis.results, header=analysis.header)
