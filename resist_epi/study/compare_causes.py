"""Which difference between two runs changed the calls: one at a time, asked of the counts again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from resist_epi.arrays import BoolArray
from resist_epi.counting.matrix_files import read_counts
from resist_epi.errors import ResistEpiError
from resist_epi.io.digest import checksum
from resist_epi.io.store import file_name
from resist_epi.samples.question import PATHS, Question
from resist_epi.samples.sheet import read_sheet
from resist_epi.schema import CAUSES, names
from resist_epi.study.analyse_counts import analyse_counts
from resist_epi.study.compare import Compared
from resist_epi.study.compare_calls import CALLED
from resist_epi.study.count_sheet import read_counts_and_sheet
from resist_epi.study.run_differences import CALLS, COUNTS
from resist_epi.study.run_read import Key
from resist_epi.version import VERSION

logger = logging.getLogger(__name__)

# A question's field -> the setting of a study, where the names differ.
_SETTING = {"formula": "design"}

_COUNTS = "counts"

_ASKED = ("contrast", "coefficient", "beside")

Calls = pd.Series  # region_id -> direction


def causes(
    compared: Compared,
    *,
    tried: bool = True,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Change one thing at a time: run a's counts and question, with one field as in run b.

    A difference that is the only one that acts on calls needs no trial. Otherwise each field of the
    question in which the runs differ, and the counts of b in the place of a's, are tried alone,
    with this version of the package; so is nothing at all where a was made by another version.
    Domains are found anew from windows, not from counts of regions: there nothing is tried.

    Parameters
    ----------
    compared
        As `compare.compare_runs` gives it.
    tried
        Whether to ask the counts again; without, only differences that stand alone are named.
    progress
        Called with a line a trial.

    Returns
    -------
    DataFrame
        Columns of `schema.CAUSES`; none for tables without a changed call.
    """
    rows: list[dict[str, Any]] = []
    acting = compared.differences[compared.differences["acts_on"].isin([CALLS, COUNTS])]
    asked_otherwise = acting[acting["what"] != "done"]
    for shown in compared.pairs:
        of = (compared.changed[list(shown._fields)] == list(shown)).all(axis=1)
        if not of.any():
            continue
        if len(asked_otherwise) == 1:
            rows.append(_only(shown, asked_otherwise.iloc[0], int(of.sum())))
        elif tried:
            rows += _trials(compared, shown, of, progress)
    return pd.DataFrame(rows, columns=names(CAUSES))


def _only(key: Key, difference: pd.Series, n: int) -> dict[str, Any]:
    return {
        **key._asdict(),
        "cause": f"{difference['what']} {difference['name']}",
        "a": difference["a"],
        "b": difference["b"],
        "n_changed": n,
        "n_by_it": n,
        "n_others": 0,
        "verdict": "the only difference between the runs that acts on calls",
    }


def _untried(key: Key, n: int, why: str, cause: str = "") -> dict[str, Any]:
    """A row that says why nothing can be told."""
    return {**key._asdict(), "cause": cause, "n_changed": n, "verdict": f"not tried: {why}"}


class _Trial(NamedTuple):
    """One thing changed: its name, both values, and what is asked of which counts and sheet."""

    cause: str
    a: str
    b: str
    question: Question
    counts: Path
    sheet: Path


def _trials(
    compared: Compared, shown: Key, of: pd.Series, progress: Callable[[str], None] | None
) -> list[dict[str, Any]]:
    in_a, in_b = compared.pairs[shown]
    n, runs = int(of.sum()), (compared.a, compared.b)
    mine, theirs = compared.a.question(in_a), compared.b.question(in_b)
    if mine is None or theirs is None:
        return [_untried(shown, n, "no question stands above the results of one of the runs")]
    if shown.kind == "domains":
        return _level_of_domains(compared, shown, of, (mine, theirs))
    files = compared.a.counts(in_a), compared.b.counts(in_b)
    absent = [str(path) for path in (*files, *(r.sheet for r in runs)) if not path.is_file()]
    if absent:
        return [_untried(shown, n, f"{', '.join(dict.fromkeys(absent))} is not there")]
    if any(run.sheet_digest != checksum(run.sheet) for run in runs):
        return [_untried(shown, n, "a sample sheet is no longer what its run has read")]
    before, after = (calls_of(t) for t in (compared.a.tables[in_a], compared.b.tables[in_b]))
    changed = compared.changed.loc[of, "region_id"].tolist()
    rows = []
    for trial in _candidates(compared, (mine, theirs), files):
        try:
            found = _ask(trial, shown.mark)
        except (ResistEpiError, OSError) as error:
            rows.append(_untried(shown, n, str(error), trial.cause))
            continue
        if progress is not None:
            progress(f"{shown.mark} {shown.kind}: {trial.cause} tried alone")
        about = {"cause": trial.cause, "a": trial.a, "b": trial.b}
        rows.append({**shown._asdict(), **about, **judged(before, found, after, changed)})
    return rows or [_untried(shown, n, "the runs ask the same of equal counts")]


def _level_of_domains(
    compared: Compared, shown: Key, of: pd.Series, questions: tuple[Question, Question]
) -> list[dict[str, Any]]:
    """Domains are found anew from windows; of their tables only another level can be tried."""
    n, (mine, theirs) = int(of.sum()), questions
    found = [_untried(shown, n, "domains are found anew from windows", "anything else")]
    if mine.fdr == theirs.fdr:
        return found
    tables = [r.tables[k] for r, k in zip((compared.a, compared.b), compared.pairs[shown],
                                          strict=True)]  # fmt: skip
    own = tables[0]
    sign = np.where(own["log2FoldChange"] > 0, "gain", "loss")
    direction = pd.Series(np.where(own["padj"] <= theirs.fdr, sign, "none"), index=own.index)
    before, after = (calls_of(table) for table in tables)
    alone = calls_of(own.assign(direction=direction))
    changed = compared.changed.loc[of, "region_id"].tolist()
    about = {"cause": "fdr", "a": str(mine.fdr), "b": str(theirs.fdr)}
    return [{**shown._asdict(), **about, **judged(before, alone, after, changed)}, *found]


def _candidates(
    compared: Compared, questions: tuple[Question, Question], files: tuple[Path, Path]
) -> list[_Trial]:
    """One thing changed at a time."""
    mine, theirs = questions
    plain = _Trial("", "", "", mine, files[0], compared.a.sheet)
    found: list[_Trial] = []
    made_by = str(compared.a.record.get("version", ""))
    if made_by != VERSION:
        found.append(plain._replace(cause="version", a=made_by, b=VERSION))
    background_differs = False
    for name, (one, other) in mine.differences(theirs).items():
        if name in PATHS and same_content(one, other):
            continue
        if name == "background":
            background_differs = True
            continue
        options = {name: other}
        if name in _ASKED:
            options = {n: getattr(theirs, n) for n in _ASKED}
        try:
            question = mine.with_options(**options)
        except ResistEpiError:  # it needs another field with it, as segments a source
            continue
        shown = ["default" if v is None else str(v) for v in (one, other)]
        found.append(
            plain._replace(
                cause=_SETTING.get(name, name), a=shown[0], b=shown[1], question=question
            )
        )
    if compared.a.sheet_digest != compared.b.sheet_digest:
        sheets = str(compared.a.sheet), str(compared.b.sheet)
        found.append(
            plain._replace(cause="sheet", a=sheets[0], b=sheets[1], sheet=compared.b.sheet)
        )
    if background_differs or not _same_counts(*files):
        what = _behind_counts(compared.differences)
        found.append(
            _Trial(
                f"{_COUNTS} ({what})" if what else _COUNTS,
                "its own",
                "its own",
                mine.with_options(background=theirs.confounders.background),
                files[1],
                compared.b.sheet,
            )
        )
    return found


def _behind_counts(differences: pd.DataFrame) -> str:
    """Settings and inputs that make the counts differ, in few words."""
    own = differences[differences["acts_on"] == COUNTS]
    settings = own.loc[own["what"] == "setting", "name"].tolist()
    n = int((own["what"] == "input").sum())
    return ", ".join([*settings, *([f"{n} input files"] if n else [])])


def same_content(one: Path | None, other: Path | None) -> bool:
    """Whether two files hold the same bytes; counts of two runs are compared by their values."""
    if one is None or other is None:
        return one is other
    if not one.is_file() or not other.is_file():
        return False
    if one.suffix == other.suffix == ".parquet":
        return _same_counts(one, other)
    return checksum(one) == checksum(other)


def _same_counts(one: Path, other: Path) -> bool:
    """Whether two files of counts hold the same values of the same regions and samples."""
    if checksum(one) == checksum(other):
        return True
    try:
        a, b = read_counts(one), read_counts(other)
    except ResistEpiError:
        return False
    same = a.samples == b.samples and a.quantity == b.quantity and a.values.shape == b.values.shape
    return (
        same
        and list(a.regions["region_id"]) == list(b.regions["region_id"])
        and np.array_equal(a.values, b.values, equal_nan=True)
        and np.array_equal(a.library_sizes, b.library_sizes, equal_nan=True)
    )


def _ask(trial: _Trial, mark: str) -> Calls:
    """The calls that one trial gives."""
    marks = {file_name(name): name for name in read_sheet(trial.sheet).marks}
    matrix, sheet = read_counts_and_sheet(trial.counts, trial.sheet, mark=marks.get(mark, mark))
    level = logging.getLogger("resist_epi").level
    logging.getLogger("resist_epi").setLevel(logging.ERROR)  # said when the runs were made
    try:
        return calls_of(analyse_counts(matrix, sheet, trial.question).results)
    finally:
        logging.getLogger("resist_epi").setLevel(level)


def calls_of(results: pd.DataFrame) -> Calls:
    """Region -> gain, loss or none."""
    call = results["direction"].astype(object).where(results["direction"].isin(CALLED), "none")
    return pd.Series(call.to_numpy(dtype=object), index=results["region_id"].astype(str))


def judged(before: Calls, alone: Calls, after: Calls, changed: Sequence[str]) -> dict[str, Any]:
    """What one change alone does of what differs between two tables.

    Parameters
    ----------
    before, alone, after
        Calls of a, of a with the one change, and of b.
    changed
        Regions whose call differs between a and b.

    Returns
    -------
    `n_changed`, `n_by_it`, `n_others` and `verdict` of `schema.CAUSES`.
    """
    every = before.index.union(after.index).union(alone.index)
    parts = (before, alone, after)
    a, x, b = (c.reindex(every, fill_value="none").to_numpy(dtype=object) for c in parts)
    differs: BoolArray = np.asarray(every.isin(list(changed)))
    total, by_it = int(differs.sum()), int((differs & (x == b)).sum())
    others = int((~differs & (a == b) & (x != a)).sum())
    if by_it == total:
        verdict = "alone it makes the calls of b"
    elif by_it:
        verdict = f"alone it makes {by_it} of {total}"
    else:
        verdict = "alone it makes none of them"
    if others:
        verdict += f", and changes {others} that b has as a does"
    return {"n_changed": total, "n_by_it": by_it, "n_others": others, "verdict": verdict}
