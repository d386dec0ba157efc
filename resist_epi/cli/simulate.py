"""`resist-epi simulate`: a cohort with known truth."""

from __future__ import annotations

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import Output

NAME = "simulate"


def command(
    output: Output = ...,  # type: ignore[assignment]
    seed: int = typer.Option(1, min=0, help="Seed of all random numbers."),
    good: int = typer.Option(6, min=0, help="Tumours of good outcome."),
    poor: int = typer.Option(6, min=0, help="Tumours of poor outcome."),
    marks: str | None = typer.Option(
        None,
        help="H3K27me3, H3K36me3, H3K4me3, H3K27ac, ER, comma between. Default the first two.",
    ),
    chromosomes: str | None = typer.Option(
        None, help="Chromosomes, comma between. Default chr1,chr2,chr12,chr17,chrX."
    ),
    fragments: float = typer.Option(1e6, help="Expected fragments a library."),
    fragment_length: int = typer.Option(200, help="bp of a fragment."),
    bin_size: int = typer.Option(50, help="bp of a bin of the tracks."),
    null: bool = typer.Option(False, "--null", help="No difference between the groups."),
    effect_scale: float = typer.Option(1.0, help="Factor on every planted log2 effect."),
    depth_sd: float = typer.Option(0.25, help="Spread of the depths (SD of the natural log)."),
    efficiency_sd: float = typer.Option(0.1, help="Spread of the enrichment, likewise."),
    biological_sd: float = typer.Option(0.35, help="Spread between tumours (SD of log2)."),
    outlier: bool = typer.Option(False, "--outlier", help="One poor tumour varies threefold."),
    batches: int = typer.Option(1, min=1, help="Processing batches, crossed with the groups."),
    batch_sd: float = typer.Option(0.4, help="Spread of the batch effects (SD of log2)."),
    purity: bool = typer.Option(False, "--purity", help="Tumours hold normal tissue."),
    copy_number: bool = typer.Option(
        False, "--copy-number", help="A segment with more copies in half of the poor tumours."
    ),
    global_shift: float = typer.Option(0.0, help="log2 change of all H3K27me3 in poor tumours."),
    spike_in: bool = typer.Option(False, "--spike-in", help="Reads of an exogenous genome."),
    inputs: bool = typer.Option(False, "--inputs", help="An input of every tumour."),
    assay: str = typer.Option(
        "ChIP-seq",
        help="ChIP-seq (tracks), CUT&RUN or CUT&Tag (BAM files of pairs with reads of E. coli).",
    ),
    genome: str = typer.Option("hg38", "--genome", help="hg38 or hg19."),
    scenario: str = typer.Option(
        "named",
        help="named: changes in sets that the package names, as it expects. honest: in these, in"
        " random sets and in none, often in half of the poor tumours, groups cut from one time to"
        " progression, hidden proliferation and subtype.",
    ),
    jobs: JobsOption = 1,
) -> None:
    """Write a cohort of tumours with known truth: tracks, peaks, sheet and truth."""
    from resist_epi.cli.messages import track_progress
    from resist_epi.simulation.cohort import simulate_cohort
    from resist_epi.simulation.files import write_cohort
    from resist_epi.simulation.settings import CHROMOSOMES, MARKS, CohortSettings

    settings = CohortSettings(
        seed=seed,
        good=good,
        poor=poor,
        marks=_listed(marks, MARKS),
        chromosomes=_listed(chromosomes, CHROMOSOMES),
        fragments=fragments,
        fragment_length=fragment_length,
        bin_size=bin_size,
        null=null,
        effect_scale=effect_scale,
        depth_sd=depth_sd,
        efficiency_sd=efficiency_sd,
        biological_sd=biological_sd,
        outlier=outlier,
        batches=batches,
        batch_sd=batch_sd,
        purity=purity,
        copy_number=copy_number,
        global_shift=global_shift,
        spike_in=spike_in,
        inputs=inputs,
        assay=_assay(assay),
        assembly=genome,
        scenario=scenario,
    )
    cohort = simulate_cohort(settings)
    with track_progress(len(cohort.libraries), what="simulating") as progress:
        sheet = write_cohort(cohort, output, jobs=jobs, progress=progress)
    print(f"sheet: {sheet}")
    print(f"truth: {output / 'truth.tsv.gz'}")


def _assay(text: str) -> str:
    from resist_epi.samples.assays import assay_named

    found = assay_named(text)
    return text if found is None else found.name


def _listed(text: str | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if text is None else tuple(t.strip() for t in text.split(",") if t.strip())
