"""What is asked of inputs and copy number, held against the sheet."""

from __future__ import annotations

from resist_epi.samples.question import Confounders
from resist_epi.samples.sheet import SampleSheet


def check_confounders(sheet: SampleSheet, asked: Confounders) -> None:
    """Find inputs that are asked for and missing before anything is counted.

    Raises
    ------
    SampleSheetError
        If inputs are asked for that the sheet does not name.
    """
    if asked.control != "none" or asked.source == "input":
        from resist_epi.counting.controls import control_paths

        control_paths(sheet)
