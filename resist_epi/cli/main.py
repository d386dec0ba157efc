"""`resist-epi`: the verbs in one place, and what becomes of errors."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import typer

from resist_epi.cli import (
    check,
    compare,
    count,
    demo,
    diff,
    enrich,
    evidence,
    marks,
    occupancy,
    plot,
    power,
    profile,
    regions,
    report,
    run,
    simulate,
    tracks,
    workflow,
)
from resist_epi.cli.messages import keep_libraries_quiet, set_up_logging, show_error
from resist_epi.cli.options import name_choices
from resist_epi.cli.paths import FolderVerb, SheetLaterVerb, Verb
from resist_epi.errors import ResistEpiError, shortened
from resist_epi.version import VERSION
from resist_epi.workers import one_thread_each

INTERRUPTED = 130  # what shells and typer make of Ctrl-C

app = typer.Typer(
    name="resist-epi",
    help="Differential histone marks from peaks and coverage tracks, and what they say about"
    " metabolism and resistance. For research use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # tables of options do not fit into 80 columns
    context_settings={"help_option_names": ["-h", "--help"]},
)

VERBS = (
    check,
    regions,
    count,
    diff,
    enrich,
    marks,
    evidence,
    power,
    plot,
    profile,
    occupancy,
    tracks,
    report,
    run,
    compare,
    simulate,
    demo,
)

for verb in VERBS:
    folders = (compare, simulate, demo, tracks)
    kind = SheetLaterVerb if verb is run else FolderVerb if verb in folders else Verb
    app.command(name=verb.NAME, cls=kind)(verb.command)
app.add_typer(workflow.app, name=workflow.NAME)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"resist-epi {VERSION}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Say warnings and errors only."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more than usual."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    set_up_logging(quiet=quiet, verbose=verbose)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the console script's entry.

    Returns
    -------
    int
        Exit code: 0 done, 1 a problem with the data, 2 usage, 130 stopped by Ctrl-C.
    """
    if argv is None:
        # A process of its own: looking for cycles would take a tenth of its start-up.
        gc.set_threshold(200_000, 20, 20)
        keep_libraries_quiet()
        one_thread_each()
    arguments = list(sys.argv[1:] if argv is None else argv)
    # --debug is understood behind the verb too, where one adds it after a failure.
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    if {"-h", "--help"} & set(arguments[1:]):
        name_choices()
    try:
        app(arguments)
    except ResistEpiError as error:
        if debug:
            raise
        return show_error(str(error))
    except OSError as error:
        if debug:
            raise
        return show_error(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except (MemoryError, RecursionError) as error:
        if debug:
            raise
        return show_error(_out_of_proportion(error))
    except SystemExit as leave:  # typer has said what was wrong with the usage, or it is done
        if leave.code == INTERRUPTED:
            return show_error("stopped, and no half-written output is left", code=INTERRUPTED)
        return leave.code if isinstance(leave.code, int) else int(bool(leave.code))
    return 0


def _out_of_proportion(error: MemoryError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "an input is nested too deep to be read"
    return f"the memory does not last ({shortened(error)}); use fewer --jobs, or a larger machine"
