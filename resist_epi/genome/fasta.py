"""GC content of regions from a genome FASTA, read in one pass."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resist_epi.errors import GenomeMismatchError, InputFormatError
from resist_epi.genome.chromosomes import Genome
from resist_epi.genome.naming import own_names
from resist_epi.io.store import unreadable

_BLOCK = 1 << 24

_MIN_KNOWN = 0.5  # of a region's bases: fewer say nothing of its GC content

_IS_GC, _IS_KNOWN = (np.zeros(256, dtype=np.uint8) for _ in range(2))

_IS_GC[[*b"GCgcSs"]] = 1

_IS_KNOWN[[*b"ACGTUacgtuSsWw"]] = 1


def gc_content(
    path: str | Path, regions: pd.DataFrame, *, genome: Genome | None = None
) -> NDArray[np.float64]:
    """Share of G and C among the known bases of each region.

    Parameters
    ----------
    path
        FASTA, gzipped or not; one chromosome at a time is held in memory.
    regions
        Region table; those of one chromosome must not overlap.
    genome
        Assembly of the regions: sequences that are named otherwise (`1`, NC_000001.11) are then
        its chromosomes, if they are as long.

    Returns
    -------
    FloatArray
        (n_regions,) 0 to 1; NaN where more than half of the bases are unknown, or the chromosome
        is not in the file.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or is no FASTA.
    GenomeMismatchError
        If the file has none of the chromosomes, or one of them ends before a region does.
    """
    groups = regions.groupby("chrom", sort=False).indices
    wanted = {str(c): np.asarray(rows, dtype=np.int64) for c, rows in groups.items()}
    starts, ends = (regions[c].to_numpy(np.int64) for c in ("start", "end"))
    share = np.full(len(regions), np.nan)
    seen = []

    def own_name(name: str) -> str | None:
        if name in wanted or genome is None:
            return name if name in wanted else None
        own = own_names({name: None}, genome).get(name)
        return own if own in wanted else None

    for name, own, sequence in _sequences(Path(path), own_name):
        if name != own and genome is not None and len(sequence) != genome.lengths[own]:
            continue  # something else of this name, beside the chromosome
        seen.append(own)
        rows = wanted[own]
        rows = rows[np.argsort(starts[rows], kind="stable")]
        if ends[rows].max(initial=0) > len(sequence):
            raise GenomeMismatchError(
                f"{path}: {name} has {len(sequence)} bp, but a region ends at"
                f" {ends[rows].max()}; give the FASTA of the tracks' own assembly"
            )
        known = _sums(_IS_KNOWN[sequence], starts[rows], ends[rows])
        gc = _sums(_IS_GC[sequence], starts[rows], ends[rows])
        enough = known >= _MIN_KNOWN * np.maximum(ends[rows] - starts[rows], 1)
        share[rows[enough]] = gc[enough] / known[enough]
    if wanted and not seen:
        raise GenomeMismatchError(
            f"{path} has none of the chromosomes {', '.join(list(wanted)[:5])}; its names must be"
            " those of the tracks"
        )
    return share


def _sums(
    flags: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum over each of these sorted, disjoint intervals."""
    edges = np.column_stack([starts, ends]).ravel()
    # reduceat takes no index at the very end; one value more is never summed.
    sums = np.add.reduceat(np.append(flags, 0), edges, dtype=np.int64)[::2]
    return np.where(ends > starts, sums, 0).astype(np.float64)


def _sequences(
    path: Path, own_name: Callable[[str], str | None]
) -> Iterator[tuple[str, str, NDArray[np.uint8]]]:
    """Name, the regions' name of it, and bases of every sequence that has one."""
    name, own = "", None
    parts: list[bytes] = []
    for is_header, payload in _pieces(path):
        if not is_header:
            if own is not None:
                parts.append(payload.translate(None, b"\r\n \t"))
            continue
        if own is not None:
            yield name, own, np.frombuffer(b"".join(parts), dtype=np.uint8)
        words = payload.split()
        name, parts = (words[0].decode("utf-8", "replace") if words else ""), []
        own = own_name(name)
    if own is not None:
        yield name, own, np.frombuffer(b"".join(parts), dtype=np.uint8)


def _pieces(path: Path) -> Iterator[tuple[bool, bytes]]:
    """Headers, without their `>`, and pieces of sequence, in the order of the file."""
    try:
        with path.open("rb") as raw:
            file: BinaryIO = raw
            if raw.read(2) == b"\x1f\x8b":
                raw.seek(0)
                file = gzip.open(raw)  # type: ignore[assignment]  # noqa: SIM115
            else:
                raw.seek(0)
            yield from _split(path, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputFormatError(f"a damaged gzip file ({error})", path=path) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _split(path: Path, file: BinaryIO) -> Iterator[tuple[bool, bytes]]:
    rest = file.read(_BLOCK)
    if not rest.lstrip().startswith(b">"):
        raise InputFormatError(
            "no FASTA", path=path, expected="a line that begins with >", found=repr(rest[:20])
        )
    rest = rest.lstrip()
    while rest:
        at = rest.find(b">")
        if at == 0:
            end = rest.find(b"\n")
            while end < 0 and (more := file.read(_BLOCK)):
                rest += more
                end = rest.find(b"\n")
            yield True, rest[1:] if end < 0 else rest[1:end]
            rest = b"" if end < 0 else rest[end + 1 :]
        elif at > 0:
            yield False, rest[:at]
            rest = rest[at:]
        else:
            yield False, rest
            rest = b""
        if not rest:
            rest = file.read(_BLOCK)
