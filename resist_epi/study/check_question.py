"""Whether a sheet can answer a question: what `diff` and `run` would refuse, told beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resist_epi.counting.units import unit_members
from resist_epi.dna.options import check_confounders
from resist_epi.errors import DesignError, ResistEpiError, quoted
from resist_epi.io.run_folder import contrast_names
from resist_epi.io.store import file_name
from resist_epi.model.asked import refuse_repeated, spelled_question, study_contrast
from resist_epi.model.differential import own_contrast
from resist_epi.model.question_check import check_question, check_scaling_columns
from resist_epi.samples.assay_rows import check_one_assay
from resist_epi.samples.design import Contrast, Design, make_design, why_untestable
from resist_epi.samples.design_checks import design_warnings
from resist_epi.samples.levels import column_cautions, column_facts
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet


def check_asked(sheet: SampleSheet, question: Question) -> None:
    """Find a wrong name or an impossible design before hours of counting, not after.

    Raises
    ------
    ResistEpiError
        If a method, normalisation, column, level or design is none, a column that it needs is
        missing, or two marks would be written to files of one name.
    """
    check_question(question)
    check_confounders(sheet, question.confounders)
    files: dict[str, str] = {}
    for mark in sheet.marks:
        other = files.setdefault(file_name(mark).casefold(), mark)
        if other != mark:
            raise DesignError(
                f"the marks {quoted(other)} and {quoted(mark)} would be written to files of one"
                f" name ({file_name(mark)}.*); rename one of them in the column Factor"
            )
    for mark in sheet.marks:
        rows = sheet.for_mark(mark)
        check_scaling_columns(rows, question.normalize)
        design_of_mark(rows, question)


def design_of_mark(sheet: SampleSheet, question: Question) -> tuple[Design, Contrast]:
    """Design and contrast of the units of one mark's rows, as an analysis would make them.

    Raises
    ------
    DesignError
        If they cannot be had.
    """
    return units_of_mark(sheet, question)[1:]


def units_of_mark(sheet: SampleSheet, question: Question) -> tuple[SampleSheet, Design, Contrast]:
    """As `design_of_mark`, with a row of the sheet for each unit before."""
    spelled, columns = spelled_question(question, sheet)
    check_one_assay(sheet, columns)
    units = sheet.take([int(m[0]) for m in unit_members(sheet, columns)])
    design = make_design(units, spelled.formula)
    contrast = study_contrast(
        design, spelled.contrast, method=spelled.method, coefficient=spelled.coefficient
    )
    return units, design, contrast


def contrast_labels(sheet: SampleSheet, questions: Sequence[Question]) -> list[str]:
    """The questions' contrasts as names of files and folders, alike for all marks.

    Raises
    ------
    DesignError
        If a contrast cannot be had of a mark, is asked for twice, is another one in another mark,
        or two would bear one name.
    """
    found: list[str] = []
    for mark in sheet.marks:
        rows = sheet.for_mark(mark)
        contrasts = [design_of_mark(rows, question)[1] for question in questions]
        refuse_repeated([c.name for c in contrasts])
        labels = [c.label for c in contrasts]
        own = contrast_names([c.name if labels.count(c.label) > 1 else c.label for c in contrasts])
        if found and own != found:
            raise DesignError(
                f"the contrasts of {mark} are {', '.join(own)} and those of {sheet.marks[0]}"
                f" {', '.join(found)}; name the column, as COLUMN:A-B"
            )
        found = own
    return found


def question_findings(sheet: SampleSheet, question: Question | None) -> Iterator[tuple[str, str]]:
    """Level and sentence on each mark's design and contrast.

    Parameters
    ----------
    question
        What the user asks; None where nothing was asked, so that what the defaults cannot answer
        is a warning: another design may.
    """
    asked = question or Question()
    wrong = "warning" if question is None else "error"
    try:
        check_question(asked)
        check_confounders(sheet, asked.confounders)
    except ResistEpiError as error:
        yield wrong, str(error)
        return
    for mark in sheet.marks:
        rows = sheet.for_mark(mark)
        if question is None and rows.table["Condition"].nunique() < 2:
            continue  # said where groups are counted
        try:
            check_scaling_columns(rows, asked.normalize)
            design, contrast = design_of_mark(rows, asked)
        except ResistEpiError as error:
            yield wrong, f"{mark}: {error}"
            continue
        untestable = None if own_contrast(asked.method) else why_untestable(design, contrast)
        if untestable is not None and question is not None:
            yield (
                "warning",
                f"{mark}: {untestable}. `run` then gives fold changes without P, and `diff` needs"
                " --fold-changes-only for that",
            )
        columns = {name: column_facts(design.units[name]) for name in design.variables}
        cautions = column_cautions(columns) + design_warnings(
            design.units, contrast.column, design.variables, contrast.sides, block=asked.block
        )
        mixed = check_one_assay(rows, design.variables)
        cautions += [mixed] if mixed else []
        yield from (("warning", f"{mark}: {caution}") for caution in cautions)
        if question is not None:
            yield "info", f"{mark}: {contrast.words}"
