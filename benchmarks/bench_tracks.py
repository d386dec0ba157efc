"""Realistic tracks for benchmarks, the same from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

HG38 = {
    **dict(
        zip(
            [f"chr{i}" for i in range(1, 23)],
            [
                248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973,
                145138636, 138394717, 133797422, 135086622, 133275309, 114364328, 107043718,
                101991189, 90338345, 83257441, 80373285, 58617616, 64444167, 46709983, 50818468,
            ],
            strict=True,
        )
    ),
    "chrX": 156040895,
    "chrY": 57227415,
}  # fmt: skip
FRAGMENT = 200
# Enrichment in 5-kb domains; chosen so that 20 million fragments give 17 million runs of 50-bp
# bins, as in tracks of broad marks.
SHAPE = 0.38
KINDS = ("bedgraph", "base", "variable", "fixed")


def fragments(fragment_count: int, seed: int = 1) -> Iterator[tuple[str, int, np.ndarray]]:
    """Chromosome, length and sorted-by-domain fragment starts."""
    rng = np.random.default_rng(seed)
    genome = sum(HG38.values())
    for chrom, length in HG38.items():
        n = int(fragment_count * length / genome)
        weights = rng.gamma(SHAPE, 1, -(-length // 5000))
        counts = rng.multinomial(n, weights / weights.sum())
        starts = np.repeat(np.arange(weights.size) * 5000, counts) + rng.integers(0, 5000, n)
        yield chrom, length, starts[starts < length - FRAGMENT]


def coverage(starts: np.ndarray, length: int, bin_size: int) -> np.ndarray:
    """Fragments over each bin, as bamCoverage counts them."""
    n = -(-length // bin_size)
    begun = np.bincount(starts // bin_size, minlength=n + 1)
    ended = np.bincount((starts + FRAGMENT - 1) // bin_size + 1, minlength=n + 1)
    return np.cumsum(begun - ended[: n + 1])[:n]


def write_track(path: Path, kind: str, *, fragment_count: int) -> None:
    """Write counts per million of one kind.

    Kinds are `bedgraph` (runs of 50-bp bins), `base` (runs of single bases, chr1 to chr3),
    `variable` (varStep, covered 50-bp bins) and `fixed` (fixedStep, every 50-bp bin).
    """
    import pyBigWig

    scale = 1e6 / fragment_count
    with pyBigWig.open(str(path), "w") as out:
        out.addHeader(list(HG38.items()))
        for chrom, length, starts in fragments(fragment_count):
            if kind == "base" and chrom not in {"chr1", "chr2", "chr3"}:
                continue
            bin_size = 1 if kind == "base" else 50
            counts = coverage(starts, length, bin_size)
            if kind == "fixed":
                values = counts[: length // 50] * scale
                out.addEntries(chrom, 0, values=values, span=50, step=50)
            elif kind == "variable":
                covered = np.flatnonzero(counts[: length // 50])
                out.addEntries(chrom, covered * 50, values=counts[covered] * scale, span=50)
            else:
                first = np.flatnonzero(np.diff(counts, prepend=-1))
                ends = np.append(first[1:], counts.size) * bin_size
                names = np.full(first.size, chrom)
                out.addEntries(
                    names,
                    first * bin_size,
                    ends=np.minimum(ends, length),
                    values=counts[first] * scale,
                )


def write_bam(path: Path, *, read_count: int) -> None:
    """Sorted single-end reads of 50 bp with bases and qualities, without an index."""
    import pysam

    rng = np.random.default_rng(3)
    bases = ["".join(rng.choice(list("ACGT"), 50)) for _ in range(4096)]
    qualities = ["".join(map(chr, rng.integers(53, 74, 50))) for _ in range(4096)]
    header = pysam.AlignmentHeader.from_references(list(HG38), list(HG38.values()))
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        number = 0
        for chrom, _, starts in fragments(read_count, seed=4):
            starts = np.sort(starts)  # noqa: PLW2901
            flags = rng.integers(0, 2, starts.size) * 16
            for start, flag in zip((starts + 1).tolist(), flags.tolist(), strict=True):
                k = number % 4093
                line = (
                    f"lane1:{number}\t{flag}\t{chrom}\t{start}\t60\t50M\t*\t0\t0\t{bases[k]}"
                    f"\t{qualities[number % 4079]}"
                )
                out.write(pysam.AlignedSegment.fromstring(line, header))
                number += 1


def write_regions(path: Path, count: int, *, seed: int = 7) -> None:
    """BED of regions of 200 bp to 20 kb, sorted, overlapping; `count` 0 gives all 1-kb bins."""
    rng = np.random.default_rng(seed)
    genome = sum(HG38.values())
    with open(path, "w") as out:
        for chrom, length in HG38.items():
            if count:
                n = round(count * length / genome)
                starts = np.sort(rng.integers(0, length - 20_000, n))
                ends = starts + np.exp(rng.uniform(np.log(200), np.log(20_000), n)).astype(int)
            else:
                starts = np.arange(0, length, 1000)
                ends = np.minimum(starts + 1000, length)
            for i, (a, b) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
                out.write(f"{chrom}\t{a}\t{b}\t{chrom}_{i}\t0\t{'+-'[i % 2]}\n")
