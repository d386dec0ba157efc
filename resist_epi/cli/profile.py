"""`resist-epi profile`: tracks and regions to a matrix of signal along the regions."""

from __future__ import annotations

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import (
    ChainOption,
    ExcludeOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MinOverlapOption,
    Output,
    SheetArgument,
)
from resist_epi.genome.consensus_rule import MIN_OVERLAP

NAME = "profile"


def command(
    sheet: SheetArgument,
    output: Output,
    regions: list[str] = typer.Option(
        ...,
        "--regions",
        help="promoters, genes, peaks, a BED file, or a table of results (its gains and losses);"
        " several times for several groups.",
    ),
    point: str = typer.Option("", "--point", help="TSS, TES or center. Default by the regions."),
    before: int = typer.Option(3000, "--before", min=0, help="bp upstream."),
    after: int = typer.Option(3000, "--after", min=0, help="bp downstream."),
    body: int = typer.Option(
        0, "--body", min=0, help="Scale regions to this length, bp, and show both ends."
    ),
    bin_size: int = typer.Option(50, "--bin-size", min=1, help="bp of a bin."),
    labels: str | None = typer.Option(
        None, "--labels", help="Names of the groups, comma between, in the order of --regions."
    ),
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    min_overlap: MinOverlapOption = MIN_OVERLAP,
    chain: ChainOption = None,
    jobs: JobsOption = 1,
) -> None:
    """Write signal along regions as a matrix file, which deepTools' plotHeatmap opens too.

    Rows run from 5' to 3'. Draw it with `resist-epi plot heatmap` or `plot profile`.
    """
    from resist_epi.cli.messages import track_progress
    from resist_epi.counting.profile_files import write_profile_matrix
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.lifted import lifted
    from resist_epi.study.profile_sheet import Window, named_groups, profile_groups, profile_sheet
    from resist_epi.study.staged import columns_drawn, stage_sheet
    from resist_epi.tracks.looks import LookCache

    rows = one_mark(read_sheet(sheet), mark)
    rows = stage_sheet(rows, columns=columns_drawn(rows), parts=chain is None)
    looks = LookCache()
    if not point:
        point = "TSS" if set(regions) <= {"promoters", "genes"} else "center"
    window = Window(point=point, before=before, after=after, body=body, bin_size=bin_size)
    with lifted(rows, chain, output) as own:
        table = profile_groups(
            own,
            regions,
            genome=genome,
            genes=genes,
            exclude=exclude,
            min_overlap=min_overlap,
            looks=looks,
        )
        if labels is not None:
            table = named_groups(table, [label.strip() for label in labels.split(",")])
        with track_progress(len(own.samples)) as progress:
            matrix = profile_sheet(
                own, table, window, genome=genome, jobs=jobs, looks=looks, progress=progress
            )
    write_profile_matrix(output, matrix)
