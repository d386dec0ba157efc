"""`resist-epi marks`: the results of two opposing marks to switches between them."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.kinds import RESULTS, expecting
from resist_epi.cli.options import (
    BlockOption,
    ContrastOption,
    ControlAgain,
    CopyNumberOption,
    DesignAgain,
    FastaOption,
    FdrAgain,
    NormalizeOption,
    Output,
    SegmentsOption,
    StrataOption,
    ThresholdAgain,
    named,
)

NAME = "marks"


def command(
    repressive: Path = typer.Argument(
        ..., metavar="K27ME3", help="Results of the repressive mark, as diff writes them."
    ),
    active: Path = typer.Argument(
        ..., metavar="K36ME3", help="Results of the active mark, of the same contrast."
    ),
    output: Output = ...,  # type: ignore[assignment]
    third: Path | None = typer.Option(
        None,
        "--third",
        help="Results of a third mark, as H3K4me3 or H3K27ac: adds bivalent or poised classes.",
    ),
    names: str = typer.Option(
        "H3K27me3,H3K36me3",
        "--names",
        help="What the marks are called, comma between; a third name goes with --third.",
    ),
    counts: list[Path] = typer.Option(
        [],
        "--counts",
        help="Counts of a mark's results, once a mark in the same order: tell how far the marks'"
        " errors are correlated, without which the more careful test is used.",
    ),
    background: list[Path] = typer.Option(
        [],
        "--background",
        help="Counts in bins, once a mark in the same order, in place of the results' own.",
    ),
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet of the counts."),
    design: DesignAgain = None,
    contrast: ContrastOption = None,
    test: str | None = typer.Option(
        None, "--test", help="--method of diff, in place of the results' own."
    ),
    normalize: NormalizeOption = None,
    lfc_threshold: ThresholdAgain = None,
    block: BlockOption = None,
    strata: StrataOption = None,
    control: ControlAgain = None,
    copy_number: CopyNumberOption = None,
    segments: SegmentsOption = None,
    fasta: FastaOption = None,
    method: str | None = typer.Option(
        None, "--method", help="adafilter or max_p instead of the choice made from the data."
    ),
    fdr: FdrAgain = None,
) -> None:
    """Find genes at which a repressive and an active mark trade places.

    With --counts, the questions that the results answer are asked again, as their headers hold
    them; options given here win over them.
    """
    from resist_epi.errors import DesignError
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.mechanism.find_switches import switches_of_tables
    from resist_epi.mechanism.switches import third_marks
    from resist_epi.study.count_sheet import read_counts_and_sheet
    from resist_epi.study.repeat import question_again, repeat_analysis
    from resist_epi.version import VERSION

    paths = [repressive, active, *([] if third is None else [third])]
    marks = [name.strip() for name in names.split(",")]
    if third is not None and len(marks) < len(paths):
        raise DesignError(
            f"--third needs three --names; its own must be {' or '.join(third_marks())}, such as"
            f" --names {','.join(marks)},{next(iter(third_marks()))}"
        )
    if len(marks) != len(paths) or not all(marks):
        raise DesignError(f"--names {names!r} does not name {len(paths)} marks")
    for given, option in ((counts, "--counts"), (background, "--background")):
        if given and len(given) != len(paths):
            raise DesignError(
                f"{len(given)} {option} for {len(paths)} marks; give one each, or none"
            )
    asked = named(
        formula=design,
        contrast=contrast,
        method=test,
        normalize=normalize,
        fdr=fdr,
        lfc_threshold=lfc_threshold,
        block=block,
        strata=strata,
        control=control,
        copy_number=copy_number,
        segments=segments,
        fasta=fasta,
    )
    tables = {}
    for mark, path in zip(marks, paths, strict=True):
        with expecting(path, RESULTS):
            tables[mark] = read_results(path)
    bins = dict(zip(marks, background, strict=False))
    questions = {
        mark: question_again(tables[mark], path, asked | named(background=bins.get(mark)))
        for mark, path in zip(marks, paths, strict=True)
    }
    levels = {question.fdr for question in questions.values()}
    if len(levels) > 1:
        raise DesignError("the results were made at different levels; say one with --fdr")
    analyses = {}
    for mark, path in zip(marks, counts, strict=False):
        own = read_counts_and_sheet(path, samples, mark=None if samples is None else mark)
        analyses[mark] = repeat_analysis(tables[mark], *own, questions[mark])
    table = switches_of_tables(tables, analyses, method=method, fdr=levels.pop())
    write_table(output, table, header={"resist_epi": VERSION} | table.attrs["header"])
