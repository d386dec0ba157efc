"""`run --stage`, `--shard` and `--mark`: the jobs of a workflow."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from resist_epi.errors import InputFormatError

if TYPE_CHECKING:
    from resist_epi.study.stages.run_stage import Job


class Stage(Enum):  # of strings it could have no `count`
    """What a run does in stages."""

    look = "look"
    plan = "plan"
    count = "count"
    test = "test"


StageOption = Annotated[
    Stage | None,
    typer.Option(
        "--stage",
        help="Do this part of the study alone; a run without it takes over what is done.",
    ),
]

ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard", metavar="i/N", help="With --stage look or count: every N-th file, from the i-th."
    ),
]

MarkOption = Annotated[
    str | None,
    typer.Option("--mark", help="With --stage test: this mark alone; by default all in turn."),
]


def asked_job(stage: Stage | None, shard: str | None, mark: str | None) -> Job | None:
    """The job that a command line names; None for a whole run.

    Raises
    ------
    typer.BadParameter
        If the options do not go together, or the shard is none.
    """
    with_shard, with_mark = (Stage.look, Stage.count), (Stage.test,)
    if shard is not None and stage not in with_shard:
        raise _usage("--shard", "goes with --stage look or --stage count")
    if mark is not None and stage not in with_mark:
        raise _usage("--mark", "goes with --stage test")
    if stage is None:
        return None
    from resist_epi.study.stages.run_stage import Job
    from resist_epi.study.stages.shard import Shard, read_shard

    try:
        share = Shard() if shard is None else read_shard(shard)
    except InputFormatError as error:
        raise _usage("--shard", str(error)) from None
    return Job(stage.value, share, mark or "")


def _usage(option: str, problem: str) -> typer.BadParameter:
    return typer.BadParameter(problem, param_hint=option)
