"""`resist-epi compare`: two finished runs to what differs between them, and why."""

from __future__ import annotations

from pathlib import Path

import typer

from resist_epi.cli.options import Output

NAME = "compare"


def command(
    run_a: Path = typer.Argument(..., metavar="RUN_A", help="A folder that `run` wrote."),
    run_b: Path = typer.Argument(..., metavar="RUN_B", help="Another, as after a change."),
    output: Output = ...,  # type: ignore[assignment]
    causes: bool = typer.Option(
        True,
        "--causes/--no-causes",
        help="Try each difference alone, asked of the counts again.",
    ),
) -> None:
    """Compare two runs: calls gained, lost and turned, what differs, and which of it did it.

    Writes tables, a figure and a page into the output's folder; reads the runs alone.
    """
    from resist_epi.cli.messages import track_progress
    from resist_epi.errors import InputFormatError
    from resist_epi.io.run_folder import comparison_path
    from resist_epi.report.compare import ComparisonTables, said, write_comparison
    from resist_epi.study.compare import compare_runs
    from resist_epi.study.compare_causes import causes as causes_of
    from resist_epi.study.run_read import read_run

    if output.resolve() in (run_a.resolve(), run_b.resolve()):
        raise InputFormatError(
            "is the folder of one of the runs; a comparison has a folder of its own",
            path=output,
            remedy="name another folder with -o",
        )
    import matplotlib as mpl

    mpl.use("agg")  # files only: no window, whatever the machine has
    compared = compare_runs(read_run(run_a), read_run(run_b))
    with track_progress(None) as progress:
        told = causes_of(compared, progress=progress, tried=causes)
    found = ComparisonTables(
        (str(run_a), str(run_b)), compared.changed, compared.kinds, compared.differences, told
    )
    write_comparison(output, found)
    for line in said(found):
        print(line)
    print(f"page: {comparison_path(output, 'page')}")
