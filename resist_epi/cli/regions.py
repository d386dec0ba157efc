"""`resist-epi regions`: the regions of a kind as BED."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
)
from resist_epi.errors import unknown_name
from resist_epi.genome.consensus_rule import MIN_OVERLAP

if TYPE_CHECKING:
    from resist_epi.samples.sheet import SampleSheet

NAME = "regions"


KINDS = ("promoters", "genes", "peaks", "bins", "domains", "greylist")


def command(
    kind: str = typer.Argument(
        ..., metavar="KIND", help="promoters, genes, peaks, bins, domains, greylist (of inputs)."
    ),
    output: Output = ...,  # type: ignore[assignment]
    samples: Annotated[
        Path | None, typer.Option("--samples", help="Sheet, for its peaks, or domains of a mark.")
    ] = None,
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    chain: ChainOption = None,
    bin_size: int = typer.Option(10_000, "--bin-size", min=1, help="Width of bins, bp."),
    min_overlap: MinOverlapOption = MIN_OVERLAP,
    window: Annotated[
        list[int] | None,
        typer.Option("--window", min=1, help="domains: window size, bp; may be repeated."),
    ] = None,
    step: int = typer.Option(500, "--step", min=1, help="domains: step of the windows, bp."),
    fold: float = typer.Option(2.0, "--fold", min=1.0, help="domains: least over background."),
    gap: int = typer.Option(100, "--gap", min=0, help="domains: bp between windows of one."),
    max_width: int = typer.Option(30_000, "--max-width", min=1, help="domains: cut there, bp."),
    jobs: JobsOption = 1,
) -> None:
    """Write promoters, gene bodies, consensus peaks, bins, domains or a greylist as BED.

    A greylist is where inputs are too high. Domains are found in the tracks of a sheet, blind to
    its groups: windows above background, merged by location.
    """
    from resist_epi.genome.peaks import write_bed

    if kind not in KINDS:
        raise typer.BadParameter(unknown_name("kind of regions", kind, KINDS), param_hint="KIND")
    if kind == "domains":
        settings: dict[str, Any] = {"step": step, "fold": fold, "gap": gap, "max_width": max_width}
        if window:
            settings["sizes"] = tuple(window)
        with _lifted(samples, mark, chain, output, TRACKS) as rows:
            write_bed(_domains(rows, genome, exclude, settings, jobs), output)
        return
    from resist_epi.study.regions import regions_without_tracks

    if kind == "greylist":
        from resist_epi.cli.messages import track_progress
        from resist_epi.dna.greylist import sheet_greylist

        if samples is None:
            raise typer.BadParameter("a greylist is made from a sheet's inputs; give --samples")
        with track_progress(None) as progress:
            grey = sheet_greylist(samples, genome=genome, exclude=exclude, progress=progress)
        write_bed(grey, output)
        return
    with _lifted(samples, mark, chain, output, ("Peaks",) if kind == "peaks" else ()) as rows:
        table = regions_without_tracks(
            kind,
            samples=rows,
            mark=mark,
            genome=genome,
            genes=genes,
            exclude=exclude,
            bin_size=bin_size,
            min_overlap=min_overlap,
        )
    write_bed(table, output)


TRACKS = ("Coverage", "ControlCoverage", "bamReads", "bamControl")


@contextmanager
def _lifted(
    samples: Path | None,
    mark: str | None,
    chain: Path | None,
    output: Path,
    columns: tuple[str, ...],
) -> Iterator[SampleSheet | None]:
    """The sheet's rows of the mark, with the files of these columns lifted meanwhile."""
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.lifted import lifted

    if samples is None:
        yield None
        return
    with lifted(one_mark(read_sheet(samples), mark), chain, output, columns=columns) as rows:
        yield rows


def _domains(
    rows: SampleSheet | None,
    genome: str | None,
    exclude: Path | None,
    settings: dict[str, Any],
    jobs: int,
) -> Any:
    from resist_epi.cli.messages import track_progress
    from resist_epi.domains.settings import DomainSettings
    from resist_epi.genome.builtin import load_genome
    from resist_epi.study.regions import regions_of_domains

    if rows is None:
        raise typer.BadParameter(
            "domains are found in the tracks of a sheet", param_hint="--samples"
        )
    with track_progress(None) as progress:
        return regions_of_domains(
            rows,
            genome=None if genome is None else load_genome(genome),
            exclude=exclude,
            settings=DomainSettings(**settings),
            jobs=jobs,
            progress=progress,
        )
