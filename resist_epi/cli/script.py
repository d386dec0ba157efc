"""What the scripts beside the command line share: arguments, one clear line for an error, codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import pandas as pd

from resist_epi.cli.messages import set_up_logging, show_error
from resist_epi.errors import ResistEpiError
from resist_epi.genome.peaks import read_peak_sets
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


def peak_groups(
    named: Sequence[Sequence[str]],
) -> tuple[SampleSheet, dict[str, pd.DataFrame]]:
    """Sheet and peaks of groups of files, of one unnamed mark and known by nothing else.

    Parameters
    ----------
    named
        A group each: its name, then its peak files.

    Raises
    ------
    InputFormatError
        If a file cannot be read, or is given twice.
    """
    peaks = read_peak_sets([path for _, *paths in named for path in paths])
    columns = {
        "SampleID": list(peaks),
        "Factor": ["any mark"] * len(peaks),
        "Condition": [name for name, *paths in named for _ in paths],
        "Peaks": [path for _, *paths in named for path in paths],
    }
    return sheet_from_columns(columns), peaks
