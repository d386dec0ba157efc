"""`resist-epi diff`: counts to results."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import (
    BackgroundOption,
    BlockOption,
    ContrastOption,
    DesignOption,
    FdrOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
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
    fold_changes_only: bool = typer.Option(
        False, "--fold-changes-only", help="Fold changes without a test: no SE, P or padj."
    ),
) -> None:
    """Test a contrast in every region of a matrix."""
    from resist_epi.analysis import analyse
    from resist_epi.io.tables import write_table
    from resist_epi.sheet_counts import inputs_of_counts, read_counts_and_sheet

    matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark, quantity=quantity)
    analysis = analyse(
        matrix,
        sheet,
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        inputs=inputs_of_counts(matrix, sheet, background, normalize=normalize),
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        fold_changes="always" if fold_changes_only else "never",
    )
    write_table(output, analysis.results, header=analysis.header)
