"""`resist-epi occupancy`: peaks alone to the consensus peaks that each group has."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from resist_epi.cli.options import (
    ChainOption,
    ContrastOption,
    ExcludeOption,
    GeneSetsOption,
    GenesOption,
    GenomeOption,
    MarkOption,
    MinOverlapOption,
    Output,
    SheetArgument,
)
from resist_epi.genome.consensus_rule import MIN_OVERLAP, RULE

NAME = "occupancy"


class RuleChoice(StrEnum):
    """Rules of a consensus."""

    peaks = "peaks"
    bases = "bases"


def command(
    sheet: SheetArgument,
    output: Output,
    mark: MarkOption = None,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    gene_sets: GeneSetsOption = None,
    contrast: ContrastOption = None,
    min_overlap: MinOverlapOption = MIN_OVERLAP,
    rule: RuleChoice = typer.Option(
        RuleChoice(RULE),
        "--rule",
        help="Consensus: peaks, merged and kept whole where enough samples have one; or the bases"
        " that enough samples cover.",
    ),
    chain: ChainOption = None,
    overlaps: Path | None = typer.Option(
        None, "--overlaps", help="Also write how many peaks each combination of samples shares."
    ),
    group_overlaps: Path | None = typer.Option(
        None, "--group-overlaps", help="Likewise of the groups: plot upset and plot venn draw both."
    ),
    components: Path | None = typer.Option(
        None, "--components", help="Also write principal components of the samples, for plot pca."
    ),
    classes: Path | None = typer.Option(
        None, "--classes", help="Also write how many peaks are of each class, for plot annotation."
    ),
    by_gene: Path | None = typer.Option(
        None, "--by-gene", help="Also write a row a gene that has peaks."
    ),
    mechanisms: Path | None = typer.Option(
        None, "--mechanisms", help="Also write the genes with peaks of each mechanism."
    ),
) -> None:
    """Write a row a consensus peak: who has it, in which group, Fisher's P (descriptive).

    Peaks are found in each library by its own depth and caller: how much of a mark there is they do
    not say. With --genome or --genes a peak has its gene and class.
    """
    from resist_epi.genes.builtin import load_sets
    from resist_epi.genome.builtin import load_genome
    from resist_epi.genome.naming import Naming
    from resist_epi.genome.reference import load_reference
    from resist_epi.io.tables import write_table
    from resist_epi.samples.sheet import one_mark, read_sheet
    from resist_epi.study.lifted import lifted
    from resist_epi.study.occupancy import AskedOccupancy, sheet_occupancy
    from resist_epi.study.occupancy_tables import occupancy_tables, overlap_tables, table_headers

    asked = AskedOccupancy(min_overlap, rule.value, contrast, exclude)
    with lifted(one_mark(read_sheet(sheet), mark), chain, output, columns=("Peaks",)) as rows:
        name = genome if genome is not None else rows.assembly
        reference = None
        if genes is not None or name is not None:
            reference = load_reference(name, genes)
        elif classes or by_gene or mechanisms:
            raise typer.BadParameter(
                "what is about genes needs --genome or --genes", param_hint="--genome"
            )
        naming = Naming(None if name is None else load_genome(name), source=name or "the genes")
        found = sheet_occupancy(rows, asked, naming=naming)
        tables = occupancy_tables(found, reference, gene_sets=load_sets(gene_sets))
    made = overlap_tables(found)
    headers = table_headers(found, made)
    wanted = {
        "classes": (classes, tables.classes),
        "genes": (by_gene, tables.genes),
        "mechanisms": (mechanisms, tables.mechanisms),
        "overlaps": (overlaps, made.samples),
        "group_overlaps": (group_overlaps, made.groups),
        "components": (components, made.components),
    }
    for what, (path, table) in wanted.items():
        if path is not None and table is not None:
            write_table(path, table, header=headers[what])
    write_table(output, tables.regions, header=headers["regions"])
