"""Paths of a command line, looked at before a verb reads anything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from resist_epi.cli.messages import set_up_logging
from resist_epi.errors import InputFormatError, ResistEpiError
from resist_epi.io.windows_paths import AS_HERE, refuse_windows_path

# A name may hold a colon, and so may what is written.
_WINDOWS_OUTPUT = re.compile(r"[A-Za-z]:\\|\\")

# Options that name what is written, whatever else a verb reads.
_OUTPUTS = (
    *("output", "carriers", "scores"),
    *("overlaps", "group_overlaps", "components", "classes", "by_gene", "mechanisms"),
)

# Texts that may be the path of a file.
_MAYBE_FILES = ("regions", "gene_sets")


# Parameters that are sample sheets.
_SHEETS = ("sheet", "samples")


def _how_much(
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Say warnings and errors only."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more than usual."),
) -> None:
    """What every verb takes besides its own options; before the verb it says the same."""


class Verb(TyperCommand):
    """A verb that writes one file: its paths are checked before its work begins."""

    makes_folder = False

    opens_sheets = True

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        alone = typer.Typer(add_completion=False)
        alone.command()(_how_much)
        own = [param for param in get_command(alone).params if param.name != "help"]
        self._how_much = [str(param.name) for param in own]
        self.params += own

    def invoke(self, ctx: Any) -> Any:
        """Say as much as asked for, check the paths, then do the work.

        Raises
        ------
        InputFormatError
            If an output is a folder where a file is written (or the reverse), is an input too, or
            an input is a path of Windows.
        """
        asked = {name: bool(ctx.params.pop(name, False)) for name in self._how_much}
        if any(asked.values()):
            set_up_logging(**asked)
        check_paths(ctx.params, folder=self.makes_folder, sheets=self.opens_sheets)
        return super().invoke(ctx)


class FolderVerb(Verb):
    """A verb whose output is a folder."""

    makes_folder = True


class SheetLaterVerb(FolderVerb):
    """The same, and the verb calls `check_paths` itself once it must open the sheet."""

    opens_sheets = False


def check_paths(given: Mapping[str, Any], *, folder: bool = False, sheets: bool = True) -> None:
    """Refuse outputs that cannot be meant, and paths of Windows.

    Parameters
    ----------
    given
        Parameter -> value, as the command line was understood.
    folder
        Whether `output` is a folder.
    sheets
        Whether files that a sheet names are looked at, too.

    Raises
    ------
    InputFormatError
        With the path, and what is wrong with it.
    """
    inputs = list(_inputs(given))
    for path in inputs:
        refuse_windows_path(path)
    outputs = [Path(given[name]) for name in _OUTPUTS if isinstance(given.get(name), Path)]
    for i, path in enumerate(outputs):
        if _WINDOWS_OUTPUT.match(str(path)):
            raise InputFormatError("looks like a path of Windows", path=path, remedy=AS_HERE)
        if folder and path.is_file():
            raise InputFormatError("is a file; a folder is written", path=path)
        if not folder and path.is_dir():
            raise InputFormatError(
                "is a folder; one file is written",
                path=path,
                remedy=f"give its name, as {path / 'NAME'}",
            )
        if folder and path.is_dir():
            _check_folder(path, [*inputs, *(_named_in_sheets(given) if sheets else ())])
        # What is not there yet is no input, and costs no look into the sheet.
        read = [*inputs, *(_named_in_sheets(given) if path.is_file() else ())]
        if any(_same(path, other) for other in read if not path.is_dir()):
            raise InputFormatError(
                "is read and would be written over", path=path, remedy="give another name with -o"
            )
        if any(os.path.abspath(path) == os.path.abspath(other) for other in outputs[:i]):
            raise InputFormatError("two outputs would be written to this file", path=path)


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds what no run writes, where it is not a run's already.

    Raises
    ------
    InputFormatError
        With some of the names.
    """
    from resist_epi.io.run_folder import foreign_entries

    found = foreign_entries(folder)
    if found:
        named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        raise InputFormatError(
            f"the folder holds other files ({named})",
            path=folder,
            remedy="give a new one with -o, or write beside them with --force",
        )


def _inputs(given: Mapping[str, Any]) -> Iterator[Path]:
    for name, value in given.items():
        if name in _OUTPUTS:
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Path) or (isinstance(one, str) and name in _MAYBE_FILES):
                yield Path(one)


def _check_folder(folder: Path, inputs: Iterable[Path]) -> None:
    """Refuse a run's folder in which an input has a name that the run writes."""
    from resist_epi.io.run_folder import is_run_file, run_path

    for path in inputs:
        own = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
        # The settings that a run has written run it again.
        if path.is_file() and is_run_file(own) and not _same(path, run_path(folder, "study")):
            raise InputFormatError(
                "is read, and the run would write over it",
                path=path,
                remedy="give another folder with -o, or another name to this file",
            )


def _named_in_sheets(given: Mapping[str, Any]) -> Iterator[Path]:
    """Files that a sheet names: to write over one of them would destroy what is to be read."""
    from resist_epi.samples.sheet import read_sheet
    from resist_epi.samples.sheet_checks import PATH_COLUMNS

    for name in _SHEETS:
        path = given.get(name)
        if not isinstance(path, Path) or path.suffix in (".yaml", ".yml"):
            continue
        try:
            table = read_sheet(path).table
        except ResistEpiError:
            continue  # whoever reads it says what is wrong
        for column in PATH_COLUMNS:
            if column in table:
                yield from (Path(text) for text in table[column] if text)


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, also by a folder that will only be made (`new/..`)."""
    try:
        return os.path.realpath(one) == os.path.realpath(other) or (
            one.is_file() and other.is_file() and one.samefile(other)
        )
    except OSError:
        return False
