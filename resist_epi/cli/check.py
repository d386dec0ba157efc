"""`resist-epi check`: every problem of a study at once."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import (
    BlockOption,
    ChainOption,
    CoefficientsOption,
    CohortAdjustOption,
    CohortStrataOption,
    CohortTreatmentOption,
    ContactsOption,
    ContrastsOption,
    ExcludeOption,
    ExpressionOption,
    GeneSetsOption,
    GenesOption,
    GenomeOption,
    KnownOption,
    MethodOption,
    MethylationOption,
    NormalizeOption,
    PartitionOption,
    ProteomicsOption,
    SegmentsOption,
    SheetArgument,
    SitesOption,
    StrataOption,
    SurvivalOption,
    WorseOption,
    named,
    named_files,
    own_link,
)
from resist_epi.io.shown import count

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

NAME = "check"

LEVELS = ("error", "warning", "info")


def command(
    sheet: SheetArgument,
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    segments: SegmentsOption = None,
    output: Path | None = typer.Option(
        None, "--output", "-o", callback=own_link, help="TSV; default: the terminal."
    ),
    design: str | None = typer.Option(
        None, "--design", help="Formula of diff or run; default '~ Condition'."
    ),
    contrast: ContrastsOption = None,
    coefficient: CoefficientsOption = None,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    block: BlockOption = None,
    strata: StrataOption = None,
    chain: ChainOption = None,
    gene_sets: GeneSetsOption = None,
    known: KnownOption = None,
    partition: PartitionOption = None,
    sites: SitesOption = [],  # noqa: B006
    contacts: ContactsOption = None,
    expression: ExpressionOption = None,
    proteomics: ProteomicsOption = None,
    methylation: MethylationOption = None,
    survival: SurvivalOption = None,
    cohort_adjust: CohortAdjustOption = None,
    cohort_strata: CohortStrataOption = None,
    cohort_treatment: CohortTreatmentOption = None,
    worse: WorseOption = None,
    as_json: bool = typer.Option(False, "--json", help="JSON instead, for programs."),
    jobs: JobsOption = 1,
) -> None:
    """Look at a sheet and every file it names; exit 1 if anything is an error.

    With a design, contrast, coefficient, method or normalisation, also whether `diff` and `run`
    can answer it. Files that `run` takes beside the sheet are read as `run` reads them.
    """
    from resist_epi.io.tables import write_table
    from resist_epi.mechanism.cohort_files import CohortColumns
    from resist_epi.model.asked import several_questions
    from resist_epi.samples.question import Question
    from resist_epi.samples.sheet import read_sheet
    from resist_epi.study.check import check_study, has_errors
    from resist_epi.study.check_chromosomes import Beside
    from resist_epi.study.given_files import GivenFiles
    from resist_epi.study.lifted import lifted

    asked = named(
        formula=design,
        method=method,
        normalize=normalize,
        block=block,
        strata=strata,
    )
    several = [*(contrast or ()), *(coefficient or ())]
    if len(several) == 1:
        asked |= {"contrast": several[0]} if contrast else {"coefficient": several[0]}
    questions: Question | list[Question] | None = Question(**asked) if asked or several else None
    if len(several) > 1:
        questions = several_questions(Question(**asked), several)
    asked_or_default = questions if isinstance(questions, list) else [questions or Question()]
    given = GivenFiles(
        named_files(sites),
        contacts,
        partition,
        known,
        gene_sets,
        named(expression=expression, proteomics=proteomics, methylation=methylation),
        survival,
        CohortColumns(tuple(cohort_adjust or ()), cohort_strata, cohort_treatment),
        worse,
    )
    rows = None if chain is None else read_sheet(sheet)
    with ExitStack() as until_checked:
        if rows is not None:
            rows = until_checked.enter_context(lifted(rows, chain, None))
        table = check_study(
            sheet,
            sheet=rows,
            beside=Beside(genome, genes, exclude, segments, given, asked_or_default),
            question=questions,
            with_question=True,
            jobs=jobs,
        )
    _say_how_many(table, sheet, output)
    if as_json:
        _write_json(table, sheet, output)
    elif output is not None:
        write_table(output, table)
    else:
        for level, *place, message in table.to_numpy(dtype=str):
            print(level, " ".join(filter(None, place)), message, sep="\t")
    if has_errors(table):
        raise typer.Exit(1)


def _say_how_many(table: pd.DataFrame, sheet: Path, output: Path | None) -> None:
    """Say how many findings there are: errors stand far above the end of what is printed."""
    n, more = (int((table["level"] == level).sum()) for level in LEVELS[:2])
    logger.log(
        logging.ERROR if n else logging.INFO,
        "%s: %s%s%s",
        sheet,
        count(n, "problem") if n else "no problem",
        f", {count(more, 'warning')}" if more else "",
        "" if output is None else f"; listed in {output}" if n + more else "",
    )


def _write_json(table: pd.DataFrame, sheet: Path, output: Path | None) -> None:
    """The findings with the columns of the table, and how many of each level there are."""
    import json

    from resist_epi.io.store import write_text
    from resist_epi.version import VERSION

    said = {
        "version": VERSION,
        "sheet": str(sheet),
        "counts": {level: int((table["level"] == level).sum()) for level in LEVELS},
        "findings": table.to_dict("records"),
    }
    text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print(text, end="")
    else:
        write_text(output, text)
