"""`resist-epi marks`: the results of two opposing marks to switches between them."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import ContrastOption, DesignOption, FdrOption, NormalizeOption, Output

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
        help="Counts in bins, once a mark in the same order, if diff was given them.",
    ),
    samples: Path | None = typer.Option(None, "--samples", help="Sample sheet of the counts."),
    design: DesignOption = "~ Condition",
    contrast: ContrastOption = None,
    test: str | None = typer.Option(
        None, "--test", help="Test that the results were made with (--method of diff)."
    ),
    normalize: NormalizeOption = None,
    method: str | None = typer.Option(
        None, "--method", help="adafilter or max_p instead of the choice made from the data."
    ),
    fdr: FdrOption = 0.05,
) -> None:
    """Find genes at which a repressive and an active mark trade places."""
    from resist_epi.errors import DesignError
    from resist_epi.io.tables import read_results, write_table
    from resist_epi.mechanism.find_switches import switches_of_tables
    from resist_epi.mechanism.switches import third_marks
    from resist_epi.study.count_sheet import inputs_of_counts, read_counts_and_sheet
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
    matrices = {
        mark: read_counts_and_sheet(path, samples, mark=None if samples is None else mark)
        for mark, path in zip(marks, counts, strict=False)
    }
    bins = dict(zip(marks, background, strict=False))
    table = switches_of_tables(
        {mark: read_results(path) for mark, path in zip(marks, paths, strict=True)},
        matrices,
        formula=design,
        contrast=contrast,
        test=test,
        normalize=normalize,
        inputs={
            mark: inputs_of_counts(*own, bins.get(mark), normalize=normalize)
            for mark, own in matrices.items()
        },
        method=method,
        fdr=fdr,
    )
    write_table(output, table, header={"resist_epi": VERSION} | table.attrs["header"])
