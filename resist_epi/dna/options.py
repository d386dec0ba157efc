"""Where copy number and controls come from, and which combinations make sense."""

from __future__ import annotations

from pathlib import Path

from resist_epi.errors import DesignError
from resist_epi.samples.sheet import SampleSheet

CONTROL_USES = ("none", "filter", "offset")

COPY_NUMBER_SOURCES = ("none", "input", "segments")


def copy_number_source(source: str | None, segments: Path | None) -> str:
    """Where copy number comes from: as asked for, else from segments where there are any.

    Raises
    ------
    DesignError
        If the name is unknown, or names segments without any, or the other way round.
    """
    if source is None:
        return "none" if segments is None else "segments"
    if source not in COPY_NUMBER_SOURCES:
        known = ", ".join(COPY_NUMBER_SOURCES)
        raise DesignError(f"unknown source of copy number {source!r}; expected one of {known}")
    if source == "segments" and segments is None:
        raise DesignError("copy number from segments needs their file; give it with --segments")
    if source != "segments" and segments is not None:
        raise DesignError(f"--segments says nothing to --copy-number {source}; leave one out")
    return source


def check_confounders(
    sheet: SampleSheet,
    *,
    control: str,
    copy_number: str | None,
    segments: Path | None,
    fasta: Path | None,
) -> None:
    """Find options that cannot be met before anything is counted.

    Raises
    ------
    DesignError
        If an option is unknown, or one needs another.
    SampleSheetError
        If inputs are asked for that the sheet does not name.
    """
    if control not in CONTROL_USES:
        known = ", ".join(CONTROL_USES)
        raise DesignError(f"unknown use of inputs {control!r}; expected one of {known}")
    source = copy_number_source(copy_number, segments)
    if control != "none" or source == "input":
        from resist_epi.counting.controls import control_paths

        control_paths(sheet)
    if fasta is not None and source != "input":
        raise DesignError("--fasta corrects the inputs' GC content; it needs --copy-number input")
