"""Peaks of a sheet and nothing else: their consensus, and which units have which."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.coverage import fully_covered
from resist_epi.counting.units import merge_flags, unit_members
from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.genome.consensus import Consensus, consensus_peaks
from resist_epi.genome.consensus_rule import MIN_OVERLAP, RULE, Rule
from resist_epi.genome.naming import Naming
from resist_epi.genome.occupancy import DESCRIPTIVE, smallest_fisher
from resist_epi.genome.reconcile import refuse_peaks_beyond_ends
from resist_epi.genome.reference import load_exclude
from resist_epi.io.shown import Shown
from resist_epi.samples.peaks import sheet_peaks
from resist_epi.samples.sheet import SampleSheet, one_mark
from resist_epi.study.compared import Compared, compared_groups

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AskedOccupancy:
    """How peaks of a sheet are brought together and compared.

    Attributes
    ----------
    min_overlap, rule
        Of the consensus, as of `consensus.consensus_peaks`.
    contrast
        `[COLUMN:]A-B` of any column of the sheet; by default the two levels of `Condition`, where
        it has two.
    exclude
        BED; consensus peaks of which it covers every base are left out.
    """

    min_overlap: int = MIN_OVERLAP
    rule: Rule = RULE
    contrast: str | None = None
    exclude: Path | None = None


@dataclass(frozen=True, repr=False)
class Occupancy(Shown):
    """The peaks of one mark.

    Attributes
    ----------
    mark
        Of all samples.
    peaks
        SampleID -> its own peaks.
    consensus
        Their consensus, with a column a sample (libraries, in the order of the sheet).
    units
        (n regions, k units) int8: whether at least half of a unit's libraries have a peak; named
        after its first library.
    groups
        Unit -> its level of the column compared; units without one are left out.
    compared
        The column, its levels, and which two are compared.
    words
        Name -> sentence on how it was made, for headers.
    """

    mark: str
    peaks: Mapping[str, pd.DataFrame]
    consensus: Consensus
    units: pd.DataFrame
    groups: Mapping[str, str]
    compared: Compared
    words: Mapping[str, str]

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        first = f"Occupancy: {self.mark} in {len(self.units):,} consensus peaks x"
        return f"{first} {len(self.peaks)} samples", list(self.words.items())

    @property
    def grouped(self) -> pd.DataFrame:
        """The units that are in any group."""
        return self.units[list(self.groups)]


def sheet_occupancy(
    sheet: SampleSheet,
    asked: AskedOccupancy | None = None,
    *,
    peaks: Mapping[str, pd.DataFrame] | None = None,
    naming: Naming | None = None,
) -> Occupancy:
    r"""Consensus of a sheet's peaks, and which of its biological units have which.

    Parameters
    ----------
    sheet
        Rows of one mark, each with `Peaks`.
    peaks
        What was read of them before.
    naming
        How chromosomes are named; with an assembly, peaks past the end of one are refused.

    Raises
    ------
    SampleSheetError
        If a row names no peaks, or several marks are in the sheet.
    DesignError
        If the contrast names no two levels, or fewer samples have peaks than a consensus needs.
    GenomeMismatchError
        If peaks reach past the end of a chromosome, or share none with the assembly.
    InputFormatError
        If a file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from resist_epi.samples.sheet import make_sheet
    >>> place = Path(tempfile.mkdtemp())
    >>> _ = (place / "a.bed").write_text("chr1\t10\t90\nchr1\t200\t300\n")
    >>> _ = (place / "b.bed").write_text("chr1\t50\t120\n")
    >>> rows = {"SampleID": ["a", "b"], "Factor": "ER", "Condition": ["good", "poor"]}
    >>> table = pd.DataFrame(rows).assign(Peaks=[str(place / "a.bed"), str(place / "b.bed")])
    >>> found = sheet_occupancy(make_sheet(table))
    >>> found.consensus.regions[["start", "end"]].to_numpy().tolist()
    [[10, 120]]
    """
    asked = AskedOccupancy() if asked is None else asked
    sheet = one_mark(sheet, None)
    mark = sheet.marks[0]
    check_peaks_named(sheet)
    compared = compared_groups(sheet, asked.contrast)
    peaks = sheet_peaks(sheet, naming) if peaks is None else peaks
    own = {sample: peaks[sample] for sample in sheet.samples}
    if naming is not None and naming.genome is not None:
        refuse_peaks_beyond_ends(own, naming.genome)
    with_peaks = [sample for sample, table in own.items() if len(table)]
    if len(with_peaks) < asked.min_overlap:
        raise DesignError(
            f"{mark}: {len(with_peaks)} of {len(own)} samples have any peak, and a consensus peak"
            f" must be found in {asked.min_overlap}; give --min-overlap 1 for the peaks of any, or"
            " more peak files"
        )
    found = consensus_peaks(own, min_overlap=asked.min_overlap, rule=asked.rule)
    left_out = 0
    if asked.exclude is not None:
        found, left_out = _without(found, asked.exclude, naming)
    flags = found.occupancy.to_numpy(bool)
    members = unit_members(sheet, [compared.column])
    units = pd.DataFrame(
        merge_flags(flags, sheet, design_columns=[compared.column]).astype(np.int8),
        index=found.occupancy.index,
        columns=[sheet.samples[int(m[0])] for m in members],
    )
    level = dict(zip(sheet.samples, sheet.table[compared.column].astype(str), strict=True))
    groups = {unit: level[unit] for unit in map(str, units) if level[unit]}
    words = _words(asked, sheet, members, groups, compared) | _empty_words(own)
    if left_out:
        words["excluded"] = f"{left_out} consensus peaks lie wholly in {asked.exclude}"
    if naming is not None and naming.notes:
        words["places"] = "; ".join(naming.notes)
    return Occupancy(mark, own, found, units, groups, compared, words)


def check_peaks_named(sheet: SampleSheet) -> None:
    """Refuse rows that name no peaks.

    Raises
    ------
    SampleSheetError
        With every such row.
    """
    if "Peaks" not in sheet.table:
        raise SampleSheetError(
            sheet.path, ["no column Peaks: occupancy needs a peak file in every row"]
        )
    empty = sheet.table.loc[sheet.table["Peaks"] == "", "SampleID"]
    if len(empty):
        raise SampleSheetError(
            sheet.path, [f"sample {s}, column Peaks: empty; expected a peak file" for s in empty]
        )


def _without(found: Consensus, exclude: Path, naming: Naming | None) -> tuple[Consensus, int]:
    chroms = frozenset(map(str, found.regions["chrom"].unique()))
    own = None if naming is None else naming.genome
    left_out = load_exclude(exclude, Naming(own, chroms, "the peaks", whole=False))
    kept = ~fully_covered(found.regions, left_out)
    regions = found.regions[kept].reset_index(drop=True)
    return Consensus(regions, found.occupancy[kept]), int((~kept).sum())


_RULES = {
    "peaks": "peaks of all samples that share a base are merged, and those with a peak of at least"
    " {n} of {of} samples are kept whole",
    "bases": "the bases that peaks of at least {n} of {of} samples cover",
}


def _words(
    asked: AskedOccupancy,
    sheet: SampleSheet,
    members: list[np.ndarray],
    groups: Mapping[str, str],
    compared: Compared,
) -> dict[str, str]:
    n = len(sheet.samples)
    rule = _RULES[asked.rule].format(n=asked.min_overlap, of=n)
    units = f"each of the {n} samples is a unit of its own"
    if len(members) < n:
        units = (
            f"{n} samples of {len(members)} units ({', '.join(sheet.unit_columns())}); a unit has"
            " a peak where at least half of its samples do"
        )
    elif not sheet.has_patients:
        units = "no Patient column: each sample is taken as a biological unit"
    sizes = compared.sizes(groups)
    return {
        "consensus": f"{rule}; found without regard to groups",
        "units": units,
        "groups": compared.words(sizes),
        "contrast": compared.contrast_words(sizes)
        + (f"; {_least_words(compared, sizes)}" if compared.contrast else ""),
        "test": f"Fisher's exact, two-sided, peak or no peak against group; {DESCRIPTIVE}",
        "not adjusted": "for depth, caller, batch or anything else: a peak file holds none of it",
    }


def _least_words(compared: Compared, sizes: Mapping[str, int]) -> str:
    first, second = (sizes[g] for g in compared.contrast or ())
    least = smallest_fisher(first, second)
    return f"with {first} against {second} units no P of Fisher's exact test is below {least:.2g}"


def _empty_words(peaks: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    empty = [sample for sample, table in peaks.items() if table.empty]
    for sample in empty:
        logger.warning("%s: no peak in its file; it counts as a sample without peaks", sample)
    return {"without peaks": f"{', '.join(empty)}: counted as without any peak"} if empty else {}
