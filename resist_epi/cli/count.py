"""`resist-epi count`: tracks and regions to a matrix."""

from __future__ import annotations

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import (
    CacheOption,
    ChainOption,
    CountAsOption,
    DuplicatesOption,
    ExcludeOption,
    ExtendOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MinMapqOption,
    MinOverlapOption,
    Output,
    QuantityChoice,
    SheetArgument,
    ShiftOption,
)
from resist_epi.genome.consensus_rule import MIN_OVERLAP

NAME = "count"


def command(
    sheet: SheetArgument,
    output: Output,
    regions: str = typer.Option(
        ..., "--regions", help="promoters, genes, peaks, bins, domains, or a BED file."
    ),
    quantity: QuantityChoice = typer.Option(
        QuantityChoice.auto, "--quantity", help="auto takes what the tracks allow."
    ),
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    min_overlap: MinOverlapOption = MIN_OVERLAP,
    chain: ChainOption = None,
    cache: CacheOption = None,
    jobs: JobsOption = 1,
    min_mapq: MinMapqOption = 0,
    keep_duplicates: DuplicatesOption = None,
    count_as: CountAsOption = None,
    shift: ShiftOption = 0,
    extend: ExtendOption = None,
) -> None:
    """Count every track of a sheet in every region; Parquet, or TSV by the name's ending.

    If a process is killed or a file is damaged, what was counted by then is kept beside the output
    (OUTPUT.parts) and the same command goes on from it.
    """
    from resist_epi.cli.messages import track_progress
    from resist_epi.counting.matrix_files import check_counts_path, write_counts
    from resist_epi.counting.sources import read_options
    from resist_epi.io.parts import Parts
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.count_sheet import count_sheet
    from resist_epi.study.lifted import lifted
    from resist_epi.study.regions import AskedRegions, check_regions
    from resist_epi.study.staged import columns_counted, stage_sheet

    check_counts_path(output)
    check_regions(regions)
    reads = read_options(
        count_as=count_as,
        min_quality=min_mapq,
        duplicates=keep_duplicates,
        shift=shift,
        extend=extend,
    )
    parts = output.with_name(f"{output.name}.parts")
    rows = one_mark(read_sheet(sheet), mark, needed=False)
    rows = stage_sheet(rows, cache, columns=columns_counted(rows, quantity.value))
    with lifted(rows, chain, output) as own, track_progress(len(rows.samples)) as progress:
        matrix = count_sheet(
            own,
            AskedRegions(regions, genome, genes, exclude, min_overlap),
            quantity=quantity.value,
            reads=reads,
            jobs=jobs,
            parts=parts,
            progress=progress,
        )
    write_counts(output, matrix)
    Parts(parts).remove_all()
