"""Coverage tracks of any kind, told apart by their content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from resist_epi.errors import InputFormatError
from resist_epi.io.first_bytes import NEITHER, first_bytes, is_gzip
from resist_epi.io.remote.address import is_remote
from resist_epi.tracks.bedgraph import read_bedgraph
from resist_epi.tracks.bigwig.format import BIGBED_MAGIC, BIGWIG_MAGIC
from resist_epi.tracks.bigwig.track import open_bigwig
from resist_epi.tracks.engine.track import CoverageTrack

_BBI = tuple(
    magic.to_bytes(4, order)
    for magic in (BIGWIG_MAGIC, BIGBED_MAGIC)
    for order in ("little", "big")
)

_NOT_TRACKS = (
    (b"BAM\x01", "a BAM file", "name it under bamReads, or make a track with bamCoverage"),
    (b"CRAM", "a CRAM file", "make a track of it with bamCoverage"),
    (b"\x89HDF", "an HDF5 file", "export a bigWig"),
    *NEITHER,
)


def is_bigwig(path: str | Path) -> bool:
    """Whether a file begins as a bigWig does, and so states its chromosomes without being read.

    Raises
    ------
    InputFormatError
        If the file cannot be read.
    """
    return first_bytes(path).startswith(_BBI)


def open_track(
    path: str | Path, *, chrom_lengths: Mapping[str, int] | None = None
) -> CoverageTrack:
    """Open a bigWig or bedGraph (plain or gzip), whatever its name.

    Parameters
    ----------
    chrom_lengths
        Length of every chromosome, bp, for formats that do not state them; a bigWig does.

    Raises
    ------
    InputFormatError
        If the file cannot be read, is of another kind, or is damaged.
    GenomeMismatchError
        If a bedGraph does not fit the lengths given.
    """
    start = first_bytes(path)
    remote, path = is_remote(path), path if is_remote(path) else Path(path)
    if not start:
        raise InputFormatError(
            "the file is empty", path=path, expected="a bigWig or bedGraph", remedy="get it again"
        )
    if start.startswith(_BBI):
        if is_gzip(path):
            raise InputFormatError(
                "a gzipped bigWig, of which no part can be read alone",
                path=path,
                remedy=f"unpack it: gunzip {Path(path).name}",
            )
        return open_bigwig(path)
    for magic, kind, remedy in _NOT_TRACKS:
        if start.startswith(magic):
            raise InputFormatError(
                f"this is {kind}, not a coverage track",
                path=path,
                expected="a bigWig or bedGraph",
                remedy=remedy,
            )
    if remote:
        raise InputFormatError(
            "of files elsewhere parts are read of a bigWig alone",
            path=path,
            expected="a bigWig",
            remedy="give it to count or run, which fetch whole files, or download it",
        )
    path = Path(path)
    if path.suffix.lower() in {".bw", ".bigwig"} and not start.isascii():
        return open_bigwig(path)  # its error says what is wrong with the bigWig
    return read_bedgraph(path, chrom_lengths=chrom_lengths)
