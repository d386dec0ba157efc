"""Several contrasts of one fit: their names as files, and the table of all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.run_folder import JOINT, contrast_names
from resist_epi.io.tables import write_table
from resist_epi.model.analysis import Analysis, joint_results
from resist_epi.model.asked import several_questions
from resist_epi.model.question_check import check_joint, check_question
from resist_epi.samples.question import Question


def check_several(
    question: Question,
    contrasts: Sequence[str],
    *,
    joint: bool,
    tested: bool = True,
    output: Path | None = None,
) -> None:
    """Refuse several contrasts that cannot be asked together, before any file is read.

    Parameters
    ----------
    contrasts
        Contrasts and coefficients; none for the question's own.
    joint
        Whether they are to be tested at once, too.
    tested
        Whether a test of each is wanted.
    output
        Where they will be written, a folder.

    Raises
    ------
    DesignError
        If one stands twice, or there is no F test of them.
    InputFormatError
        If the output is a file.
    """
    if contrasts and output is not None and output.is_file():
        raise _no_folder(output, "a file of this name is there")
    first = several_questions(question, contrasts)[0] if contrasts else question
    check_question(first)
    if joint:
        check_joint(first, tested=tested)


def labels(analyses: Sequence[Analysis]) -> list[str]:
    """A name for files of each contrast: `A-B`, with its column where two would be one.

    Raises
    ------
    DesignError
        If two would bear one name all the same.
    """
    contrasts = [a.contrast for a in analyses]
    short = [c.label for c in contrasts]
    return contrast_names([c.name if short.count(c.label) > 1 else c.label for c in contrasts])


def results_paths(folder: Path, analyses: Sequence[Analysis]) -> list[Path]:
    """Where `diff` writes each contrast, `FOLDER/A-B.tsv.gz`; the folder is made.

    Raises
    ------
    InputFormatError
        If it cannot be made.
    DesignError
        As `labels`.
    """
    names = labels(analyses)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, str(error.strerror)) from error
    return [folder / f"{name}.tsv.gz" for name in names]


def _no_folder(path: Path, why: str) -> InputFormatError:
    return InputFormatError(
        f"is no folder ({why})",
        path=path,
        remedy="several contrasts go to a folder, a table each: name one with -o",
    )


def write_joint(folder: Path, analyses: Sequence[Analysis]) -> Path:
    """Write the F test of all contrasts as `FOLDER/joint.tsv.gz`.

    Raises
    ------
    ResistEpiError
        As `joint_results`; if the file cannot be written.
    """
    return write_joint_table(folder / f"{JOINT}.tsv.gz", analyses)


def write_joint_table(path: Path, analyses: Sequence[Analysis]) -> Path:
    """Write the F test of all contrasts, with what they share above it.

    Raises
    ------
    ResistEpiError
        As `joint_results`; if the file cannot be written.
    """
    table = joint_results(analyses)
    first = analyses[0]
    tested = [a for a in analyses if a.tested]
    shared = ("resist_epi", "design", "units", "normalization", "quantity", "filter")
    independent = int(table["df1"].iloc[0]) if len(table) else 0
    header = {
        "joint": f"F test that any of {len(tested)} contrasts ({independent} independent) differs"
        " from zero; against no change at all, whatever the threshold of each",
        "contrasts": [f"{a.contrast.name}: {a.contrast.words}" for a in tested],
        "method": first.header["method"],
        **{name: first.header[name] for name in shared if name in first.header},
        "fdr": "padj is over regions, of this one test",
    }
    write_table(path, table, header=header)
    return path
