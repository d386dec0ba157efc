#!/usr/bin/env python
"""Hold counts recovered from real bamCoverage tracks against the BAM files they were made from.

Every BAM file x bin size x scaling x extension: bamCoverage (deepTools) writes the track,
`recover_counts` reads it back, and regions of 1, 5 and 10 kb are compared with what the alignments
say. Two rules for a direct count are reported: `share` (an alignment counts in each region by the
share of its bases there, which is what coverage can know) and `midpoint` (it counts where its
middle lies). Alignments are bamCoverage's own: every mapped one; with pairs that are extended, one
fragment a pair and half a one for a mate without a pair.

    python benchmarks/bench_recovery.py FOLDER_OR_BAM... [--bins 1,10,50] [--extend 0,200] [-o TSV]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from resist_epi.counting.coverage import summarise_regions
from resist_epi.tracks.open import open_track
from resist_epi.tracks.recovery.recovered_track import RecoveredTrack
from resist_epi.tracks.recovery.recovery import Recovery, recover_counts

SCALINGS = ("None", "CPM", "RPKM", "RPGC", "BPM")
WIDTHS = (1_000, 5_000, 10_000)
FEWEST = 20  # reads of a region whose relative error is looked at
GENOME = 2_701_495_761  # effective size for RPGC
_FLANK = 5_000
_LONGEST = 2_000  # proper pairs further apart are not extended to each other


@dataclass(frozen=True)
class Alignments:
    """Every mapped alignment of a file with reads on one chromosome."""

    chrom: str
    starts: np.ndarray
    ends: np.ndarray
    reverse: np.ndarray
    template: np.ndarray  # length of a proper pair, 0 for others
    mate: np.ndarray

    @property
    def paired(self) -> bool:
        return bool((self.template > 0).mean() > 0.5)

    @property
    def region(self) -> tuple[int, int]:
        """All alignments with room to extend, begun at a multiple of every bin size."""
        first = max(0, int(self.starts.min()) - _FLANK) // 1_000 * 1_000
        return first, -(-(int(self.ends.max()) + _FLANK) // 10_000) * 10_000


def read_alignments(path: Path) -> Alignments:
    rows = []
    with pysam.AlignmentFile(str(path)) as file:
        for read in file.fetch(until_eof=True):
            if read.is_unmapped:
                continue
            proper = (
                read.is_proper_pair
                and read.reference_id == read.next_reference_id
                and abs(read.template_length) <= _LONGEST
                and read.is_reverse is not read.mate_is_reverse
                and (read.reference_start >= read.next_reference_start) >= read.is_reverse
                and (read.reference_start <= read.next_reference_start) >= (not read.is_reverse)
            )
            size = abs(read.template_length) if proper else 0
            rows.append(
                (
                    read.reference_name,
                    read.reference_start,
                    read.reference_end,
                    read.is_reverse,
                    size,
                    read.next_reference_start,
                )
            )
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "reverse", "size", "mate"])
    chrom = table["chrom"].mode()[0]
    table = table[table["chrom"] == chrom]
    return Alignments(chrom, *(table[c].to_numpy() for c in table.columns[1:]))


def placed(reads: Alignments, extend: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start, end and weight of what bamCoverage lays down."""
    if not extend:
        return reads.starts, reads.ends, np.ones(reads.starts.size)
    if reads.paired:
        extend = int(np.median(reads.template[reads.template > 0]))  # of mates without a pair
    pair = (reads.template > 0) & (reads.template <= 4 * extend)
    size = np.where(pair, reads.template, extend)
    left = np.where(pair, reads.mate, reads.ends - size)
    start = np.where(reads.reverse, left, reads.starts)
    end = np.where(reads.reverse, reads.ends, reads.starts + size)
    return start, end, np.full(start.size, 0.5 if reads.paired else 1.0)


def direct(
    start: np.ndarray, end: np.ndarray, weight: np.ndarray, edges: np.ndarray
) -> dict[str, np.ndarray]:
    """Reads between neighbouring edges by either rule."""
    middle = np.histogram((start + end) // 2, edges, weights=weight)[0]
    per_base = weight / (end - start)
    # Bases of fragments left of each edge, by prefix sums of where they start and end.
    share = np.zeros(edges.size)
    for at, sign in ((start, 1.0), (end, -1.0)):
        order = np.argsort(at)
        rate = np.append(0.0, np.cumsum(per_base[order]))
        moment = np.append(0.0, np.cumsum(per_base[order] * at[order]))
        i = np.searchsorted(at[order], edges)
        share += sign * (rate[i] * edges - moment[i])
    return {"share": np.diff(share), "midpoint": middle}


def copied(bam: Path, folder: Path) -> Path:
    """A copy with an index, its header without chromosomes that have no reads.

    bamCoverage samples read lengths all over the header's genome, a minute for each track.
    """
    copy = folder / bam.name
    with pysam.AlignmentFile(str(bam)) as file:
        reads = list(file.fetch(until_eof=True))
        used = sorted({i for r in reads for i in (r.reference_id, r.next_reference_id) if i >= 0})
        header = file.header.to_dict()
        header["SQ"] = [header["SQ"][i] for i in used]
    places = {old: new for new, old in enumerate(used)} | {-1: -1}
    with pysam.AlignmentFile(str(copy), "wb", header=header) as file:
        for read in reads:
            read.reference_id, read.next_reference_id = (
                places[read.reference_id],
                places[read.next_reference_id],
            )
            file.write(read)
    pysam.index(str(copy))
    return copy


def coverage(bam: Path, out: Path, reads: Alignments, *, options: list[str]) -> str | None:
    """Run bamCoverage in this process; what it said where it failed."""
    from deeptools import bamCoverage

    first, last = reads.region
    command = ["-b", str(bam), "-o", str(out), "--region", f"{reads.chrom}:{first}:{last}"]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            bamCoverage.main([*command, *options])
    except (SystemExit, Exception) as error:  # noqa: BLE001 - a failure of theirs is a row
        return f"bamCoverage failed: {error!r}"
    return None


def compare(
    track: Path, reads: Alignments, extend: int, found: Recovery
) -> dict[str, float | str | int]:
    start, end, weight = placed(reads, extend)
    row: dict[str, float | str | int] = {
        "size_error": found.library_size / float(weight.sum()) - 1,
        "fragment": found.fragment_length,
        "true_fragment": float((end - start).mean()),
    }
    first, last = reads.region
    opened = RecoveredTrack(open_track(track), found)
    for width in WIDTHS:
        edges = np.arange(first, last - width + 1, width)
        regions = pd.DataFrame({"chrom": reads.chrom, "start": edges[:-1], "end": edges[1:]})
        ours = summarise_regions(opened, regions, statistic="sum") / found.width
        for rule, counts in direct(start, end, weight, edges).items():
            many = counts >= FEWEST
            name = f"{rule}_{width // 1000}kb"
            row[f"r_{name}"] = np.corrcoef(ours, counts)[0, 1] if ours.std() > 0 else np.nan
            error = np.abs(ours[many] / counts[many] - 1)
            row[f"error_{name}"] = float(np.median(error)) if many.any() else np.nan
            row[f"n_{width // 1000}kb"] = int(many.sum())
    return row


def extension(reads: Alignments, extend: int) -> list[str]:
    if not extend:
        return []
    return ["--extendReads"] if reads.paired else ["--extendReads", str(extend)]


def grid(
    bam: Path,
    folder: Path,
    bins: list[int],
    scalings: list[str],
    extends: list[int],
    *,
    keep: Path | None = None,
) -> Iterator[dict[str, object]]:
    copy = copied(bam, folder)
    reads = read_alignments(copy)
    for extend in extends:
        for bin_size in bins:
            for scaling in scalings:
                track = (keep or folder) / f"{bam.stem}.{bin_size}.{scaling}.{extend}.bw"
                options = ["--binSize", str(bin_size), "--normalizeUsing", scaling]
                options += ["--effectiveGenomeSize", str(GENOME), *extension(reads, extend)]
                row = {"file": bam.stem, "bin": bin_size, "scaling": scaling, "extend": extend}
                row["n"] = reads.starts.size
                failed = None
                if not track.exists():
                    failed = coverage(copy, track, reads, options=options)
                if failed is not None:
                    yield {**row, "refused": failed}
                    continue
                began = time.process_time()
                found = recover_counts(open_track(track))
                row["seconds"] = time.process_time() - began
                row["kind"], row["refused"] = found.normalisation, found.refused or ""
                if found.refused is None:
                    row |= compare(track, reads, extend, found)
                if keep is None:
                    track.unlink()
                yield row


def misses(row: pd.Series) -> str:
    """What a row misses of: library size within .5 %, r >= .999, median error <= 2 % (5 kb)."""
    if row["refused"]:
        return "refused"
    out = []
    if abs(row["size_error"]) > 0.005:
        out.append("size")
    if row["r_share_5kb"] < 0.999:
        out.append("r")
    if row["error_share_5kb"] > 0.02:
        out.append("error")
    return "+".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bams", nargs="+", type=Path, help="BAM files, or folders of them")
    parser.add_argument("--bins", default="1,10,50")
    parser.add_argument("--scalings", default=",".join(SCALINGS))
    parser.add_argument("--extend", default="0,200", help="bp; 0: as the reads are")
    parser.add_argument("-o", "--output", type=Path, help="the whole table, as TSV")
    parser.add_argument("--keep", type=Path, help="folder of tracks: kept, and used where there")
    given = parser.parse_args()
    files = [f for b in given.bams for f in (sorted(b.glob("*.bam")) if b.is_dir() else [b])]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for bam in files:
            for row in grid(
                bam,
                Path(folder),
                [int(b) for b in given.bins.split(",")],
                given.scalings.split(","),
                [int(e) for e in given.extend.split(",")],
                keep=given.keep,
            ):
                rows.append(row)
                print(f"\r{len(rows)} tracks", end="", file=sys.stderr, flush=True)
    table = pd.DataFrame(rows)
    for column in ("size_error", "r_share_5kb", "error_share_5kb"):
        if column not in table:
            table[column] = np.nan
    table["misses"] = table.apply(misses, axis=1)
    if given.output is not None:
        table.to_csv(given.output, sep="\t", index=False, float_format="%.6g")
    shown = table.drop(columns=[c for c in table if str(c).startswith("n_")])
    with pd.option_context("display.width", 250, "display.max_columns", None):
        print(shown.to_string(index=False, float_format=lambda v: f"{v:.5g}", na_rep=""))
    print(f"\n{len(table)} tracks; what they miss: {table['misses'].value_counts().to_dict()}")


if __name__ == "__main__":
    main()
