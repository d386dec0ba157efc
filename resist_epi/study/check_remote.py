"""`check` of files elsewhere: by what their servers say and their first bytes, never whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from resist_epi.errors import InputFormatError, ResistEpiError
from resist_epi.io.first_bytes import NEITHER, first_bytes
from resist_epi.io.remote.address import is_remote, shown
from resist_epi.samples.sheet import SampleSheet
from resist_epi.samples.sheet_checks import PATH_COLUMNS
from resist_epi.study.check_chromosomes import Finding
from resist_epi.study.staged import remote_cells
from resist_epi.tracks.bigwig.format import read_chromosomes, read_header
from resist_epi.tracks.open import is_bigwig
from resist_epi.tracks.opened import OpenedFile, opened_as
from resist_epi.tracks.reads.open import is_bam

_BLOCK = 1 << 16  # bytes: a header with its chromosomes, and the end, are as short

_LATER = "what it holds is looked at when count or run has fetched it"

_NO_PARTS = "the server gives no parts of files, so profile and plot locus cannot read it"


@dataclass(frozen=True)
class RemoteLook:
    """What was seen of a file elsewhere.

    Attributes
    ----------
    words
        For the table of findings.
    size
        Bytes; None where the server does not say.
    ends
        Its first and last bytes, by which two of one size are told apart.
    file
        Of a bigWig, with its chromosomes.
    """

    words: str
    size: int | None
    ends: bytes = b""
    file: OpenedFile | None = None


@dataclass(frozen=True)
class _Stated:
    """Chromosomes that a bigWig states, bp, of which no more was read."""

    chrom_lengths: Mapping[str, int]
    lengths_known: bool = True


def look_elsewhere(url: str, column: str) -> RemoteLook:
    """What a file elsewhere is, by its server's word and its ends.

    Of a server that gives no parts, which `count` and `run` can do without, its word alone.

    Raises
    ------
    InputFormatError
        If there is none, or it is none that the column takes.
    """
    from resist_epi.io.remote.ranged_file import NoPartsError, state_of

    state = state_of(url)
    if state.size is None:
        return RemoteLook(f"of unknown size; {_LATER}", None)
    if state.size == 0:
        raise InputFormatError("the file is empty", path=url, remedy="correct the address")
    size = f"{state.size / 1e6:,.1f} MB"
    try:
        return _look_at_ends(url, column, state.size, size)
    except NoPartsError:
        # Text and reads are fetched whole by every verb, so nothing is lost with them.
        drawn = f"{_NO_PARTS}; " * (column in ("Coverage", "ControlCoverage"))
        return RemoteLook(f"{size}; {drawn}{_LATER}", state.size)


def _look_at_ends(url: str, column: str, n: int, size: str) -> RemoteLook:
    """What the beginning of a file elsewhere says, and its end; `n` bytes, in words `size`."""
    from resist_epi.io.remote.ranged_file import RangedFile

    with RangedFile(url, block=_BLOCK) as file:
        start = first_bytes(url)
        for magic, kind, remedy in NEITHER:
            if start.startswith(magic):
                raise InputFormatError(f"this is {kind}", path=url, remedy=remedy)
        last = min(_BLOCK, file.size)
        ends = file.read(0, last, "start") + file.read(file.size - last, last, "end")
        if column in ("Coverage", "ControlCoverage"):
            if not is_bigwig(url):
                if not start.isascii():
                    raise InputFormatError(
                        "this is no coverage track",
                        path=url,
                        expected="a bigWig or bedGraph",
                        remedy="name a BAM under bamReads",
                    )
                return RemoteLook(f"bedGraph of {size}; {_LATER}", n, ends)
            lengths, _ = read_chromosomes(file, read_header(file))
            opened = opened_as(_Stated(lengths), OpenedFile(url, "bigWig"))
            words = f"bigWig of {size} and {len(lengths)} chromosomes, assembly"
            words += f" {opened.assembly or 'not recognised'}; {_LATER}"
            return RemoteLook(words, n, ends, opened)
        if column == "Peaks":
            return RemoteLook(f"{size}; {_LATER}", n, ends)
        kind = "BAM" if is_bam(url) else "reads as BED"
        return RemoteLook(f"{kind} of {size}; {_LATER}", n, ends)


def look_at_addresses(
    cells: Mapping[str, tuple[str, str]],
) -> dict[str, RemoteLook | ResistEpiError]:
    """Address -> what was seen, or what is wrong.

    Parameters
    ----------
    cells
        Address -> sample and column.
    """
    found: dict[str, RemoteLook | ResistEpiError] = {}
    for url, (_, column) in cells.items():
        try:
            found[url] = look_elsewhere(url, column)
        except ResistEpiError as error:
            found[url] = error
    return found


def remote_findings(
    sheet: SampleSheet, looks: Mapping[str, RemoteLook | ResistEpiError]
) -> Iterator[Finding]:
    """A row of the table of findings for each cell that is an address, and for files alike.

    Parameters
    ----------
    looks
        By address.
    """
    for column in PATH_COLUMNS:
        for sample, path in zip(sheet.samples, sheet.table.get(column, ()), strict=False):
            look = looks.get(path)
            if isinstance(look, RemoteLook):
                yield "info", sample, column, shown(path), look.words
            elif look is not None:
                yield "error", sample, column, shown(path), str(look)
    cells = remote_cells(sheet)
    for other, words in _alike(looks):
        yield "warning", *cells[other], shown(other), words


def opened_elsewhere(
    sheet: SampleSheet, looks: Mapping[str, RemoteLook | ResistEpiError]
) -> dict[str, OpenedFile]:
    """SampleID -> its track elsewhere, of those that state their chromosomes."""
    found = {}
    for sample, path in zip(sheet.samples, sheet.table.get("Coverage", ()), strict=False):
        look = looks.get(path)
        if isinstance(look, RemoteLook) and look.file is not None:
            found[sample] = look.file
    return found


def without_remote_peaks(sheet: SampleSheet) -> SampleSheet:
    """The sheet without the peaks that are not here, as these are not read."""
    if "Peaks" not in sheet.table:
        return sheet
    if not any(map(is_remote, sheet.table["Peaks"])):
        return sheet
    peaks = ["" if is_remote(path) else path for path in sheet.table["Peaks"]]
    # Names of files may hold what no Arrow string can.
    own = pd.Series(peaks, index=sheet.table.index, dtype=object)
    return replace(sheet, table=sheet.table.assign(Peaks=own))


def _alike(looks: Mapping[str, RemoteLook | ResistEpiError]) -> Iterator[tuple[str, str]]:
    """Addresses whose files have the size and the ends of another, and what to say of them."""
    groups: dict[tuple[int | None, bytes], list[str]] = defaultdict(list)
    for url, look in looks.items():
        if isinstance(look, RemoteLook) and look.ends:
            groups[look.size, look.ends].append(url)
    for first, *others in groups.values():
        for other in others:
            yield (
                other,
                f"{shown(other)} has the size, beginning and end of {shown(first)}: they seem to be"
                " one library; count and run compare them whole, and refuse one library twice",
            )
