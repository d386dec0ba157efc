"""From results back to the analysis that they came from: the same question, asked of the counts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resist_epi.counting.matrix import CountMatrix
from resist_epi.errors import DesignError, InputFormatError
from resist_epi.model.analysis import Analysis
from resist_epi.samples.question import PATHS, Question
from resist_epi.samples.sheet import SampleSheet
from resist_epi.study.analyse_counts import analyse_counts

logger = logging.getLogger(__name__)


def repeat_analysis(
    results: pd.DataFrame, matrix: CountMatrix, sheet: SampleSheet, question: Question
) -> Analysis:
    """Ask the question of a table of results again, of the counts that it was made from.

    Parameters
    ----------
    results
        As `tables.read_results` gives it.
    question
        As of `question_again`.

    Raises
    ------
    InputFormatError
        If a file of the question is gone, or counts and results do not belong together.
    ResistEpiError
        As `analyse_counts`.
    """
    for name in PATHS:
        path = getattr(question.confounders, name)
        if path is not None and not path.exists():
            raise InputFormatError(
                f"the {name} with which the results were made is not there",
                path=path,
                remedy="put it back" if name == "exclude" else f"give the file with --{name}",
            )
    untested = "no test" in results.attrs["header"]
    analysis = analyse_counts(
        matrix, sheet, question, fold_changes="always" if untested else "never"
    )
    check_same(results, analysis.results)
    return analysis


def question_again(results: pd.DataFrame, path: str | Path, given: Mapping[str, Any]) -> Question:
    """The question of a table of results; what the user gives besides wins, and this is said.

    Parameters
    ----------
    results, path
        The table, and where it was read.
    given
        Fields of the question, and of its confounders, that the user names.

    Raises
    ------
    DesignError
        If they do not go together.
    """
    stored = question_of(results, path)
    if stored is None:
        return Question().with_options(**given)
    question = stored.with_options(**given)
    for name, (before, now) in stored.differences(question).items():
        logger.warning(
            "%s: %s is %s as asked for now; the results were made with %s",
            path,
            name,
            now,
            "none" if before is None else before,
        )
    return question


def question_of(table: pd.DataFrame, path: str | Path) -> Question | None:
    """The question that a table of results answers; None where none stands above it.

    Parameters
    ----------
    table
        As `tables.read_table` gives it.
    path
        Where it was read: the files of the question are named relative to it.

    Raises
    ------
    InputFormatError
        If the line holds no question.
    """
    values = table.attrs["header"].get("question")
    if values is None:
        return None
    try:
        return Question.from_values(values, Path(path).parent)
    except (AttributeError, DesignError) as error:
        raise InputFormatError(
            f"the line `# question` holds none: {error}",
            path=path,
            remedy="remove the line, and give the options with which the results were made",
        ) from error


def check_same(given: pd.DataFrame, again: pd.DataFrame) -> None:
    """Make sure that results and a fit made again from the counts are the same.

    Raises
    ------
    InputFormatError
        If regions or fold changes differ.
    """
    if list(given["region_id"]) != list(again["region_id"]):
        raise InputFormatError(
            "the counts are not of the regions in the results",
            remedy="give the counts that the results were made from",
        )
    columns = ["log2FoldChange", "stat", "df"]
    if not np.allclose(given[columns], again[columns], rtol=1e-6, atol=1e-8, equal_nan=True):
        raise InputFormatError(
            "the counts with these options give other results than those in the table",
            remedy="give the options with which the results were made",
        )
