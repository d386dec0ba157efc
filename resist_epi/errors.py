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

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_SHOWN = 80  # characters of anything from an input that a message shows

_PROBLEM, _PROBLEMS = 400, 20  # characters of each problem of a sheet, and how many are shown

_BEGINNING = 3  # letters by which a longer name may be meant

_NAMES = 30  # of known names, that a message lists

_FOUND = 2 * _SHOWN  # of what was found, where it is a list


def quoted(found: object) -> str:
    """What an input holds, in quotes, on one line and cut where it is long."""
    text = found if isinstance(found, str) else str(found)
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."


def shortened(text: object) -> str:
    """What another library says, on one line and cut where it is long."""
    line = " ".join(str(text).split()) or type(text).__name__
    return line if len(line) <= 2 * _SHOWN else f"{line[: 2 * _SHOWN]}..."


def without_secrets(text: str) -> str:
    """A text in which no address shows a name, a password or what follows its question mark.

    Signed links carry their key in the query, and which of its parts is one cannot be told.

    Examples
    --------
    >>> without_secrets("https://me:word@host/a.bw?token=abc: not found")
    'https://host/a.bw?...: not found'
    """
    text = _LOGIN.sub(r"\1", text)
    return _QUERY.sub(r"\1?...\2", text)


_LOGIN = re.compile(r"(\b(?:https?|s3):/{1,2})[^/\s?#]*@", re.IGNORECASE)

_QUERY = re.compile(  # what was taken out already stays as it is
    r"(\b(?:https?|s3):/{1,2}[^\s?]*)\?(?!\.{3}(?:\W|$))\S*?([:;,.)'\"]*(?:\s|$))", re.IGNORECASE
)


class ResistEpiError(Exception):
    """Base of every error raised on purpose; its message is one line, whatever the input held."""

    def __str__(self) -> str:
        return without_secrets(" ".join(super().__str__().splitlines()))


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
        # Names inside a clause are from the input, too, and may be of any length.
        problem = re.sub(r"\S{81,}", lambda word: shortened(word[0]), self.problem)
        text = f"{where}: {problem}" if where else problem
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.found is not None:
            text += f"; found {self.found[:_FOUND]}{'...' if len(self.found) > _FOUND else ''}"
        if self.remedy is not None:
            text += f". {self.remedy[0].upper()}{self.remedy[1:]}"
        return text


def _printable(path: str | Path) -> str:
    """A path on one line; bytes of its name that are no text are shown as such."""
    name = os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return without_secrets("".join(c if c.isprintable() else repr(c)[1:-1] for c in name))


def did_you_mean(missing: Iterable[str], known: Iterable[object]) -> str | None:
    """Offer the known name that is closest to each missing one; None where none is close.

    Examples
    --------
    >>> did_you_mean(["pvalue"], ["P_Value", "padj"])
    "did you mean 'P_Value' for 'pvalue'?"
    """
    names = list(known)
    pairs = [(wanted, closest(wanted, names)) for wanted in missing]
    offered = [f"{shortened(name)!r} for {shortened(wanted)!r}" for wanted, name in pairs if name]
    return f"did you mean {', '.join(offered)}?" if offered else None


def closest(wanted: str, known: Iterable[object]) -> str | None:
    """The known name that is closest to one that is none; None where none is close.

    Examples
    --------
    >>> closest("Promotors", ["promoters", "peaks"])
    'promoters'
    """
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(re.sub(r"[\W_]", "", str(name)).lower() or str(name), str(name))
    plain = re.sub(r"[\W_]", "", wanted).lower() or wanted
    found = difflib.get_close_matches(plain[:_SHOWN], names, n=1, cutoff=0.75)
    if not found and len(plain) >= _BEGINNING:
        begun = [key for key in names if key.startswith(plain)]
        found = begun if len(begun) == 1 else []
    return names[found[0]] if found else None


def unknown_name(what: str, name: str, known: Iterable[object]) -> str:
    """The message on a name that is none of those known, with the one that may be meant.

    Examples
    --------
    >>> unknown_name("method", "trned", ["trend", "ql"])
    "unknown method 'trned'; expected one of trend, ql. Did you mean 'trend'?"
    """
    names = [str(k) for k in known]
    close = closest(name, names)
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    hint = f". Did you mean {close!r}?" if close else ""
    return f"unknown {what} {quoted(name)}; expected one of {', '.join(names[:_NAMES])}{more}{hint}"


@contextmanager
def in_file(path: str | Path) -> Iterator[None]:
    """Name the file in an error of its content that does not name it.

    Raises
    ------
    ResistEpiError
        What was raised inside, of the same kind, with the file's name.
    """
    try:
        yield
    except InputFormatError as error:
        if error.path is not None:
            raise
        raise _rebuild_input_format_error(error.problem, error.__dict__ | {"path": path}) from error
    except (GenomeMismatchError, DesignError, QuantityError) as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{_printable(path)}: {error}") from error


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
        n = len(self.problems)
        cut = [p[:_PROBLEM] + "..." * (len(p) > _PROBLEM) for p in self.problems[:_PROBLEMS]]
        shown = [f"({i}) {text}" for i, text in enumerate(cut, start=1)]
        more = [f"and {n - _PROBLEMS} more"] if n > _PROBLEMS else []
        listed = f"{n} problems: {'; '.join([*shown, *more])}" if n != 1 else cut[0]
        super().__init__(f"{_printable(path) if path is not None else 'sample sheet'}: {listed}")

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
