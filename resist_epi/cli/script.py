"""What the scripts beside the command line share: arguments, one clear line for an error, codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

from resist_epi.cli.messages import set_up_logging, show_error
from resist_epi.errors import ResistEpiError
from resist_epi.samples.sheet import SampleSheet, sheet_from_columns


def run_script(
    parser: argparse.ArgumentParser, work: Callable[[argparse.Namespace], object]
) -> NoReturn:
    """Parse the arguments, do the work with its log on stderr, and leave with an exit code.

    The code is 0 when done, 1 for a problem with the data (said in one line) and 2 for usage.
    """
    args = parser.parse_args()
    set_up_logging()
    code = 0
    try:
        work(args)
    except ResistEpiError as error:
        code = show_error(str(error))
    except OSError as error:
        code = show_error(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    sys.exit(code)


def sheet_of_groups(groups: Mapping[str, str]) -> SampleSheet:
    """Sample sheet of samples of one unnamed mark, known by nothing but their groups."""
    return sheet_from_columns(
        {
            "SampleID": list(groups),
            "Factor": ["any mark"] * len(groups),
            "Condition": list(groups.values()),
        }
    )
