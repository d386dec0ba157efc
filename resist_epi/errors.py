"""Every error that resist_epi raises on purpose.

::

    ResistEpiError
      InputFormatError(ValueError)       a file that cannot be read as what it should be
      SampleSheetError(ValueError)       every bad row and column of a sheet at once
      GenomeMismatchError(ValueError)    chromosome names or lengths disagree
      DesignError(ValueError)            rank, empty group, unknown level, no replicates
      QuantityError(ValueError)          this test needs reads, this matrix holds signal
      MissingDependencyError(ImportError)
      WorkerDiedError(RuntimeError)      processes that were killed, and what they were at

Each message says what, where and the remedy. Catch `ResistEpiError` for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_SHOWN = 80  # characters of anything from an input that a message shows

_PROBLEM, _PROBLEMS = 400, 100  # characters of each problem of a sheet, and how many are shown

_FOUND = 2 * _SHOWN  # of what was found, where it is a list


def quoted(found: object) -> str:
    """What an input holds, in quotes, on one line and cut where it is long."""
    text = found if isinstance(found, str) else str(found)
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."


def shortened(text: object) -> str:
    """What another library says, on one line and cut where it is long."""
    line = " ".join(str(text).split()) or type(text).__name__
    return line if len(line) <= 2 * _SHOWN else f"{line[: 2 * _SHOWN]}..."


class ResistEpiError(Exception):
    """Base of every error raised on purpose."""


class InputFormatError(ResistEpiError, ValueError):
    """A file that cannot be read as what it should be.

    Parameters
    ----------
    problem
        What is wrong, in one clause.
    line
        1-based line of a text file.
    offset
        Byte offset in a binary file.
    expected, found
        What should stand there and what does.
    remedy
        What the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        offset: int | None = None,
        expected: str | None = None,
        found: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem, self.path, self.line, self.offset = problem, path, line, offset
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(self._message())

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling between worker processes.
        return (_rebuild_input_format_error, (self.problem, self.__dict__.copy()))

    def _message(self) -> str:
        where = "" if self.path is None else _printable(self.path)
        if self.line is not None:
            where += f", line {self.line}"
        if self.offset is not None:
            where += f", byte {self.offset}"
        text = f"{where}: {self.problem}" if where else self.problem
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.found is not None:
            text += f"; found {self.found[:_FOUND]}{'...' if len(self.found) > _FOUND else ''}"
        if self.remedy is not None:
            text += f". {self.remedy[0].upper()}{self.remedy[1:]}"
        return " ".join(text.split("\n"))


def _printable(path: str | Path) -> str:
    """A path on one line; bytes of its name that are no text are shown as such."""
    name = os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def _rebuild_input_format_error(problem: str, state: dict[str, object]) -> InputFormatError:
    error = InputFormatError(problem)
    error.__dict__.update(state)
    error.args = (error._message(),)
    return error


class SampleSheetError(ResistEpiError, ValueError):
    """Every problem of a sample sheet at once.

    Parameters
    ----------
    problems
        One line each, with its row and column.
    """

    def __init__(self, path: str | Path | None, problems: Sequence[str]) -> None:
        self.path, self.problems = path, tuple(problems)
        head = f"{path if path is not None else 'sample sheet'}: {len(self.problems)} problem" + (
            "s" if len(self.problems) != 1 else ""
        )
        lines = [" ".join(p[:_PROBLEM].split("\n")) + "..." * (len(p) > _PROBLEM) for p in problems]
        if len(lines) > _PROBLEMS:
            lines[_PROBLEMS:] = [f"and {len(lines) - _PROBLEMS} more"]
        super().__init__("\n  ".join([head, *lines]))

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.path, self.problems))


class GenomeMismatchError(ResistEpiError, ValueError):
    """Chromosome names or lengths of two inputs disagree."""


class DesignError(ResistEpiError, ValueError):
    """The design or the contrast cannot be tested with these samples."""


class QuantityError(ResistEpiError, ValueError):
    """The matrix holds another quantity than the method needs."""


class MissingDependencyError(ResistEpiError, ImportError):
    """A program or library that the step needs is not installed."""


class WorkerDiedError(ResistEpiError, RuntimeError):
    """Worker processes that were killed.

    Parameters
    ----------
    died
        What each was at -> how it ended.
    n_others
        Tasks that were done nevertheless.
    remedy
        What the user can do about it.
    """

    def __init__(
        self,
        died: Mapping[str, str],
        *,
        n_others: int,
        remedy: str = "run with fewer --jobs, so that memory lasts",
    ) -> None:
        self.died, self.n_others, self.remedy = dict(died), n_others, remedy
        which = "; ".join(f"{name} ({cause})" for name, cause in died.items())
        super().__init__(
            f"the process was killed that was at {which}. The other {n_others} are done; {remedy}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_worker_died_error, (self.died, self.n_others, self.remedy))


def _rebuild_worker_died_error(
    died: Mapping[str, str], n_others: int, remedy: str
) -> WorkerDiedError:
    return WorkerDiedError(died, n_others=n_others, remedy=remedy)
