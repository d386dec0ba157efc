"""`check`: every problem of a study at once, and what each of its files is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from resist_epi.counting.same_columns import repeated_tracks
from resist_epi.counting.same_files import sheet_repeats
from resist_epi.counting.sources import track_files
from resist_epi.counting.units import unit_members
from resist_epi.errors import ResistEpiError, SampleSheetError
from resist_epi.genome.peaks import read_peaks
from resist_epi.io.remote.address import is_remote
from resist_epi.io.remote.origin import shown_address
from resist_epi.samples.assay_rows import assay_facts
from resist_epi.samples.assays import ASSAY_COLUMN
from resist_epi.samples.levels import LEVEL_COLUMNS, likely_typos, separator_cautions
from resist_epi.samples.presets import GENERIC, preset
from resist_epi.samples.question import Question
from resist_epi.samples.sheet import SampleSheet, read_sheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS, PEAKS_ALONE
from resist_epi.schema import CHECK, names
from resist_epi.study.check_chromosomes import Beside, Finding, check_chromosomes
from resist_epi.study.check_question import question_findings
from resist_epi.study.check_remote import (
    look_at_addresses,
    opened_elsewhere,
    remote_findings,
    without_remote_peaks,
)
from resist_epi.study.staged import remote_cells
from resist_epi.tracks.looks import LookCache, look_at_tracks
from resist_epi.tracks.opened import OpenedFile

# Coefficients of variation: tracks below the first are taken as scaled to one depth, where the
# sheet's depths lie above the second.
SAME_TOTAL, OTHER_DEPTH = 0.05, 0.15


def check_study(
    path: str | Path,
    *,
    sheet: SampleSheet | None = None,
    beside: Beside | None = None,
    question: Question | Sequence[Question] | None = None,
    with_question: bool = False,
    jobs: int = 1,
    looks: LookCache | None = None,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    r"""Look at a sheet and at every file that it names.

    Nothing is raised for a bad sheet or file: each problem becomes a row, so that all are seen at
    once.

    Parameters
    ----------
    sheet
        What was read from the path, if it was read before.
    beside
        What is given beside the sheet: assembly, genes, blacklist, segments.
    question
        What will be asked of the counts, or several questions of one fit; None where nobody has
        said.
    with_question
        Whether it is looked at too, by default the question of all defaults.
    looks
        What tracks are, as far as that is known already; what is found is added.
    progress
        Called with a line whenever a track was looked at.

    Returns
    -------
    DataFrame
        Columns of `schema.CHECK`: errors first, then warnings, then what each file is.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> sheet = pathlib.Path(tempfile.mkdtemp()) / "sheet.csv"
    >>> _ = sheet.write_text("SampleID,Factor,Condition,Coverage\nT1,ER,good,gone.bw\n")
    >>> check_study(sheet).loc[0, ["level", "sample", "path"]].tolist()
    ['error', 'T1', 'gone.bw']
    """
    findings: list[Finding] = []
    try:
        rows = read_sheet(path) if sheet is None else sheet
    except SampleSheetError as error:
        findings += [("error", "", "", Path(path).name, problem) for problem in error.problems]
    except ResistEpiError as error:
        findings.append(("error", "", "", Path(path).name, str(error)))
    else:
        looks = LookCache() if looks is None else looks
        assemblies: dict[str, str] = {}
        totals: dict[str, float] = {}
        tracks = _look_at_all(rows, jobs, looks, progress)
        findings += missing_files(rows)
        findings += _check_files(rows, tracks, looks, assemblies, totals)
        own, reads = _opened(rows, tracks, looks)
        elsewhere = look_at_addresses(remote_cells(rows))
        findings += remote_findings(rows, elsewhere)
        own |= opened_elsewhere(rows, elsewhere)
        assemblies |= {s: f.assembly for s, f in own.items() if f.assembly is not None}
        findings += _check_repeats(rows, own)
        findings += check_chromosomes(without_remote_peaks(rows), own, reads, beside or Beside())
        findings += _check_assemblies(rows, assemblies)
        findings += _check_depth(rows, totals)
        findings += _check_groups(rows)
        findings += _check_assays(rows)
        if with_question:
            several = question if isinstance(question, Sequence) else [question]
            found = [line for asked in several for line in question_findings(rows, asked)]
            findings += [(level, "", "", "", text) for level, text in found]
    table = pd.DataFrame(list(dict.fromkeys(findings)), columns=names(CHECK))
    rank = table["level"].map({"error": 0, "warning": 1, "info": 2})
    return table.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def has_errors(table: pd.DataFrame) -> bool:
    """Whether any row of a check is an error."""
    return bool((table["level"] == "error").any())


def _look_at_all(
    sheet: SampleSheet,
    jobs: int,
    looks: LookCache,
    progress: Callable[[str], None] | None,
) -> dict[tuple[str, str], OpenedFile | ResistEpiError]:
    """Column and sample -> what the track is, or what is wrong with it."""
    files, names_of = {}, {}
    for column in ("Coverage", "ControlCoverage"):
        for sample, file in track_files(sheet, column).items():
            if Path(file.path).exists():
                # A control that serves several samples is looked at once.
                name = sample if column == "Coverage" else file.path
                files[name], names_of[column, sample] = file, name
    found = look_at_tracks(files, jobs=jobs, known=looks, progress=progress)
    return {place: found[name] for place, name in names_of.items()}


def _opened(
    sheet: SampleSheet,
    tracks: Mapping[tuple[str, str], OpenedFile | ResistEpiError],
    looks: LookCache,
) -> tuple[dict[str, OpenedFile], dict[str, OpenedFile]]:
    """Track, and file of reads, of every sample of which it can be opened."""
    own = {
        sample: look
        for (column, sample), look in tracks.items()
        if column == "Coverage" and isinstance(look, OpenedFile)
    }
    reads = {}
    for sample, path in zip(sheet.samples, sheet.table.get("bamReads", ()), strict=False):
        try:
            if path and Path(path).exists():
                reads[sample] = looks.opened(path, "reads")
        except ResistEpiError:
            continue  # said where its file is described
    return own, reads


def missing_files(sheet: SampleSheet) -> Iterator[Finding]:
    """An error for every cell of a sheet that names a file which is not there."""
    for name in PATH_COLUMNS:
        for sample, path in zip(sheet.samples, sheet.table.get(name, ()), strict=False):
            if path and not is_remote(path) and not Path(path).exists():
                yield "error", sample, name, _relative(sheet, path), _missing(sheet, path)


def _check_files(
    sheet: SampleSheet,
    tracks: Mapping[tuple[str, str], OpenedFile | ResistEpiError],
    looks: LookCache,
    assemblies: dict[str, str],
    totals: dict[str, float],
) -> Iterator[Finding]:
    for name in PATH_COLUMNS:
        if name not in sheet.table:
            continue
        for sample, path in zip(sheet.samples, sheet.table[name], strict=True):
            if not path:
                continue
            shown = _relative(sheet, path)
            if is_remote(path):
                continue  # looked at where it lies
            if not Path(path).exists():
                continue  # told by `missing_files`
            try:
                if name in ("Coverage", "ControlCoverage"):
                    level, text = _describe_track(sample, tracks[name, sample], assemblies)
                elif name == "Peaks":
                    level, text = _describe_peaks(path)
                else:
                    level, text = _describe_reads(sample, path, looks, assemblies)
            except ResistEpiError as error:
                level, text = "error", str(error)
            look = tracks.get((name, sample))
            if name == "Coverage" and isinstance(look, OpenedFile) and look.total is not None:
                totals[sample] = look.total
            yield level, sample, name, shown, text
    if not any(name in sheet.table for name in ("Coverage", "bamReads")):
        yield (
            "warning",
            "",
            "Coverage",
            "",
            "the sheet names no tracks and no reads, so nothing can be counted"
            + (f"; {PEAKS_ALONE}" if "Peaks" in sheet.table else ""),
        )


def _relative(sheet: SampleSheet, path: str) -> str:
    """The path from the sheet's folder: a table of problems must not depend on where we are.

    Of a file from elsewhere, the address.
    """
    address = shown_address(path)
    if address is not None:
        return address
    return os.path.relpath(path, sheet.path.parent) if sheet.path is not None else path


def _missing(sheet: SampleSheet, path: str) -> str:
    text = "no such file"
    beside = (sheet.path.parent if sheet.path is not None else Path()) / Path(path).name
    if beside.exists():
        text += f"; {beside.name} lies beside the sheet: write {beside.name!r} in the cell instead"
    else:
        text += "; paths are relative to the sheet's folder"
    return text


def _describe_track(
    sample: str, look: OpenedFile | ResistEpiError, assemblies: dict[str, str]
) -> tuple[str, str]:
    if isinstance(look, ResistEpiError):
        raise look
    if look.assembly is not None:
        assemblies[sample] = look.assembly
    text = look.describe()
    if look.lowest < 0:
        return "error", text
    return (
        ("info", text) if (look.total or 0) > 0 else ("error", text + "; it holds no signal at all")
    )


def _describe_reads(
    sample: str, path: str, looks: LookCache, assemblies: dict[str, str]
) -> tuple[str, str]:
    look, text = looks.look_at_reads(path)
    if look.assembly is not None:
        assemblies.setdefault(sample, look.assembly)
    return "info", text


def _describe_peaks(path: str) -> tuple[str, str]:
    peaks = read_peaks(path)
    if peaks.empty:
        return "warning", "no peaks in the file"
    width = (peaks["end"] - peaks["start"]).median()
    return (
        "info",
        f"{len(peaks)} peaks on {peaks['chrom'].nunique()} chromosomes, median {width:g} bp",
    )


def _check_repeats(sheet: SampleSheet, tracks: Mapping[str, OpenedFile]) -> Iterator[Finding]:
    """Rows that name one library, whether or not its file can be read."""
    for column in ("Coverage", "bamReads"):
        pairs = sheet_repeats(sheet, column)
        if column == "Coverage":
            known = {pair.second for pair in pairs}
            others = {s: file for s, file in tracks.items() if s not in known}
            try:
                pairs = [*pairs, *repeated_tracks(others)]
            except ResistEpiError as error:
                yield "error", "", column, "", str(error)
        for pair in pairs:
            path = dict(zip(sheet.samples, sheet.table[column], strict=True))[pair.second]
            level = "warning" if pair.chance else "error"
            yield level, pair.second, column, _relative(sheet, path), pair.describe(sheet)


def _check_assemblies(sheet: SampleSheet, assemblies: Mapping[str, str]) -> Iterator[Finding]:
    if len(set(assemblies.values())) > 1:
        found = "; ".join(
            f"{name}: {', '.join(s for s, a in assemblies.items() if a == name)}"
            for name in dict.fromkeys(assemblies.values())
        )
        yield "error", "", "Coverage", "", f"tracks of different assemblies ({found})"
    if "Assembly" not in sheet.table:
        return
    for sample, said in zip(sheet.samples, sheet.table["Assembly"], strict=True):
        found = assemblies.get(sample, "")
        if said and found and said != found:
            yield (
                "error",
                sample,
                "Assembly",
                "",
                f"the sheet says {said}, the track's chromosome lengths say {found}",
            )


def _check_depth(sheet: SampleSheet, totals: Mapping[str, float]) -> Iterator[Finding]:
    """Tracks that were scaled by depth must not be divided by LibrarySize once more."""
    for mark in sheet.marks:
        rows = sheet.for_mark(mark)
        sizes = rows.numbers("LibrarySize")
        if sizes is None or not set(rows.samples) <= set(totals) or np.isnan(sizes).any():
            continue
        coverage = np.array([totals[s] for s in rows.samples])
        if len(sizes) < 2 or not (coverage > 0).all():
            continue
        spread, depth = (float(x.std() / x.mean()) for x in (coverage, sizes))
        if spread < SAME_TOTAL and depth > OTHER_DEPTH:
            yield (
                "warning",
                "",
                "LibrarySize",
                "",
                f"{mark}: the tracks have nearly the same total coverage (it varies by"
                f" {100 * spread:.1f} %) while LibrarySize varies by {100 * depth:.0f} %, so they"
                " look scaled by depth already; signal would be divided by depth twice: leave"
                " LibrarySize empty for these tracks",
            )


def _check_assays(sheet: SampleSheet) -> Iterator[Finding]:
    """What is done with the reads of each assay by default, and why."""
    words = assay_facts(sheet, of_reads="bamReads" in sheet.table)["words"]
    yield from (("info", "", ASSAY_COLUMN, "", sentence) for sentence in words)


def _check_groups(sheet: SampleSheet) -> Iterator[Finding]:
    if not sheet.has_patients:
        yield (
            "warning",
            "",
            "Patient",
            "",
            "no Patient column: each row is taken as a biological unit; if two libraries come from"
            " one patient, animal or line, say so in this column",
        )
    for name in LEVEL_COLUMNS:
        if name in sheet.table:
            for caution in separator_cautions(sheet.table[name], name):
                yield "warning", "", name, "", caution
            for pair in likely_typos(sheet.table[name]) if name != "Patient" else ():
                yield (
                    "warning",
                    "",
                    name,
                    "",
                    f"{' and '.join(map(repr, pair))} are one letter apart; write them alike if"
                    " they are one level",
                )
    for mark in sheet.marks:
        rows = sheet.for_mark(mark)
        try:
            unit_members(rows)
        except ResistEpiError as error:
            yield "error", "", "Patient", "", f"{mark}: {error}"
        if preset(mark) is GENERIC:
            yield "warning", "", "Factor", "", f"mark {mark!r} has no preset: {GENERIC.note}"
        units = rows.table.drop_duplicates(rows.unit_columns())
        sizes = units["Condition"].value_counts(sort=False)
        text = f"{mark}: " + ", ".join(f"{n} units {c}" for c, n in sizes.items())
        alone = [str(c) for c, n in sizes.items() if n < 2]
        if len(sizes) < 2:
            yield "warning", "", "Condition", "", text + "; two groups are needed for a contrast"
        elif alone:
            text += f"; {', '.join(alone)} has one unit only, so fold changes can be had but no P"
            yield "warning", "", "Condition", "", text
        else:
            yield "info", "", "Condition", "", text
