"""Reads of a sheet to bigWigs, and the mean track of every group, each made once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resist_epi.counting.sources import ReadOptions, assembly_of_sheet, in_one_naming, read_files
from resist_epi.counting.units import unit_members
from resist_epi.errors import DesignError, SampleSheetError
from resist_epi.io.digest import checksum, step_key
from resist_epi.io.store import file_name, parse_json, write_text
from resist_epi.samples.sheet import SampleSheet
from resist_epi.tracks.mean_track import write_mean_track
from resist_epi.tracks.opened import open_file
from resist_epi.tracks.reads.bam_coverage import (
    CoverageSettings,
    arguments,
    command_line,
    deeptools_version,
    make_bigwig,
)
from resist_epi.tracks.reads.reads import ReadRules

logger = logging.getLogger(__name__)

RECORD, SHEET = "tracks.json", "sheet.csv"  # in the folder, beside the bigWigs

MEAN = "mean"


@dataclass(frozen=True)
class AskedTracks:
    """What is made of a sheet's reads.

    Attributes
    ----------
    coverage
        What bamCoverage is asked.
    reads
        Which reads count; by default as the sheet's `Assay` has it.
    mean_by
        Column of the sheet: a mean track of each of its levels and marks; None for none.
    jobs
        Processes of bamCoverage.
    """

    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    reads: ReadOptions = field(default_factory=ReadOptions)
    mean_by: str | None = None
    jobs: int = 1


class _Record:
    """What was made in a folder, from what and how: `tracks.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / RECORD
        self._made: dict[str, dict[str, Any]] = {}
        if self.path.is_file():
            try:
                known = parse_json(self.path.read_bytes())
                self._made = {str(name): dict(about) for name, about in known.items()}
            except (ValueError, TypeError, AttributeError):
                logger.warning("%s is damaged: tracks are made anew", self.path)

    def has(self, name: str, key: str) -> bool:
        """Whether a file is there as it was made, of the same inputs and settings."""
        known, path = self._made.get(name, {}), self.folder / name
        return known.get("key") == key and path.is_file() and known.get("sha256") == checksum(path)

    def note(self, name: str, key: str, about: Mapping[str, Any]) -> None:
        """Note that a file was made."""
        self._made[name] = {"key": key, "sha256": checksum(self.folder / name), **about}
        write_text(self.path, json.dumps(self._made, indent=1, sort_keys=True) + "\n")


def make_tracks(
    sheet: SampleSheet,
    out: str | Path,
    asked: AskedTracks | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Make the bigWig of every row that has reads, and of groups the mean tracks asked for.

    A track is not made again where its BAM (by checksum), the settings and deepTools' version are
    unchanged and the file is there as it was written. `tracks.json` holds command, version, bin
    size, normalisation and checksums; `sheet.csv` is the sheet with the bigWigs as `Coverage`.

    Parameters
    ----------
    sheet
        Rows with `bamReads`, or with `Coverage` where means alone are wanted.
    out
        Folder; made if missing.
    progress
        Called with a line whenever a track is there.

    Returns
    -------
    Path
        The sheet that was written.

    Raises
    ------
    SampleSheetError
        If rows have neither reads nor a track.
    DesignError
        If the column of the means is not in the sheet.
    ResistEpiError
        If a BAM cannot be read, or bamCoverage fails; what was made by then stays.
    """
    asked = AskedTracks() if asked is None else asked
    out = Path(out)
    column = None if asked.mean_by is None else sheet.column(asked.mean_by)
    names = _file_names(sheet)
    jobs = _plan(sheet, asked)
    record = _Record(out)
    paths: dict[str, str] = {}
    for sample in sheet.samples:
        bam, rules = jobs[sample]
        if rules is None:
            paths[sample] = bam
            continue
        _make(record, names[sample], (sample, bam), rules, asked)
        paths[sample] = str(out / names[sample])
        if progress is not None:
            progress(f"{sample}: track")
    if column is not None:
        _make_means(record, sheet, paths, column, asked)
    made = {s: names[s] if jobs[s][1] is not None else _absolute(paths[s]) for s in sheet.samples}
    table = sheet.table.assign(Coverage=list(made.values()))
    for name in ("bamReads", "bamControl", "Peaks", "ControlCoverage"):
        if name in table:
            table[name] = [_absolute(path) for path in table[name]]
    write_text(out / SHEET, table.to_csv(index=False, lineterminator="\n"))
    return out / SHEET


def _plan(sheet: SampleSheet, asked: AskedTracks) -> dict[str, tuple[str, ReadRules | None]]:
    """SampleID -> BAM and its rules; or its track, and None, where it has no reads."""
    table = sheet.table
    empty = [""] * len(table)
    pairs = zip(table.get("bamReads", empty), table.get("Coverage", empty), strict=True)
    has = {s: (str(own[0]), str(own[1])) for s, own in zip(sheet.samples, pairs, strict=True)}
    none = [f"sample {s}: neither bamReads nor Coverage" for s, own in has.items() if not any(own)]
    if none:
        raise SampleSheetError(sheet.path, none)
    with_reads = [i for i, s in enumerate(sheet.samples) if has[s][0]]
    files = read_files(sheet.take(with_reads), asked.reads) if with_reads else {}
    found: dict[str, tuple[str, ReadRules | None]] = {}
    for sample, (_, track) in has.items():
        file = files.get(sample)
        found[sample] = (track, None) if file is None else (file.path, file.rules or ReadRules())
    for _, rules in found.values():
        if rules is not None:
            arguments(rules, asked.coverage)  # refused before hours of work
    return found


def _make(
    record: _Record, name: str, source: tuple[str, str], rules: ReadRules, asked: AskedTracks
) -> None:
    sample, bam = source
    settings = asked.coverage
    options = arguments(rules, settings)
    exclude = None if settings.exclude is None else checksum(settings.exclude)
    sha = checksum(bam)
    version = deeptools_version()
    key = step_key(bam=sha, options=options, exclude=exclude, deeptools=version)
    if record.has(name, key):
        logger.info("%s: reused, since BAM and settings are unchanged", name)
        return
    out = record.folder / name
    logger.info("%s: %s", sample, command_line(bam, out, options))
    make_bigwig(bam, out, options, jobs=asked.jobs)
    about = {
        "sample": sample,
        "bam": str(bam),
        "bam_sha256": sha,
        "command": command_line(bam, out, options),
        "deeptools": version,
        "bin_size": settings.bin_size,
        "normalisation": settings.normalisation,
        "rules": asdict(rules),
    }
    record.note(name, key, about)


def _make_means(
    record: _Record, sheet: SampleSheet, paths: Mapping[str, str], column: str, asked: AskedTracks
) -> None:
    for mark in sheet.marks:
        own = sheet.for_mark(mark)
        levels = own.table[column].astype(str)
        for level in dict.fromkeys(level for level in levels if level):
            rows = own.take([i for i, value in enumerate(levels) if value == level])
            units = [[rows.samples[i] for i in m] for m in unit_members(rows, [column])]
            sums = [[checksum(paths[s]) for s in unit] for unit in units]
            bin_size = asked.coverage.bin_size
            name = f"{MEAN}.{file_name(mark)}.{file_name(level)}.bw"
            key = step_key(tracks=sums, bin_size=bin_size)
            if record.has(name, key):
                logger.info("%s: reused, since its tracks are unchanged", name)
                continue
            files = {s: open_file(paths[s]) for s in rows.samples}
            named = in_one_naming(files, assembly_of_sheet(rows), log=False)
            tracks = [[named[s].track() for s in unit] for unit in units]
            write_mean_track(record.folder / name, tracks, bin_size=bin_size)
            logger.info("%s: mean of %d units of %s", name, len(units), level)
            about = {"mark": mark, "column": column, "level": level, "units": units}
            record.note(name, key, about | {"bin_size": bin_size})


def _file_names(sheet: SampleSheet) -> dict[str, str]:
    """SampleID -> name of its bigWig.

    Raises
    ------
    DesignError
        If two samples would have one name.
    """
    names = {sample: f"{file_name(sample)}.bw" for sample in sheet.samples}
    seen: dict[str, str] = {}
    for sample, name in names.items():
        other = seen.setdefault(name.casefold(), sample)
        if other != sample or name.startswith(f"{MEAN}."):
            raise DesignError(
                f"the track of {sample!r} would be written as {name}, which is taken; rename it in"
                " the sheet"
            )
    return names


def _absolute(path: str) -> str:
    return str(Path(path).resolve()) if path else ""
