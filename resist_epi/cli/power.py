"""`resist-epi power`: a pilot's counts to power and expected FDR of larger studies."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.kinds import COUNTS, expecting
from resist_epi.cli.options import (
    BackgroundOption,
    ContrastOption,
    DesignOption,
    FdrOption,
    HiddenOption,
    MarkOption,
    MethodOption,
    NormalizeOption,
    Output,
    ThresholdOption,
    WeightsOption,
    numbers,
)
from resist_epi.samples.question import Confounders, Question

NAME = "power"


def command(
    counts: Path = typer.Argument(
        ...,
        metavar="COUNTS",
        help="Counts of a pilot, or published ones: Parquet of count, or a TSV chrom start end"
        " sample...",
    ),
    output: Output = ...,  # type: ignore[assignment]
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet."),
    mark: MarkOption = None,
    units: str = typer.Option("3,4,6,12", "--units", help="Units a group of the planned studies."),
    effects: str = typer.Option("0.5,1", "--effects", help="Changes to be found, log2."),
    depth: str = typer.Option(
        "1", "--depth", help="Reads a library, as multiples of the pilot's (counts of reads alone)."
    ),
    carriers: str = typer.Option(
        "1", "--carriers", help="Shares of the first group's tumours that carry a change."
    ),
    changed: float = typer.Option(
        0.05, "--changed", min=0.0, max=0.9, help="Share of the regions that change."
    ),
    sets: int = typer.Option(20, "--sets", min=2, help="Studies drawn of each size."),
    regions: int = typer.Option(
        3000, "--regions", min=200, help="At most so many of the pilot's tested regions are drawn."
    ),
    seed: int = typer.Option(1, "--seed", min=0, help="Decides everything that is drawn."),
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
    hidden: HiddenOption = Question.hidden,
    weights: WeightsOption = Question.weights,
    jobs: JobsOption = 1,
) -> None:
    """What larger studies like a pilot would find, by simulation with the test that they'd get."""
    import logging

    from resist_epi.cli.messages import track_progress
    from resist_epi.io.tables import write_table
    from resist_epi.model.pilot import fit_pilot
    from resist_epi.model.power import PowerPlan, power_table
    from resist_epi.model.power_words import power_header, power_sentence
    from resist_epi.study.count_sheet import (
        background_of_counts,
        inputs_of_bins,
        read_counts_and_sheet,
    )

    plan = PowerPlan(
        units=numbers(units, "--units", whole=True),
        effects=numbers(effects, "--effects"),
        depths=numbers(depth, "--depth"),
        carriers=numbers(carriers, "--carriers"),
        changed=changed,
        sets=sets,
        seed=seed,
    )
    question = Question(
        formula=design,
        contrast=contrast,
        method=method,
        normalize=normalize,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        hidden=hidden,
        weights=weights,
        confounders=Confounders(background=background),
    )
    with expecting(counts, COUNTS):
        matrix, sheet = read_counts_and_sheet(counts, samples, mark=mark, quantity=quantity)
    bins = background_of_counts(matrix, sheet, background)
    inputs = inputs_of_bins(matrix, sheet, None if bins is None else bins.filled(), question)
    pilot = fit_pilot(matrix, sheet, question, inputs=inputs, regions=regions, seed=seed)
    with track_progress(len(plan.settings), what="drawing studies") as progress:
        table = power_table(pilot, plan, jobs=jobs, progress=progress)
    write_table(output, table, header=power_header(pilot, plan, table, folder=output.parent))
    logging.getLogger("resist_epi").info("%s", power_sentence(table))
