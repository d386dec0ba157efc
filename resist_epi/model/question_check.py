"""Whether a question can be asked at all, told from itself alone, before any file is read."""

from __future__ import annotations

from resist_epi.errors import DesignError, unknown_name
from resist_epi.model import method, normalization_method
from resist_epi.model.normalization_data import complete, given_factors
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet


def check_question(question: Question) -> None:
    """Refuse names that are none, and options that the method has no use for.

    Raises
    ------
    DesignError
        If the method or normalisation is unknown, or the method takes no blocks, strata, threshold
        or contrast although there is one.
    """
    if question.normalize is not None and question.normalize not in normalization_method.METHODS:
        known = normalization_method.METHODS
        raise DesignError(unknown_name("normalisation", question.normalize, known))
    if question.method is None:
        return
    check_method(question.method, block=question.block, strata=question.strata)
    chosen = method.METHODS[question.method]
    if question.lfc_threshold > 0 and chosen.threshold_statistics is None:
        able = method.methods_that(lambda m: m.threshold_statistics)
        raise DesignError(f"{question.method} has no test against a threshold; use {able}")
    if (question.asked is not None or question.beside) and chosen.own_contrast is not None:
        raise DesignError(
            f"{question.method} has a question of its own and takes no contrast; leave it out"
        )


def check_joint(question: Question, *, tested: bool = True) -> None:
    """Refuse to test several contrasts together where that cannot be, before any file is read.

    Parameters
    ----------
    tested
        Whether a test of each is wanted at all.

    Raises
    ------
    DesignError
        If there are fewer than two, no test is wanted, or the method has no F test.
    """
    if not tested:
        raise DesignError("--joint is a test; leave --joint or --fold-changes-only out")
    if not question.beside:
        raise DesignError(
            "--joint tests several contrasts at once; name two or more, each by --contrast A-B or"
            " --coefficient NAME"
        )
    chosen = None if question.method is None else method.METHODS[question.method]
    if chosen is not None and chosen.f_statistics is None:
        raise DesignError(no_f_test(str(question.method)))


def no_f_test(name: str) -> str:
    """Why a method cannot test several contrasts together, with those that can."""
    able = method.methods_that(lambda m: m.f_statistics)
    return f"{name} has no F test; use {able} (--method) to test several contrasts together"


def check_method(name: str, *, block: str | None, strata: str | None) -> None:
    """Refuse a method that is none, or that takes no blocks or strata although there are some.

    Raises
    ------
    DesignError
        With the methods that do.
    """
    if name not in method.METHODS:
        raise DesignError(unknown_name("method", name, method.METHODS))
    chosen = method.METHODS[name]
    if block is not None and not chosen.takes_block:
        able = method.methods_that(lambda m: m.takes_block)
        raise DesignError(f"{name} has no random effects; use --method {able} with --block")
    if strata is not None and not chosen.takes_strata:
        able = method.methods_that(lambda m: m.takes_strata)
        raise DesignError(f"{name} has no baseline hazards; use --method {able} with --strata")


def check_scaling_columns(sheet: SampleSheet, normalize: str | None) -> None:
    """Refuse columns for normalising that are filled in for some of the libraries, or missing.

    Parameters
    ----------
    sheet
        Rows of one mark.
    normalize
        The normalisation that is asked for, if any.

    Raises
    ------
    DesignError
        With the column.
    """
    reads, factors = sheet.numbers("SpikeInReads"), given_factors(sheet)
    if reads is not None:
        complete(reads, sheet, "SpikeInReads")
    chosen = normalization_method.METHODS.get(normalize or "")
    if chosen is None:
        return
    named = "Peaks" in sheet.table and bool((sheet.table["Peaks"] != "").all())
    # What else their files hold is known once these were opened.
    of_reads = "bamReads" in sheet.table and bool((sheet.table["bamReads"] != "").all())
    absent = {
        "spike_in": reads is None and not of_reads,
        "given": factors is None,
        "peaks": not named,
    }
    if any(gone and chosen.reads(field) for field, gone in absent.items()):
        raise DesignError(f"normalisation {normalize} needs {chosen.wanted}")
