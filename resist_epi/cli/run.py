"""`resist-epi run`: a whole study."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from resist_epi.cli.jobs import JobsOption
from resist_epi.cli.options import (
    BlockOption,
    CacheOption,
    ChainOption,
    CoefficientsOption,
    CohortAdjustOption,
    CohortStrataOption,
    CohortTreatmentOption,
    ContactsOption,
    ContrastsOption,
    ControlOption,
    CopyNumberOption,
    CountAsOption,
    DesignOption,
    DuplicatesOption,
    ExcludeOption,
    ExpressionOption,
    ExtendOption,
    FastaOption,
    FdrOption,
    GeneSetsOption,
    GenesOption,
    GenomeOption,
    HiddenOption,
    JointOption,
    KnownOption,
    MethodOption,
    MethylationOption,
    MinMapqOption,
    MinOverlapOption,
    NormalizeOption,
    Output,
    PartitionOption,
    ProteomicsOption,
    QuantityChoice,
    SegmentsOption,
    ShiftOption,
    SitesOption,
    StrataOption,
    SurvivalOption,
    ThresholdOption,
    ValuesOption,
    WeightsOption,
    WorseOption,
    named_files,
)
from resist_epi.cli.stages import MarkOption, ShardOption, StageOption, asked_job
from resist_epi.genome.consensus_rule import MIN_OVERLAP
from resist_epi.samples.question import Confounders, Question

if TYPE_CHECKING:
    from resist_epi.samples.sheet import SampleSheet
    from resist_epi.study.first_look import FirstLook
    from resist_epi.study.settings import StudySettings

logger = logging.getLogger(__name__)

NAME = "run"


def command(
    context: typer.Context,
    sheet: Path = typer.Argument(
        ..., metavar="SHEET", help="Sample sheet; or the study.yaml of an earlier run."
    ),
    output: Output = ...,  # type: ignore[assignment]
    genome: GenomeOption = None,
    genes: GenesOption = None,
    exclude: ExcludeOption = None,
    gene_sets: GeneSetsOption = None,
    design: DesignOption = Question.formula,
    contrast: ContrastsOption = None,
    coefficient: CoefficientsOption = None,
    joint: JointOption = False,
    method: MethodOption = None,
    normalize: NormalizeOption = None,
    fdr: FdrOption = Question.fdr,
    lfc_threshold: ThresholdOption = Question.lfc_threshold,
    block: BlockOption = None,
    strata: StrataOption = None,
    hidden: HiddenOption = Question.hidden,
    weights: WeightsOption = Question.weights,
    known: KnownOption = None,
    values: ValuesOption = False,
    min_overlap: MinOverlapOption = MIN_OVERLAP,
    control: ControlOption = Confounders.control,
    copy_number: CopyNumberOption = None,
    segments: SegmentsOption = None,
    fasta: FastaOption = None,
    expression: ExpressionOption = None,
    proteomics: ProteomicsOption = None,
    methylation: MethylationOption = None,
    evidence_max_p: float = typer.Option(
        0.05, "--evidence-max-p", help="Largest P at which a gene has changed in these."
    ),
    evidence_min_fold_change: float = typer.Option(
        1.0, "--evidence-min-fold-change", help="Smallest fold change; 1.2 is usual in proteomics."
    ),
    partition: PartitionOption = None,
    survival: SurvivalOption = None,
    cohort_adjust: CohortAdjustOption = None,
    cohort_strata: CohortStrataOption = None,
    cohort_treatment: CohortTreatmentOption = None,
    worse: WorseOption = None,
    sites: SitesOption = [],  # noqa: B006
    contacts: ContactsOption = None,
    quantity: QuantityChoice = typer.Option(
        QuantityChoice.auto, "--quantity", help="auto takes the best that a mark's tracks allow."
    ),
    chain: ChainOption = None,
    cache: CacheOption = None,
    jobs: JobsOption = 1,
    min_mapq: MinMapqOption = 0,
    keep_duplicates: DuplicatesOption = None,
    count_as: CountAsOption = None,
    shift: ShiftOption = 0,
    extend: ExtendOption = None,
    force: bool = typer.Option(
        False, "--force", help="Write into a folder that holds other files, beside them."
    ),
    unlock: bool = typer.Option(
        False, "--unlock", help="Take the folder although another process seems to write it."
    ),
    stage: StageOption = None,
    shard: ShardOption = None,
    mark: MarkOption = None,
) -> None:
    """From a sheet of tracks and peaks to a folder of differential regions and gene sets.

    With a study.yaml, options given here win over what it says.
    """
    given = locals()  # the options by name, as they were understood
    from resist_epi.cli.paths import check_paths, refuse_foreign
    from resist_epi.study.unchanged import is_unchanged

    job = asked_job(stage, shard, mark)
    key = "" if job is not None else _asked(context, given)
    if not force and output.is_dir():
        refuse_foreign(output)
    # Before anything is imported that reads the study: of the same run again that is most.
    if key and is_unchanged(output, key, unlock=unlock):
        return
    check_paths(context.params, folder=True)
    from resist_epi.cli.messages import track_progress
    from resist_epi.pipeline import run_study
    from resist_epi.study.first_look import look_at_sheet
    from resist_epi.study.unchanged import warnings_heard

    settings = settings_of(context, given)
    first = look_at_sheet(settings)
    if not force:
        refuse_foreign(output)
    if job is not None:
        from resist_epi.study.stages.run_stage import run_stage

        with track_progress(None, what=job.stage) as progress:
            run_stage(
                settings,
                output,
                job,
                first=first,
                progress=progress,
                unlock=unlock,
                cache=cache,
            )
        return
    _say_cost(first.sheet, settings.jobs)
    with track_progress(None, what="reading the sheet") as progress, warnings_heard() as heard:
        run_study(settings, output, first=first, progress=progress, unlock=unlock, cache=cache)
    _note(output, key, sheet, settings, first, heard)


def _asked(context: typer.Context, given: Mapping[str, Any]) -> str:
    """Digest of the command line, but for what no result depends on."""
    from resist_epi.study.unchanged import asked_key

    left_out = ("context", "output", "jobs", "force", "unlock", "stage", "shard", "mark")
    options = {name: value for name, value in given.items() if name not in left_out}
    typed = sorted(name for name in options if _was_given(context, name))
    return asked_key(options | {"typed": typed}, given["output"])


def _note(
    out: Path,
    key: str,
    sheet: Path,
    settings: StudySettings,
    first: FirstLook,
    said: Sequence[tuple[int, str]],
) -> None:
    """Note for the same run again what this one was asked and has read, if all of it lies here."""
    from resist_epi.io.remote.address import is_remote
    from resist_epi.samples.sheet_checks import PATH_COLUMNS
    from resist_epi.study.study import named_files
    from resist_epi.study.unchanged import note_asked

    table = first.sheet.table
    cells = table.to_numpy(dtype=object).ravel()
    if settings.chain is not None or any(isinstance(c, str) and is_remote(c) for c in cells):
        return
    first.inputs.check()
    named = named_files(first.sheet, settings)
    in_sheet = [Path(p) for c in PATH_COLUMNS if c in table for p in table[c] if p]
    note_asked(out, key, [sheet, settings.sheet, *named, *in_sheet], said)


def settings_of(context: typer.Context, given: Mapping[str, Any]) -> StudySettings:
    """What the options of `run` make of a sheet, or change in a study.yaml.

    Parameters
    ----------
    given
        Parameter of `command` -> its value; `jobs` may be absent.

    Raises
    ------
    ResistEpiError
        If the study.yaml cannot be read, or settings are wrong.
    """
    from resist_epi.study.settings import StudySettings as Settings
    from resist_epi.study.settings import make_settings
    from resist_epi.study.study_file import read_study

    named = {n: _OPTION_OF.get(n, n) for n in Settings.model_fields if n != "sheet"}
    options = {name: given[option] for name, option in named.items() if option in given}
    expression, clinical = given["survival"] or (None, None)
    options |= {
        "survival_expression": expression,
        "survival_clinical": clinical,
        "survival_adjust": tuple(given["cohort_adjust"] or ()),
        "sites": named_files(given["sites"]),
        "quantity": given["quantity"].value,
    }
    sheet: Path = given["sheet"]
    if sheet.suffix not in (".yaml", ".yml"):
        return make_settings({"sheet": sheet, **options})
    said = {k: v for k, v in options.items() if _was_given(context, named[k])}
    return make_settings(read_study(sheet).model_dump() | said)


def _say_cost(sheet: SampleSheet, jobs: int) -> None:
    """Say what the run will take before it begins."""
    from resist_epi.cli.cost import expected_cost, peaks_cost_in_words
    from resist_epi.io.remote.address import is_remote
    from resist_epi.study.peaks_study import of_peaks_alone

    table = sheet.table
    if of_peaks_alone(sheet):
        files = int((table["Peaks"] != "").sum())
        logger.info("%s", peaks_cost_in_words(files, len(sheet.marks)))
        return
    columns = [c for c in ("Coverage", "bamReads") if c in table]
    rows = zip(*(table[c].tolist() for c in columns), strict=True)
    named = [next((str(text) for text in row if text), "") for row in rows]
    tracks = [Path(name) for name in named if name]
    elsewhere = sum(is_remote(name) for name in named)
    cost = expected_cost(tracks, len(sheet.marks), jobs=jobs, elsewhere=elsewhere)
    logger.info("%s", cost.words)


# Setting -> the option that gives it, where they are called differently.
_OPTION_OF = {
    "survival_expression": "survival",
    "survival_clinical": "survival",
    "survival_adjust": "cohort_adjust",
    "survival_strata": "cohort_strata",
    "survival_treatment": "cohort_treatment",
    "survival_worse": "worse",
}


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
