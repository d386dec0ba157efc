"""`resist-epi workflow`: the same study as jobs of a cluster, by Snakemake."""

from __future__ import annotations

import inspect
import logging
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

import typer

from resist_epi.cli import run
from resist_epi.cli.options import Output
from resist_epi.cli.paths import FolderVerb, Verb
from resist_epi.io.shown import count
from resist_epi.study.job_sizes import LIBRARIES_A_SHARD, THREADS

logger = logging.getLogger(__name__)

NAME = "workflow"

app = typer.Typer(
    help="The study of `run` as jobs of a cluster, by Snakemake.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


class Profile(StrEnum):
    """Where jobs run; a folder of a workflow's `profiles` each."""

    local = "local"
    slurm = "slurm"
    generic = "generic"


# Of `run`, what a job decides, or what the workflow has of its own.
_OF_JOBS = ("output", "jobs", "force", "unlock", "stage", "shard", "mark", "cache")


def _own(
    output: Output = ...,
    libraries_a_shard: int = typer.Option(
        LIBRARIES_A_SHARD,
        "--libraries-a-shard",
        min=1,
        help="Libraries of a job that looks at them or counts.",
    ),
    threads: int = typer.Option(
        THREADS, "--threads", min=1, help="Processes of a job that looks, counts or gathers."
    ),
    force: bool = typer.Option(False, "--force", help="Write over a workflow that is there."),
    cache: Path | None = typer.Option(
        None,
        "--cache",
        metavar="DIR",
        help="Where jobs keep files that the sheet names by http://, https:// or s3://: a folder"
        " that all computers share. Default: .cache in the workflow's folder.",
    ),
) -> None:
    """What `init` takes besides the options of `run`."""


def init(context: typer.Context, **given: Any) -> None:
    """Write a Snakemake workflow of a study: Snakefile, config.yaml, profiles, study.yaml.

    SHEET and options are those of `run`. Results come to DIR/study.
    """
    from resist_epi.study.first_look import check_files_are_there, check_first, look_at_sheet
    from resist_epi.study.workflow import job_sizes, write_workflow

    settings = run.settings_of(context, given)
    sheet = look_at_sheet(settings).sheet
    check_first(settings, sheet)
    check_files_are_there(settings, sheet)
    sizes = job_sizes(sheet, a_shard=given["libraries_a_shard"], threads=given["threads"])
    write_workflow(
        *(settings, sheet, given["output"], sizes), cache=given["cache"], force=given["force"]
    )
    logger.info(
        "%s: %s in %s, %s; next: resist-epi workflow run %s --profile slurm",
        given["output"],
        count(sizes.libraries, "library", "libraries"),
        count(sizes.shards, "shard"),
        count(len(sheet.marks), "mark"),
        shlex.quote(str(given["output"])),
    )


def _take_options_of_run() -> None:
    """Give `init` the parameters of `run`, so that no option stands twice."""
    parameters = dict(inspect.signature(run.command).parameters)
    hints = get_type_hints(run.command, include_extras=True)
    for name in _OF_JOBS:
        parameters.pop(name, None)
    for name, own in inspect.signature(_own).parameters.items():
        parameters[name] = own
    hints |= get_type_hints(_own, include_extras=True)
    kept = [p.replace(annotation=hints[name]) for name, p in parameters.items()]
    init.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    init.__annotations__ = {p.name: p.annotation for p in kept}


_take_options_of_run()


def carry_out(
    folder: Path = typer.Argument(..., metavar="DIR", help="The folder that `init` wrote."),
    more: list[str] = typer.Argument(
        None, metavar="[-- ...]", help="Further arguments for Snakemake, behind two hyphens."
    ),
    profile: Profile = typer.Option(
        ..., "--profile", help="Where jobs run: a folder of DIR/profiles."
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what would be run, and run nothing."
    ),
    unlock: bool = typer.Option(
        False, "--unlock", help="Free the folder that a killed Snakemake held, and leave."
    ),
    snakemake: Path | None = typer.Option(
        None,
        "--snakemake",
        metavar="PATH",
        help="The program; else that of RESIST_EPI_SNAKEMAKE, beside this Python, or on PATH.",
    ),
) -> None:
    """Run a workflow by Snakemake, whose exit code is kept; again, to go on where it stopped."""
    from resist_epi.cli.snakemake import find_snakemake, run_snakemake, too_old
    from resist_epi.study.workflow import check_workflow

    results = check_workflow(folder)
    program = find_snakemake(snakemake)
    arguments = ["--workflow-profile", f"profiles/{profile.value}"]
    arguments += ["--dry-run"] * dry_run + ["--unlock"] * unlock + list(more or ())
    code = run_snakemake(program, arguments, folder)
    if code:
        logger.warning(
            "snakemake ended with %d; logs of jobs: %s; what is done stays, and the same command"
            " goes on from there (locked by a killed one: with --unlock first)%s",
            *(code, results / "logs", too_old(program)),
        )
    raise typer.Exit(code)


app.command(name="init", cls=FolderVerb)(init)
app.command(name="run", cls=Verb)(carry_out)
