"""Contenders in windows of one width, for `bench_coverage.py`; each imports what it needs first."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

Answer = np.ndarray
Work = Callable[[], Answer]

WIDTH = 1_000  # bp of windows at random places
BIN = 500  # bp of bins over whole chromosomes
_AT_ONCE = 20_000  # windows that figwig lays out base by base: 40 MB of bins, 80 MB of windows


def read_windows(regions: Path) -> tuple[np.ndarray, np.ndarray]:
    """Chromosomes and starts, in the order of the file."""
    with open(regions) as lines:
        rows = [line.split("\t", 2)[:2] for line in lines]
    return np.array([chrom for chrom, _ in rows]), np.array([int(start) for _, start in rows])


def our_windows(track: Path, regions: Path) -> Work:
    from resist_epi.tracks.bigwig.track import open_bigwig

    chroms, starts = read_windows(regions)

    def work() -> Answer:
        opened, means = open_bigwig(track), np.zeros(starts.size)
        for chrom in opened.chrom_lengths:
            here = np.flatnonzero(chroms == chrom)
            found = opened.summarise(chrom, starts[here], starts[here] + WIDTH, extremes=False)
            means[here] = found.sum / WIDTH
        return means

    return work


def figwig_windows(track: Path, regions: Path) -> Work:
    from figwig import BigWigReader

    chroms, starts = read_windows(regions)
    # Loops are compiled (or loaded) before the clock starts, as an import is.
    BigWigReader(str(track)).read(chroms[:2], starts[:2], width=WIDTH, n_jobs=1)

    def work() -> Answer:
        reader, means = BigWigReader(str(track)), []
        for at in range(0, starts.size, _AT_ONCE):
            part = slice(at, at + _AT_ONCE)
            bases = reader.read(chroms[part], starts[part], width=WIDTH, n_jobs=1)
            means.append(bases.mean(axis=1, dtype=np.float64))
        return np.concatenate(means)

    return work


def our_bins(track: Path, regions: Path) -> Work:
    from resist_epi.tracks.bigwig.track import open_bigwig
    from resist_epi.tracks.engine import AdjacentBins
    from resist_epi.tracks.load_loops import load_loops

    # As in the workers of a study, which are forked from a process that has loaded them.
    load_loops([track] * 10)

    def work() -> Answer:
        opened, sums = open_bigwig(track), []
        for chrom, length in opened.chrom_lengths.items():
            bins = AdjacentBins(BIN, length)
            for runs in opened.runs(chrom):
                bins.add(runs)
            sums.append(bins.result()[: length // BIN])
        return np.concatenate(sums) / BIN

    return work


def figwig_bins(track: Path, regions: Path) -> Work:
    from figwig import BigWigReader

    BigWigReader(str(track)).read(["chr1"], [0], width=BIN, n_jobs=1)
    lengths = chromosome_lengths(track)

    def work() -> Answer:
        reader, means = BigWigReader(str(track)), []
        for chrom, length in lengths.items():
            starts = np.arange(0, length // BIN * BIN, BIN)
            for at in range(0, starts.size, _AT_ONCE):
                part = starts[at : at + _AT_ONCE]
                bases = reader.read([chrom] * part.size, part, width=BIN, n_jobs=1)
                means.append(bases.mean(axis=1, dtype=np.float64))
        return np.concatenate(means)

    return work


def pybigtools_bins(track: Path, regions: Path) -> Work:
    import pybigtools

    lengths = chromosome_lengths(track)

    def work() -> Answer:
        opened, means = pybigtools.open(str(track)), []
        for chrom, length in lengths.items():
            n, end = length // BIN, length // BIN * BIN
            found = opened.values(chrom, 0, end, bins=n, summary="mean", exact=True, missing=0.0)
            means.append(found)
        return np.concatenate(means)

    return work


def chromosome_lengths(track: Path) -> dict[str, int]:
    import pyBigWig

    with pyBigWig.open(str(track)) as opened:
        return {str(chrom): int(length) for chrom, length in opened.chroms().items()}


def deeptools_bins(track: Path, regions: Path) -> Work:
    def work() -> Answer:
        with tempfile.TemporaryDirectory() as folder:
            out, tool = Path(folder) / "out.npz", Path(sys.executable).parent
            command = [str(tool / "multiBigwigSummary"), "bins", "-b", str(track)]
            command += ["-bs", str(BIN), "-p", "1", "-o", str(out)]
            subprocess.run(command, check=True, capture_output=True)
            with np.load(out) as found:
                n = int(found["matrix"].shape[0])
        return np.zeros(0) if n else np.zeros(1)  # chromosomes are in another order

    return work
