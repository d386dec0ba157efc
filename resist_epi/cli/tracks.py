"""`resist-epi tracks`: reads to bigWigs, and mean tracks of groups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import (
    CountAsOption,
    DuplicatesOption,
    ExcludeOption,
    ExtendOption,
    MarkOption,
    MinMapqOption,
    SheetArgument,
)

NAME = "tracks"


def command(
    sheet: SheetArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the bigWigs.")
    ],
    mark: MarkOption = None,
    bin_size: int = typer.Option(50, "--bin-size", min=1, help="bp of a bin."),
    normalize: str = typer.Option(
        "CPM",
        "--normalize",
        help="bamCoverage's: CPM, RPKM, BPM, RPGC (with --effective-genome-size) or None.",
    ),
    effective_genome_size: int | None = typer.Option(
        None, "--effective-genome-size", min=1, help="Mappable bases, for RPGC."
    ),
    mean_by: str | None = typer.Option(
        None,
        "--mean-by",
        metavar="COLUMN",
        help="Also the mean track of every level of this column, of each mark.",
    ),
    exclude: ExcludeOption = None,
    min_mapq: MinMapqOption = 0,
    keep_duplicates: DuplicatesOption = None,
    count_as: CountAsOption = None,
    extend: ExtendOption = None,
    jobs: JobsOption = 1,
) -> None:
    """Make a bigWig of every BAM of a sheet by deepTools' bamCoverage, and mean tracks of groups.

    DIR/tracks.json says by which command; what is unchanged is not made again. DIR/sheet.csv is
    the sheet with the tracks in it, for profile, plot and run.
    """
    from resist_epi.cli.messages import track_progress
    from resist_epi.counting.sources import read_options
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.make_tracks import AskedTracks, make_tracks
    from resist_epi.tracks.reads.bam_coverage import CoverageSettings

    rows = one_mark(read_sheet(sheet), mark, needed=False)
    asked = AskedTracks(
        CoverageSettings(bin_size, normalize, effective_genome_size, exclude),
        read_options(
            count_as=count_as,
            min_quality=min_mapq,
            duplicates=keep_duplicates,
            shift=0,
            extend=extend,
        ),
        mean_by,
        jobs,
    )
    with track_progress(len(rows.samples)) as progress:
        make_tracks(rows, output, asked, progress=progress)
